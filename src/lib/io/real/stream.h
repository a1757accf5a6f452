// lib/io/real/stream.h: one connected socket.
//
// What:    io::Stream over a non-blocking TCP or unix socket.
// In/Out:  make(context, descriptor, peer); connecting sockets first wait in wait_connected().
// Errors:  closed, reset, timed_out (the kernel's), cancelled; after a failed or cancelled write
//          the peer may have got a part: the stream is only good for closing.
// Limits:  one read and one write at a time.
// Not here: making and binding sockets (network.cc).
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "lib/io/local_peer.h"
#include "lib/io/network.h"
#include "lib/io/real/descriptor.h"
#include "lib/io/real/socket_address.h"

namespace io::real {

class SocketStream final : public io::Stream, public io::KnowsLocalPeer {
 public:
  // Registers the socket with the loop; fails when the kernel has no room for it.
  [[nodiscard]] static base::Result<std::unique_ptr<SocketStream>> make(
      boost::asio::io_context& context, Descriptor descriptor, const SocketAddress& peer);
  ~SocketStream() override;

  // The end of a connect() that is under way.
  Task<base::Result<>> wait_connected();

  Task<base::Result<std::size_t>> read_some(std::span<char> into) override;
  Task<base::Result<>> wait_readable() override;
  using Stream::write;
  Task<base::Result<>> write(std::span<const std::string_view> pieces) override;
  Task<base::Result<>> shutdown() override;
  [[nodiscard]] Endpoint local() const override;
  [[nodiscard]] Endpoint peer() const override { return peer_; }
  [[nodiscard]] std::optional<LocalPeer> local_peer() const override;

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;

  explicit SocketStream(boost::asio::io_context& context) : socket_(context.get_executor()) {}
  [[nodiscard]] std::optional<base::Result<std::size_t>> read_ready(std::span<char> into);
  Task<base::Result<>> wait_writable();
  [[nodiscard]] std::string doing(std::string_view what) const;

  Socket socket_;
  Endpoint peer_;
  boost::asio::cancellation_signal cancel_read_;
  boost::asio::cancellation_signal cancel_write_;
  bool reading_ = false;
  bool writing_ = false;
  bool more_likely_ = false;     // the last read filled its buffer
  unsigned reads_in_a_row_ = 0;  // without giving the loop to others
};

}  // namespace io::real
