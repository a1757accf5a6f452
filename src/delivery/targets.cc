// See targets.h.
#include "delivery/targets.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/text.h"

namespace delivery {
namespace {

std::unexpected<Trouble> temporary(smtp::EnhancedCode code, std::string text,
                                   std::string detail = {}) {
  return std::unexpected(Trouble{.reply = smtp::reply(451, code, std::move(text)),
                                 .permanent = false,
                                 .tls = false,
                                 .detail = std::move(detail)});
}

std::unexpected<Trouble> permanent(int reply_code, smtp::EnhancedCode code, std::string text) {
  return std::unexpected(Trouble{.reply = smtp::reply(reply_code, code, std::move(text)),
                                 .permanent = true,
                                 .tls = false,
                                 .detail = {}});
}

std::unexpected<Trouble> dns_trouble(std::string_view name, const dns::Answer& answer) {
  const bool bogus = answer.status == dns::Status::bogus;
  return temporary({4, 4, 3},
                   fmt::format("DNS look-up of {} {}", name,
                               bogus ? "gave an answer with wrong signatures" : "failed"),
                   answer.why);
}

std::unexpected<Trouble> loop_trouble(std::string_view domain) {
  return permanent(
      554, {5, 4, 6},
      fmt::format("mail for {} loops back to this server, which does not serve it", domain));
}

template <class T>
void shuffle(std::vector<T>& items, io::Random& random) {
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[static_cast<std::size_t>(random.below(left))]);
  }
}

std::optional<io::IpAddress> parse_literal(std::string_view literal) {
  if (!literal.starts_with('[') || !literal.ends_with(']')) return std::nullopt;
  literal = literal.substr(1, literal.size() - 2);
  if (base::istarts_with(literal, "IPv6:")) literal.remove_prefix(5);
  return io::IpAddress::parse(literal);
}

// Gathers the addresses of the MX hosts one after the other.
struct Search {
  std::vector<Target> targets;
  bool ourselves = false;
  bool never = false;    // addresses that never_connect_to forbids
  bool no_ipv6 = false;  // addresses that only IPv6 would reach
  std::optional<dns::Answer> trouble;
  std::string trouble_name;
};

bool is_never(const Settings& settings, const io::IpAddress& address) {
  return address.is_unspecified() ||
         std::ranges::any_of(settings.never_connect_to,
                             [&](const io::IpNetwork& net) { return net.contains(address); });
}

// At another port than 25 another server may listen on our own address.
bool is_ours(const Finder& finder, const io::IpAddress& address) {
  return finder.settings.mx_port == 25 &&
         std::ranges::find(finder.own_addresses, address) != finder.own_addresses.end();
}

void add_host(Search& search, const Finder& finder, const MxHost& host, const dns::Answer& answer,
              std::size_t addresses_max) {
  std::size_t added = 0;
  for (const io::IpAddress& address : order_addresses(answer, true, finder.random)) {
    if (is_ours(finder, address)) {
      search.ourselves = true;
    } else if (is_never(finder.settings, address)) {
      search.never = true;
    } else if (address.is_v6() && !finder.settings.ipv6) {
      search.no_ipv6 = true;
    } else if (added++ < addresses_max) {
      search.targets.push_back({host.name, {address, finder.settings.mx_port}, host.preference});
    }
  }
}

Step<std::vector<Target>> conclude(Search search, const std::string& domain, bool implicit) {
  if (!search.targets.empty()) return std::move(search.targets);
  if (search.ourselves) return loop_trouble(domain);
  if (search.trouble) return dns_trouble(search.trouble_name, *search.trouble);
  if (search.no_ipv6) {
    return temporary({4, 4, 4},
                     fmt::format("{} is reached by IPv6 only, which is off here", domain));
  }
  if (search.never) {
    return permanent(
        550, {5, 4, 4},
        fmt::format("the mail servers of {} have addresses that are not allowed here", domain));
  }
  if (implicit) {
    return permanent(550, {5, 1, 2}, fmt::format("the domain {} has no mail server", domain));
  }
  return permanent(550, {5, 4, 4}, fmt::format("no mail server of {} has an address", domain));
}

io::Task<Step<std::vector<Target>>> look_up_hosts(io::Ref<Finder> finder, std::vector<MxHost> hosts,
                                                  std::string domain) {
  const std::size_t targets_max = std::max(1U, finder->settings.addresses_tried_max);
  const std::size_t per_host = hosts.size() == 1 ? targets_max : addresses_per_host_max;
  Search search;
  for (const MxHost& host : hosts) {
    // Hosts of equal preference are all looked at: one of them may be ourselves.
    if (search.targets.size() >= targets_max &&
        host.preference != search.targets.back().preference) {
      break;
    }
    const dns::Answer answer = co_await dns::query_addresses(finder->resolver, host.name);
    if (answer.status == dns::Status::ok) {
      add_host(search, *finder, host, answer, per_host);
    } else if (!dns::is_negative(answer.status) && !search.trouble) {
      search.trouble = answer;
      search.trouble_name = host.name;
    }
    if (search.ourselves) {
      // RFC 5321 §5.1: discard our own preference and whatever is not better.
      std::erase_if(search.targets,
                    [&](const Target& target) { return target.preference >= host.preference; });
      break;
    }
  }
  if (search.targets.size() > targets_max) search.targets.resize(targets_max);
  co_return conclude(std::move(search), domain, hosts.front().implicit);
}

