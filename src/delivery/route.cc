// See route.h.
#include "delivery/route.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "queue/courier.h"

namespace delivery {
namespace {

// Says nothing of the domain, so that one transaction carries recipients of several.
Route relay_route(const RouteSetting& setting) {
  Route route;
  route.kind = RouteKind::relay;
  route.host = base::lower(setting.host);
  route.key = fmt::format("relay:{}:{}", route.host, setting.port);
  route.port = setting.port;
  route.tls = setting.tls;
  route.implicit_tls = setting.implicit_tls;
  route.user = setting.user;
  route.password = setting.password;
  return route;
}

Route mx_route(std::string domain, std::uint16_t port, TlsDemand tls) {
  Route route;
  route.key = fmt::format("mx:{}", domain);
  route.domain = std::move(domain);
  route.port = port;
  route.tls = tls;
  return route;
}

Route local_route(std::string domain) {
  Route route;
  route.kind = RouteKind::local;
  route.key = fmt::format("{}{}", queue::local_destination, domain);
  route.domain = std::move(domain);
  return route;
}

}  // namespace

bool domain_matches(std::string_view pattern, std::string_view domain) {
  if (pattern == "*") return true;
  if (pattern.starts_with('.')) return domain.ends_with(pattern) && domain.size() > pattern.size();
  return pattern == domain;
}

Route Router::route(const message::Address& address) const {
  std::string domain = message::domain_key(address.domain);
  // RFC 5321 §4.1.1.3: <postmaster> without a domain is our own.
  if (domain.empty() || directory_.snapshot()->is_local_domain(domain)) {
    return local_route(std::move(domain));
  }
  for (const RouteSetting& setting : settings_->routes) {
    if (!domain_matches(message::domain_key(setting.domain), domain)) continue;
    // A route without a host says "by MX", with demands of its own.
    if (setting.host.empty()) return mx_route(std::move(domain), settings_->mx_port, setting.tls);
    return relay_route(setting);
  }
  return mx_route(std::move(domain), settings_->mx_port, settings_->mx_tls);
}

}  // namespace delivery
