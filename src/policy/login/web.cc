// See web.h.
#include "policy/login/web.h"

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"

namespace policy {
namespace {

constexpr std::size_t addresses_max = 4;
constexpr std::uint64_t body_bytes_max = 256UL * 1024;
constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

io::Task<base::Result<std::vector<io::IpAddress>>> addresses_of(io::Ref<dns::Resolver> resolver,
                                                                std::string host) {
  if (const auto literal = io::IpAddress::parse(host)) co_return std::vector{*literal};
  const dns::Answer answer = co_await dns::query_addresses(resolver, host);
  std::vector<io::IpAddress> out;
  for (const dns::Record& record : answer.records) {
    if (out.size() < addresses_max) out.push_back(record.address);
  }
  if (out.empty()) {
    co_return base::fail(base::ErrorKind::unreachable,
                         fmt::format("{}: {} {}", host, dns::to_string(answer.status), answer.why));
  }
  co_return out;
}

io::Task<base::Result<http::Response>> ask_all(WebParts parts, Url url, http::Request request,
                                               base::Duration timeout) {
  auto addresses = co_await addresses_of(parts.resolver, url.host);
  if (!addresses) co_return std::unexpected(std::move(addresses.error()));
  request.target = url.target;
  base::Error last;
  for (const io::IpAddress& address : *addresses) {
    http::ClientOptions options;
    if (url.tls) options.tls = parts.tls;
    options.host = url.host;
    options.timeout = timeout;
    options.limits.body_bytes_max = body_bytes_max;
    auto response = co_await http::request(
        parts.doors, io::Endpoint{.address = address, .port = url.port}, request, options);
    if (response || response.error().kind == base::ErrorKind::cancelled) co_return response;
    last = std::move(response.error());
    last.detail = fmt::format("{}: {}", url.host, last.detail);
  }
  co_return std::unexpected(std::move(last));
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view secure = "https://";
  constexpr std::string_view clear = "http://";
  Url out;
  out.tls = text.starts_with(secure);
  if (!out.tls && !text.starts_with(clear)) return std::nullopt;
  text.remove_prefix(out.tls ? secure.size() : clear.size());
  const std::size_t slash = text.find('/');
  std::string_view place = text.substr(0, slash);
  out.target = slash == std::string_view::npos ? "/" : std::string(text.substr(slash));
  const auto printable = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
  if (!std::ranges::all_of(out.target, printable)) return std::nullopt;
  out.port = out.tls ? https_port : http_port;
  if (const auto endpoint = io::Endpoint::parse(place)) {  // "127.0.0.1:80", "[::1]:80"
    out.host = endpoint->address.text();
    out.port = endpoint->port;
  } else {
    if (const std::size_t colon = place.rfind(':'); colon != std::string_view::npos) {
      const auto port = base::parse_number(place.substr(colon + 1));
      if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max()) {
        return std::nullopt;
      }
      out.port = static_cast<std::uint16_t>(*port);
      place = place.substr(0, colon);
    }
    out.host = base::lower(place);
  }
  const auto in_host = [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '.' || c == '-' || c == ':';
  };
  if (out.host.empty() || !std::ranges::all_of(out.host, in_host)) return std::nullopt;
  const auto literal = io::IpAddress::parse(out.host);
  if (!out.tls && out.host != "localhost" && !(literal && literal->is_loopback())) {
    return std::nullopt;
  }
  return out;
}

io::Task<base::Result<http::Response>> ask_web(WebParts parts, Url url, http::Request request,
                                               base::Duration timeout) {
  co_return co_await io::with_timeout(parts.doors.clock, timeout,
                                      ask_all(parts, std::move(url), std::move(request), timeout));
}

}  // namespace policy
