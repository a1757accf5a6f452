// See served_names.h.
#include "server/certificate/served_names.h"

#include <algorithm>

#include "lib/message/address.h"

namespace server {
namespace {

std::vector<std::string> wished(const config::Config& config, const std::string& domain) {
  std::vector<std::string> out;
  if (config.admin.clients.mta_sts.mode != admin::MtaStsMode::off) {
    out.push_back("mta-sts." + domain);
  }
  out.push_back("autoconfig." + domain);
  return out;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

// All of its addresses are the host's: an authority asks any of them.
io::Task<bool> ServedNames::leads_here(std::string name, std::vector<io::IpAddress> host,
                                       bool when_unknown) {
  const dns::Answer answer = co_await dns::query_addresses(parts_.resolver, std::move(name));
  if (dns::is_negative(answer.status)) co_return false;
  if (answer.status != dns::Status::ok || host.empty()) co_return when_unknown;
  co_return std::ranges::all_of(answer.records, [&host](const dns::Record& record) {
    return std::ranges::find(host, record.address) != host.end();
  });
}

io::Task<void> ServedNames::refresh(io::Ref<const config::Config> config,
                                    std::vector<std::string> held, bool at_once) {
  const base::Instant now = parts_.clock.now();
  if (!at_once && now < next_look_) co_return;
  next_look_ = now + look_every;
  std::erase_if(aside_, [now](const auto& one) { return one.second <= now; });
  const bool wanted = config->server.acme.domains.empty() && !config->admin.clients.https.empty();
  if (!wanted || !parts_.domains) {
    names_.clear();
    co_return;
  }
  const std::string hostname = message::domain_key(config->session.hostname);
  const dns::Answer here = co_await dns::query_addresses(parts_.resolver, hostname);
  std::vector<io::IpAddress> host;
  host.reserve(here.records.size());
  for (const dns::Record& record : here.records) host.push_back(record.address);
  std::vector<std::string> found;
  for (const std::string& domain : parts_.domains()) {
    for (std::string& name : wished(*config, domain)) {
      if (found.size() >= names_max || aside_.contains(name) || name == hostname) continue;
      if (co_await leads_here(name, host, has(held, name))) found.push_back(std::move(name));
    }
  }
  names_ = std::move(found);
}

bool ServedNames::set_aside(const std::string& name) {
  const base::Instant until = parts_.clock.now() + set_aside_for;
  std::vector<std::string> gone;
  for (const std::string& one : names_) {
    if (name.empty() || one == name) gone.push_back(one);
  }
  for (const std::string& one : gone) aside_[one] = until;
  std::erase_if(names_, [&gone](const std::string& one) { return has(gone, one); });
  return !gone.empty();
}

}  // namespace server
