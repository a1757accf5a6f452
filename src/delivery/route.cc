// See route.h.
#include "delivery/route.h"

#include <fmt/format.h>

#include <algorithm>

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
  // A password that is refused holds up those alone who use it.
  if (!setting.senders.empty() && !setting.user.empty()) route.key += "/" + setting.user;
  route.port = setting.port;
  route.tls = setting.tls;
  route.implicit_tls = setting.implicit_tls;
  route.user = setting.user;
  route.password = setting.password;
  route.password_file = setting.password_file;
  route.plain_auth = setting.plain_auth;
  route.source_ipv4 = setting.source_ipv4;
  route.source_ipv6 = setting.source_ipv6;
  return route;
}

std::string mx_key(std::string_view domain) { return std::string("mx:").append(domain); }

std::string local_key(std::string_view domain) {
  return std::string(queue::local_destination).append(domain);
}

}  // namespace

bool domain_matches(std::string_view pattern, std::string_view domain) {
  if (pattern == "*") return true;
  if (pattern.starts_with('.')) return domain.ends_with(pattern) && domain.size() > pattern.size();
  return pattern == domain;
}

Router::Router(std::shared_ptr<const Settings> settings, const directory::Directory& directory)
    : settings_(std::move(settings)), directory_(&directory) {
  for (const RouteSetting& setting : settings_->routes) {
    Way& way = ways_.emplace_back();
    way.pattern = message::domain_key(setting.domain);
    for (const std::string& sender : setting.senders) way.senders.emplace_back(sender);
    way.tls = setting.tls;
    way.source_ipv4 = setting.source_ipv4;
    way.source_ipv6 = setting.source_ipv6;
    // A route without a host says "by MX", with demands of its own.
    if (!setting.host.empty()) way.relay = relay_route(setting);
  }
}

// RFC 5321 §4.1.1.3: <postmaster> without a domain is our own.
bool Router::is_local(std::string_view domain) const {
  return domain.empty() || directory_->snapshot()->is_local_domain(domain);
}

const Router::Way* Router::way(std::string_view domain, const message::Address& sender) const {
  const auto found = std::ranges::find_if(ways_, [&](const Way& way) {
    return domain_matches(way.pattern, domain) && fits_any(way.senders, sender);
  });
  return found == ways_.end() ? nullptr : &*found;
}

Route Router::route(Parties parties) const {
  Route route;
  route.domain = message::domain_key(parties.recipient.domain);
  if (is_local(route.domain)) {
    route.kind = RouteKind::local;
    route.key = local_key(route.domain);
    return route;
  }
  const Way* const found = way(route.domain, parties.sender);
  if (found != nullptr && found->relay) return *found->relay;
  route.key = mx_key(route.domain);
  route.port = settings_->mx_port;
  route.tls = settings_->mx_tls;
  if (found != nullptr) {
    route.tls = found->tls;
    route.source_ipv4 = found->source_ipv4;
    route.source_ipv6 = found->source_ipv6;
  }
  return route;
}

std::string Router::key(Parties parties) const {
  const std::string domain = message::domain_key(parties.recipient.domain);
  if (is_local(domain)) return local_key(domain);
  const Way* const found = way(domain, parties.sender);
  return found != nullptr && found->relay ? found->relay->key : mx_key(domain);
}

}  // namespace delivery
