// See places.h.
#include "admin/webhooks/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "policy/login/web.h"

namespace webhooks {
namespace {

// The registries of special-purpose addresses (RFC 6890 and what came after).
constexpr std::array<std::string_view, 14> special_v4 = {
    "0.0.0.0/8",       // this host
    "10.0.0.0/8",      // private
    "100.64.0.0/10",   // CGNAT
    "127.0.0.0/8",     // loopback
    "169.254.0.0/16",  // link-local, and the clouds' metadata
    "172.16.0.0/12",   // private
    "192.0.0.0/24",    // protocols
    "192.0.2.0/24",    // documentation
    "192.168.0.0/16",  // private
    "198.18.0.0/15",   // benchmarks
    "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4",  // multicast
    "240.0.0.0/4",  // reserved, broadcast
};
// All that is not 2000::/3 is refused; these are parts of it that lead elsewhere.
constexpr std::string_view global_v6 = "2000::/3";
constexpr std::array<std::string_view, 5> special_v6 = {
    "2001::/23",      // protocols, Teredo
    "2001:db8::/32",  // documentation
    "2002::/16",      // 6to4: an IPv4 address within
    "3fff::/20",      // documentation
    "2620:4f:8000::/48",
};

bool is_in(std::string_view network, const io::IpAddress& address) {
  const auto parsed = io::IpNetwork::parse(network);
  CHECK(parsed.has_value(), "the table has networks");
  return parsed->contains(address);
}

bool is_public(const io::IpAddress& address) {
  const auto in = [&address](std::string_view network) { return is_in(network, address); };
  if (!address.is_v6()) return std::ranges::none_of(special_v4, in);
  return is_in(global_v6, address) && std::ranges::none_of(special_v6, in);
}

bool names_port(std::string_view rest, std::uint16_t port) {
  return rest.substr(0, rest.find('/')).ends_with(fmt::format(":{}", port));
}

}  // namespace

base::Result<Target> read_target(std::string_view url, const admin::WebhookSettings& settings) {
  constexpr std::string_view secure = "https://";
  constexpr std::string_view clear = "http://";
  constexpr std::uint16_t http_port = 80;
  constexpr std::uint16_t https_port = 443;
  const bool tls = url.starts_with(secure);
  if (!tls && !url.starts_with(clear)) {
    return base::fail(base::ErrorKind::invalid,
                      "a webhook's URL is https://host[:port]/path, without user and fragment");
  }
  if (!tls && !settings.allow_http) {
    return base::fail(base::ErrorKind::invalid,
                      "a webhook's URL begins with https://; [webhooks] allow_http = true lets "
                      "http:// through");
  }
  const std::string_view rest = url.substr(tls ? secure.size() : clear.size());
  const auto parsed = url.size() > url_bytes_max
                          ? std::nullopt
                          : policy::parse_url(std::string(secure) + std::string(rest));
  if (!parsed) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("this is no URL of a webhook: {}", base::printable(url, 200)));
  }
  Target out{.tls = tls, .host = parsed->host, .port = parsed->port, .target = parsed->target};
  if (!tls && out.port == https_port && !names_port(rest, https_port)) out.port = http_port;
  return out;
}

std::string why_not(const io::Endpoint& to, const admin::WebhookSettings& settings,
                    const std::vector<io::IpAddress>& own) {
  const auto allows = [&to](const io::IpNetwork& network) { return network.contains(to.address); };
  if (std::ranges::any_of(settings.allow_networks, allows)) return {};
  const bool ours = std::ranges::find(own, to.address) != own.end();
  if (ours || !is_public(to.address)) {
    return fmt::format(
        "{} is {}, where webhooks may not go; [webhooks] allow_networks can allow it",
        to.address.text(), ours ? "this host itself" : "no address of the public Internet");
  }
  if (std::ranges::find(settings.ports, to.port) == settings.ports.end() &&
      !(settings.allow_http && to.port == 80)) {
    return fmt::format("port {} is not one of webhooks; [webhooks] ports can name it", to.port);
  }
  return {};
}

}  // namespace webhooks
