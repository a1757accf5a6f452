// lib/io/real/network.h: sockets of one loop.
//
// What:    io::Network by non-blocking TCP and unix sockets; waits by Boost.Asio's epoll reactor.
// In/Out:  see lib/io/network.h; adopt() for a listening socket made elsewhere.
// Errors:  by errno.
// Limits:  the kernel's; `limit` at accept when descriptors run out: the caller pauses.
// Not here: one connection (stream.h), the accepting side (listener.h), sockaddr
//          (socket_address.h).
#pragma once

#include <boost/asio/io_context.hpp>

#include "lib/io/network.h"

namespace io::real {

class HandedSockets;

class SocketNetwork final : public io::Network {
 public:
  // `handed`: null when nobody has bound sockets for us.
  SocketNetwork(boost::asio::io_context& context, HandedSockets* handed)
      : context_(context), handed_(handed) {}

  Task<StreamResult> connect(Endpoint to, std::optional<IpAddress> source) override;
  Task<StreamResult> connect_unix(std::string path) override;
  ListenerResult listen(Endpoint at, ListenOptions options) override;
  ListenerResult listen_unix(std::string path, unsigned mode) override;
  [[nodiscard]] std::vector<IpAddress> own_addresses() const override;

  [[nodiscard]] ListenerResult adopt(int descriptor);

 private:
  boost::asio::io_context& context_;
  HandedSockets* handed_;
};

}  // namespace io::real
