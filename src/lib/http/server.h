// lib/http/server.h: an HTTP/1.1 server on io::Stream.
//
// What:    serve() accepts connections, reads requests, asks the Handler and writes its responses.
// In/Out:  Handler::handle(Request) → Response; usually a Router (router.h).
// Errors:  malformed 400, too slow 408, too large 413 and 431, too many large ones at once 503; a
//          broken connection just ends.
// Limits:  ServerLimits; a connection above them is closed unread.
// Not here: what is served (admin), authentication.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "lib/base/budget.h"
#include "lib/base/time.h"
#include "lib/http/codec.h"
#include "lib/http/message.h"
#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/io/tls.h"

namespace http {

class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;
  virtual io::Task<Response> handle(Request request) = 0;
  // How large the body of this request may be, which has come but for that; the server's own limit
  // holds anyway.
  [[nodiscard]] virtual std::uint64_t body_bytes_max(const Request& /*head*/) { return UINT64_MAX; }
};

struct ServerLimits {
  MessageLimits message;
  std::size_t connections_max = 256;
  std::size_t connections_per_address_max = 256;  // so that one host cannot take them all
  std::size_t requests_per_connection_max = 1000;
  std::size_t bodies_bytes_max = 256UL << 20U;  // of all bodies in memory at once; above it 503
  base::Duration header_timeout = std::chrono::seconds(10);  // also for the TLS handshake
  base::Duration idle_timeout = std::chrono::seconds(60);
  base::Duration body_timeout = std::chrono::seconds(120);
  base::Duration write_timeout = std::chrono::seconds(60);
};

class Server {
 public:
  // Gives the keys that new connections use; null for plain HTTP.
  using TlsSource = std::function<std::shared_ptr<io::TlsServer>()>;

  // The handler outlives the server.
  Server(io::Doors doors, Handler& handler, ServerLimits limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Until it is cancelled; then its connections have ended, too. May run for several listeners.
  io::Task<void> serve(io::Ref<io::Listener> listener, TlsSource tls = nullptr);

  [[nodiscard]] std::size_t connections() const { return connections_; }

 private:
  class Connection;
  io::Task<void> run_connection(std::unique_ptr<io::Stream> stream,
                                std::shared_ptr<io::TlsServer> tls);

  [[nodiscard]] bool is_full(const io::IpAddress& peer) const;

  io::Doors doors_;
  Handler& handler_;
  ServerLimits limits_;
  std::size_t connections_ = 0;
  base::Budget bodies_;
  std::map<io::IpAddress, std::size_t> per_address_;
};

}  // namespace http
