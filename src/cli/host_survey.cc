// See host_survey.h.
#include "cli/host_survey.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/real/outgoing.h"
#include "lib/mailauth/iprev.h"

namespace cli {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

void find_addresses(const io::Network& network, HostSurvey& survey) {
  std::vector<io::IpAddress> all;
  for (const io::IpAddress& address : network.own_addresses()) {
    if (!address.is_private() && !address.is_unspecified()) all.push_back(address);
  }
  for (const bool v6 : {false, true}) {
    const auto out = io::real::outgoing_address(v6);
    const bool known = out && std::ranges::find(all, *out) != all.end();
    if (known) survey.addresses.push_back(*out);
  }
  // Without a way out there is nothing to choose by.
  if (survey.addresses.empty()) survey.addresses = all;
  survey.has_others = survey.addresses.size() < all.size();
}

// As an ordinary user one cannot try; the server has its rights from elsewhere.
bool may_be_bound(io::Network& network, const io::Endpoint& at) {
  const auto listener = network.listen(at, {});
  return listener || listener.error().kind == base::ErrorKind::denied;
}

std::vector<io::Endpoint> free_places(io::Network& network, std::uint16_t port, bool v6) {
  std::vector<io::Endpoint> out;
  for (const io::IpAddress& any : {io::IpAddress(), io::IpAddress::v6({})}) {
    if (any.is_v6() && !v6) continue;
    if (!may_be_bound(network, {any, port})) return {};  // another server has it
    out.push_back({any, port});
  }
  return out;
}

io::Task<base::Result<std::string>> ask_name(io::Ref<dns::Resolver> resolver,
                                             io::IpAddress address) {
  const auto verdict = co_await mailauth::check_iprev(resolver, address);
  co_return verdict.result == mailauth::IprevResult::pass ? verdict.name : std::string();
}

}  // namespace

HostSurvey survey_host(io::Network& network) {
  HostSurvey survey;
  find_addresses(network, survey);
  survey.has_v6 = network.listen({io::IpAddress::v6({}), 0}, {}).has_value();
  survey.http = free_places(network, http_port, survey.has_v6);
  survey.https = free_places(network, https_port, survey.has_v6);
  return survey;
}

io::Task<std::string> confirmed_name(io::Doors doors, io::Ref<dns::Resolver> resolver,
                                     io::IpAddress address) {
  const auto name =
      co_await io::with_timeout(doors.clock, look_seconds_max, ask_name(resolver, address));
  co_return name.value_or("");
}

bool is_special_use(std::string_view domain) {
  constexpr std::array names = {"test", "example",  "invalid", "localhost", "local",
                                "lan",  "internal", "onion",   "home.arpa", "localdomain"};
  const std::string key = base::lower(domain);
  return std::ranges::any_of(names, [&key](std::string_view name) {
    return key == name || key.ends_with("." + std::string(name));
  });
}

}  // namespace cli