Step<std::vector<Target>> literal_target(const Finder& finder, const std::string& domain) {
  const auto address = parse_literal(domain);
  if (!address) {
    return permanent(550, {5, 1, 2}, fmt::format("{} is no address literal known here", domain));
  }
  dns::Answer answer;
  answer.records.resize(1);
  answer.records.front().address = *address;
  Search search;
  add_host(search, finder, {domain, 0, true}, answer, 1);
  return conclude(std::move(search), domain, true);
}

io::Task<Step<std::vector<Target>>> relay_targets(io::Ref<Finder> finder, Route route) {
  if (const auto address = parse_literal(route.host)) {
    co_return std::vector<Target>{{.host = route.host, .endpoint = {*address, route.port}}};
  }
  const dns::Answer answer = co_await dns::query_addresses(finder->resolver, route.host);
  if (!dns::is_negative(answer.status) && answer.status != dns::Status::ok) {
    co_return dns_trouble(route.host, answer);
  }
  std::vector<Target> targets;
  for (const auto& address : order_addresses(answer, finder->settings.ipv6, finder->random)) {
    targets.push_back({route.host, {address, route.port}, 0});
  }
  const std::size_t targets_max = std::max(1U, finder->settings.addresses_tried_max);
  if (targets.size() > targets_max) targets.resize(targets_max);
  if (!targets.empty()) co_return targets;
  co_return temporary({4, 4, 4}, fmt::format("the relay host {} has no address", route.host));
}

io::Task<Step<std::vector<Target>>> lmtp_targets(io::Ref<Finder> finder, Route route) {
  if (!route.unix_path.empty()) {
    co_return std::vector<Target>{{route.host, {}, 0, Protocol::lmtp, route.unix_path}};
  }
  auto targets = co_await relay_targets(finder, std::move(route));
  if (targets) {
    for (Target& target : *targets) target.protocol = Protocol::lmtp;
  }
  co_return targets;
}

}  // namespace

std::string Target::text() const {
  if (!unix_path.empty()) return host;
  if (host.starts_with('[')) return fmt::format("{}:{}", endpoint.address.literal(), endpoint.port);
  return fmt::format(FMT_COMPILE("{} [{}]:{}"), host, endpoint.address.text(), endpoint.port);
}

Step<std::vector<MxHost>> choose_hosts(const std::string& domain, const dns::Answer& answer,
                                       std::string_view own_name, io::Random& random) {
  std::vector<MxHost> hosts;
  switch (answer.status) {
    case dns::Status::no_name:
      return permanent(550, {5, 1, 2}, fmt::format("the domain {} does not exist", domain));
    case dns::Status::trouble:
    case dns::Status::bogus: return dns_trouble(domain, answer);
    case dns::Status::no_data:
      hosts.push_back({domain, 0, true});  // RFC 5321 §5.1: the implicit MX
      break;
    case dns::Status::ok:
      for (const dns::Record& record : answer.records) {
        if (!record.mx.exchange.empty()) {
          hosts.push_back({record.mx.exchange, record.mx.preference, false});
        }
      }
      break;
  }
  // RFC 7505 §4.1: "." alone; beside other records it means nothing.
  if (hosts.empty()) {
    return permanent(556, {5, 1, 10}, fmt::format("the domain {} accepts no mail", domain));
  }
  shuffle(hosts, random);  // RFC 5321 §5.1: equal preferences share the load
  std::ranges::sort(hosts, {}, &MxHost::preference);
  const auto self = std::ranges::find_if(
      hosts, [&](const MxHost& host) { return base::iequals(host.name, own_name); });
  if (self != hosts.end()) {
    const std::uint16_t limit = self->preference;
    std::erase_if(hosts, [&](const MxHost& host) { return host.preference >= limit; });
    if (hosts.empty()) return loop_trouble(domain);
  }
  if (hosts.size() > mx_hosts_max) hosts.resize(mx_hosts_max);
  return hosts;
}

std::vector<io::IpAddress> order_addresses(const dns::Answer& answer, bool ipv6,
                                           io::Random& random) {
  std::vector<io::IpAddress> v4;
  std::vector<io::IpAddress> v6;
  for (const dns::Record& record : answer.records) {
    (record.address.is_v6() ? v6 : v4).push_back(record.address);
  }
  if (!ipv6) v6.clear();
  shuffle(v4, random);
  shuffle(v6, random);
  std::vector<io::IpAddress> out;
  for (std::size_t i = 0; i < std::max(v4.size(), v6.size()); ++i) {
    if (i < v6.size()) out.push_back(v6[i]);
    if (i < v4.size()) out.push_back(v4[i]);
  }
  return out;
}

namespace {

Step<std::vector<Target>> authenticated(Step<std::vector<Target>> targets, bool authentic) {
  if (targets) {
    for (Target& target : *targets) target.authentic = authentic;
  }
  return targets;
}

}  // namespace

io::Task<Step<std::vector<Target>>> find_targets(io::Ref<Finder> finder, Route route) {
  if (route.kind == RouteKind::relay) {
    co_return authenticated(co_await relay_targets(finder, std::move(route)), true);
  }
  if (route.kind == RouteKind::lmtp) co_return co_await lmtp_targets(finder, std::move(route));
  if (route.domain.starts_with('[')) {
    co_return authenticated(literal_target(*finder, route.domain), true);
  }
  const dns::Answer answer = co_await finder->resolver.query(route.domain, dns::Type::mx);
  auto hosts = choose_hosts(route.domain, answer, finder->settings.hostname, finder->random);
  if (!hosts) co_return std::unexpected(std::move(hosts.error()));
  co_return authenticated(co_await look_up_hosts(finder, std::move(*hosts), route.domain),
                          answer.secure);
}

}  // namespace delivery
