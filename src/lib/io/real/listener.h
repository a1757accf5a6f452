// lib/io/real/listener.h: one listening socket.
//
// What:    io::Listener over a non-blocking listening socket.
// In/Out:  make(context, descriptor, path); a unix listener removes its socket file at the end.
// Errors:  limit (descriptors or memory ran out: wait before the next accept), cancelled.
// Limits:  one accept at a time; connections_in_a_row_max accepts before others get the loop.
// Not here: making and binding sockets (network.cc).
#pragma once

#include <sys/types.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "lib/io/network.h"
#include "lib/io/real/descriptor.h"
#include "lib/io/real/socket_address.h"

namespace io::real {

class SocketListener final : public io::Listener {
 public:
  // `path`: of a unix socket's file, empty for TCP.
  [[nodiscard]] static Network::ListenerResult make(boost::asio::io_context& context,
                                                    Descriptor descriptor, std::string path);
  ~SocketListener() override;

  Task<base::Result<std::unique_ptr<Stream>>> accept() override;
  [[nodiscard]] Endpoint local() const override { return local_; }

 private:
  using Waiter =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  explicit SocketListener(boost::asio::io_context& context)
      : context_(context), waiter_(context.get_executor()) {}
  [[nodiscard]] base::Result<Descriptor> accept_ready(SocketAddress& peer);
  Task<base::Result<>> wait_readable();
  Task<void> let_others_run();

  boost::asio::io_context& context_;
  Waiter waiter_;
  Endpoint local_;
  std::string path_;
  dev_t file_device_ = 0;
  ino_t file_inode_ = 0;
  boost::asio::cancellation_signal cancel_accept_;
  bool accepting_ = false;
  unsigned connections_in_a_row_ = 0;
};

}  // namespace io::real
