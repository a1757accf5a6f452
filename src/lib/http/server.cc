// See server.h.
#include "lib/http/server.h"

#include <algorithm>
#include <array>
#include "lib/base/check.h"
#include "lib/http/local_peer.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/task_group.h"

namespace http {
namespace {

constexpr std::size_t read_bytes = 8UL * 1024;
// What a client that we refused may still send before we close: a reset would take our answer away.
constexpr std::size_t drained_bytes_max = 1024UL * 1024;
constexpr auto drain_timeout = std::chrono::seconds(2);
// Descriptors have run out: others must end before the next accept can succeed.
constexpr auto accept_pause = std::chrono::milliseconds(100);

using PerAddress = std::map<io::IpAddress, std::size_t>;

// One host of IPv6 has a /64 to itself.
io::IpAddress host_of(const io::IpAddress& address) {
  if (!address.is_v6()) return address;
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::copy(address.bytes().substr(0, 8), bytes.begin());
  return io::IpAddress::v6(bytes);
}

class CountedConnection {
 public:
  CountedConnection(std::size_t& all, PerAddress& per_address, const io::IpAddress& host)
      : all_(all), per_address_(per_address), host_(host) {
    ++all_;
    ++per_address_[host_];
  }
  CountedConnection(const CountedConnection&) = delete;
  CountedConnection& operator=(const CountedConnection&) = delete;
  ~CountedConnection() {
    --all_;
    const auto at = per_address_.find(host_);
    if (--at->second == 0) per_address_.erase(at);
  }

 private:
  std::size_t& all_;
  PerAddress& per_address_;
  const io::IpAddress host_;
};

}  // namespace

class Server::Connection {
 public:
  Connection(Server& server, io::Stream& stream)
      : clock_(server.doors_.clock),
        handler_(server.handler_),
        limits_(server.limits_),
        stream_(stream),
        reader_(server.limits_.message),
        body_(&server.bodies_, server.limits_.bodies_bytes_max, server.limits_.bodies_bytes_max) {}

  io::Task<void> run();

 private:
  io::Task<bool> wait_for_request();
  io::Task<std::optional<Request>> read_request();
  io::Task<base::Result<>> fill();
  io::Task<base::Result<>> write(std::string head, std::string body);
  io::Task<base::Result<>> respond(Response response, bool keep_alive, bool head_only);
  io::Task<void> refuse(Response response);
  io::Task<base::Result<>> drain();

  io::Clock& clock_;
  Handler& handler_;
  const ServerLimits& limits_;
  io::Stream& stream_;
  [[nodiscard]] bool make_room_for_body();

