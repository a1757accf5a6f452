// See client.h.
#include "lib/http/client.h"

#include <fmt/format.h>

#include "lib/io/deadline.h"
#include "lib/io/ref.h"

namespace http {
namespace {

constexpr std::size_t read_bytes = 8UL * 1024;

// RFC 9110 §7.2: with the port, unless it is the scheme's own; an IPv6 literal in brackets.
std::string host_field(const Where& where, const ClientOptions& options) {
  constexpr std::uint16_t http_port = 80;
  constexpr std::uint16_t https_port = 443;
  const auto* place = std::get_if<io::Endpoint>(&where);
  if (place == nullptr) return options.host;
  const bool literal = options.host.contains(':');
  std::string out = literal ? fmt::format("[{}]", options.host) : options.host;
  if (place->port != (options.tls ? https_port : http_port)) {
    out += fmt::format(":{}", place->port);
  }
  return out;
}

io::Task<io::Network::StreamResult> open_stream(io::Doors doors, Where where,
                                                ClientOptions options) {
  if (const auto* unix_path = std::get_if<UnixPath>(&where)) {
    co_return co_await doors.network.connect_unix(unix_path->path);
  }
  auto stream = co_await doors.network.connect(std::get<io::Endpoint>(where), options.source);
  if (!stream || options.tls == nullptr) co_return stream;
  io::TlsClientOptions tls_options;
  tls_options.server_name = options.host;
  tls_options.must_verify = true;
  co_return co_await options.tls->connect(std::move(*stream), std::move(tls_options));
}

io::Task<base::Result<Response>> read_response(io::Ref<io::Stream> stream, MessageLimits limits,
                                               bool head) {
  ResponseReader reader(limits, head);
  std::array<char, read_bytes> bytes;
  for (;;) {
    const auto got = co_await stream->read_some(bytes);
    if (!got && got.error().kind != base::ErrorKind::closed) co_return std::unexpected(got.error());
    const auto whole = got ? reader.feed({bytes.data(), *got}) : reader.feed_end();
    if (!whole) co_return std::unexpected(whole.error());
    if (*whole) co_return reader.take();
  }
}

io::Task<base::Result<Response>> exchange(io::Doors doors, Where where, Request request,
                                          ClientOptions options) {
  request.headers.set("Host", host_field(where, options));
  auto stream = co_await open_stream(doors, std::move(where), options);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  request.headers.set("Connection", "close");
  const std::string head = request_head(request);
  const std::array<std::string_view, 2> pieces = {head, request.body};
  auto sent = co_await (*stream)->write(pieces);
  // A server that refuses a large body may answer and close before it has read it all.
  const bool refused = !sent && sent.error().kind == base::ErrorKind::reset;
  if (!sent && !refused) co_return std::unexpected(std::move(sent.error()));
  auto response = co_await read_response(**stream, options.limits, request.method == "HEAD");
  if (response || !refused) co_return response;
  co_return std::unexpected(std::move(sent.error()));
}

}  // namespace

io::Task<base::Result<Response>> request(io::Doors doors, Where where, Request request,
                                         ClientOptions options) {
  const base::Duration timeout = options.timeout;
  co_return co_await io::with_timeout(
      doors.clock, timeout,
      exchange(doors, std::move(where), std::move(request), std::move(options)));
}

}  // namespace http
