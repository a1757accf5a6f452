// See web_door.h.
#include "admin/web_door.h"

#include <algorithm>
#include <vector>

#include "lib/base/text.h"

namespace admin {
namespace {

constexpr std::string_view for_field = "X-Forwarded-For";
constexpr std::string_view proto_field = "X-Forwarded-Proto";

bool is_listed(const io::IpAddress& address, const std::vector<io::IpNetwork>& proxies) {
  return std::ranges::any_of(
      proxies, [&address](const io::IpNetwork& network) { return network.contains(address); });
}

// All of a field's values, in order: some proxies add to the line, some add a line.
std::vector<std::string_view> values_of(const http::Headers& headers, std::string_view name) {
  std::vector<std::string_view> out;
  for (const auto& [field, value] : headers) {
    if (!base::iequals(field, name)) continue;
    for (const std::string_view part : base::split(value, ',')) out.push_back(base::trim(part));
  }
  return out;
}

// Used up: whoever finds them later knows that no listed proxy wrote them.
http::Headers without_hops(const http::Headers& headers) {
  http::Headers out;
  for (const auto& [name, value] : headers) {
    if (base::iequals(name, for_field) || base::iequals(name, "Forwarded")) continue;
    out.add(name, value);
  }
  return out;
}

// "192.0.2.1", "2001:db8::1", and either with a port.
std::optional<io::IpAddress> address_of(std::string_view text) {
  if (const auto address = io::IpAddress::parse(text)) return address;
  if (const auto endpoint = io::Endpoint::parse(text)) return endpoint->address;
  return std::nullopt;
}

}  // namespace

std::optional<Forwarded> forwarded_for(const http::Headers& headers, const io::IpAddress& proxy,
                                       const std::vector<io::IpNetwork>& proxies) {
  Forwarded out{.peer = proxy, .tls = std::nullopt};
  const auto hops = values_of(headers, for_field);
  // From the right: each was written by the one after it, and only listed ones are believed.
  for (auto hop = hops.rbegin(); hop != hops.rend() && is_listed(out.peer, proxies); ++hop) {
    const auto address = address_of(*hop);
    if (!address) return std::nullopt;
    out.peer = *address;
  }
  const auto schemes = values_of(headers, proto_field);
  if (!schemes.empty()) out.tls = base::iequals(schemes.back(), "https");
  return out;
}

io::Task<http::Response> WebDoor::handle(http::Request request) {
  if (is_listed(request.peer.address, settings_.proxies)) {
    const auto who = forwarded_for(request.headers, request.peer.address, settings_.proxies);
    if (!who) {
      co_return http::text_response(400, "the proxy's X-Forwarded-For names no address\n");
    }
    request.peer.address = who->peer;
    request.tls = who->tls.value_or(request.tls);
    request.headers = without_hops(request.headers);
  }
  if (settings_.web && WebFiles::is_path(request.path)) co_return files_.answer(request);
  co_return co_await api_.handle(std::move(request));
}

}  // namespace admin