  RequestReader reader_;
  base::Share body_;  // what the body of this request may take
};

io::Task<base::Result<>> Server::Connection::fill() {
  std::array<char, read_bytes> bytes;
  const auto got = co_await stream_.read_some(bytes);
  if (!got) co_return std::unexpected(got.error());
  reader_.feed({bytes.data(), *got});
  co_return base::Result<>();
}

io::Task<base::Result<>> Server::Connection::write(std::string head, std::string body) {
  const std::array<std::string_view, 2> pieces = {head, body};
  co_return co_await io::with_timeout(clock_, limits_.write_timeout, stream_.write(pieces));
}

io::Task<base::Result<>> Server::Connection::respond(Response response, bool keep_alive,
                                                     bool head_only) {
  std::string head = response_head(response, {keep_alive, clock_.wall()});
  if (head_only) response.body.clear();
  co_return co_await write(std::move(head), std::move(response.body));
}

io::Task<base::Result<>> Server::Connection::drain() {
  std::array<char, read_bytes> bytes;
  std::size_t total = 0;
  while (total < drained_bytes_max) {
    const auto got = co_await stream_.read_some(bytes);
    if (!got) co_return std::unexpected(got.error());
    total += *got;
  }
  co_return base::Result<>();
}

// The answer, then a gentle close.
io::Task<void> Server::Connection::refuse(Response response) {
  if (!co_await respond(std::move(response), false, false)) co_return;
  if (!co_await io::with_timeout(clock_, limits_.write_timeout, stream_.shutdown())) co_return;
  (void)co_await io::with_timeout(clock_, drain_timeout, drain());
}

// False: the client has gone or is idle for too long; it expects no answer.
io::Task<bool> Server::Connection::wait_for_request() {
  while (!reader_.started()) {
    if (!co_await io::with_timeout(clock_, limits_.idle_timeout, fill())) co_return false;
  }
  co_return true;
}

// How much of a body is taken, and whether there is room for it beside the others.
bool Server::Connection::make_room_for_body() {
  const auto head = reader_.head();
  // A malformed target is refused when the request is taken.
  const std::uint64_t asked = head ? handler_.body_bytes_max(*head) : 0;
  const std::uint64_t bytes_max = std::min(asked, limits_.message.body_bytes_max);
  reader_.limit_body(bytes_max);
  const std::uint64_t bytes = std::min(reader_.body_bytes().value_or(bytes_max), bytes_max);
  return body_.grow(static_cast<std::size_t>(bytes));
}

io::Task<std::optional<Request>> Server::Connection::read_request() {
  if (!co_await wait_for_request()) co_return std::nullopt;
  base::Instant deadline = clock_.now() + limits_.header_timeout;
  for (;;) {
    const ReadState state = reader_.next();
    if (state == ReadState::done) {
      auto request = reader_.take();
      if (request) co_return std::move(*request);
    }
    if (state == ReadState::failed || state == ReadState::done) {
      co_await refuse(reader_.failure());
      co_return std::nullopt;
    }
    if (state == ReadState::header) {
      deadline = clock_.now() + limits_.body_timeout;
      if (!make_room_for_body()) {
        Response busy = text_response(503, "too many large requests at once; try again\n");
        busy.headers.add("Retry-After", "5");
        co_await refuse(std::move(busy));
        co_return std::nullopt;
      }
      if (reader_.refused()) continue;
      if (!reader_.expects_continue()) continue;
      if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return std::nullopt;
      continue;
    }
    auto filled = co_await io::with_deadline(clock_, deadline, fill());
    if (filled) continue;
    if (filled.error().kind == base::ErrorKind::timed_out) {
      co_await refuse(text_response(408, "the request came too slowly\n"));
    }
    co_return std::nullopt;
  }
}

io::Task<void> Server::Connection::run() {
  for (std::size_t count = 1; count <= limits_.requests_per_connection_max; ++count) {
    auto request = co_await read_request();
    if (!request) co_return;
    request->peer = stream_.peer();
    request->tls = stream_.tls() != nullptr;
    if (const auto local = io::local_peer_of(stream_)) set_local_peer(*request, *local);
    const bool head_only = request->method == "HEAD";
    const bool keep = reader_.keep_alive() && count < limits_.requests_per_connection_max;
    Response response = co_await handler_.handle(std::move(*request));
    body_.shrink(body_.used());
    if (!co_await respond(std::move(response), keep, head_only)) co_return;
    if (!keep) break;
  }
  (void)co_await io::with_timeout(clock_, limits_.write_timeout, stream_.shutdown());
}

Server::Server(io::Doors doors, Handler& handler, ServerLimits limits)
    : doors_(doors), handler_(handler), limits_(limits) {}

io::Task<void> Server::run_connection(std::unique_ptr<io::Stream> stream,
                                      std::shared_ptr<io::TlsServer> tls) {
  const CountedConnection counted(connections_, per_address_, host_of(stream->peer().address));
  if (tls != nullptr) {
    auto accepted = co_await io::with_timeout(doors_.clock, limits_.header_timeout,
                                              tls->accept(std::move(stream)));
    if (!accepted) co_return;
    stream = std::move(*accepted);
  }
  Connection connection(*this, *stream);
  co_await connection.run();
}

bool Server::is_full(const io::IpAddress& peer) const {
  if (connections_ >= limits_.connections_max) return true;
  // Our own host's programs (a proxy, Dovecot, the command line) speak for many.
  if (peer.is_loopback() || peer.is_unspecified()) return false;
  const auto same = per_address_.find(host_of(peer));
  return same != per_address_.end() && same->second >= limits_.connections_per_address_max;
}

io::Task<void> Server::serve(io::Ref<io::Listener> listener, TlsSource tls) {
  io::TaskGroup group;
  for (;;) {
    auto stream = co_await listener->accept();
    if (stream) {
      if (is_full((*stream)->peer().address)) continue;  // closed unread
      group.spawn(run_connection(std::move(*stream), tls ? tls() : nullptr));
      continue;
    }
    if (stream.error().kind == base::ErrorKind::cancelled) break;
    if (!co_await io::sleep_for(doors_.clock, accept_pause)) break;
  }
  co_await group.stop();
}

}  // namespace http
