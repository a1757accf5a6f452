// server/certificate/served_names.h: the names besides the host's own that our HTTPS is asked by.
//
// What:    mta-sts.DOMAIN and autoconfig.DOMAIN of every domain of ours, as soon as they lead to
//          this host: a certificate can be had for them then, and is needed.
// In/Out:  Config, domains and the DNS → names. A name that the authority refuses is set aside, for
//          the others' certificate must not wait for it.
// Errors:  none: while the DNS does not answer, what the certificate has stays.
// Limits:  names_max (an authority takes 100 in one certificate); looked up every look_every.
// Not here: ordering (keeper.h), what is served there (admin/client_routes.h).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "lib/base/time.h"
#include "lib/dns/resolver.h"
#include "lib/io/clock.h"

namespace server {

class ServedNames {
 public:
  static constexpr std::size_t names_max = 90;
  static constexpr base::Duration look_every = std::chrono::minutes(10);
  static constexpr base::Duration set_aside_for = std::chrono::hours(24);

  // They outlive it.
  struct Parts {
    io::Clock& clock;
    dns::Resolver& resolver;
    std::function<std::vector<std::string>()> domains;  // null: none
  };
  explicit ServedNames(Parts parts) : parts_(std::move(parts)) {}

  // Looks again when it is time or `at_once`. `held`: the names in the certificate in use.
  io::Task<void> refresh(io::Ref<const config::Config> config, std::vector<std::string> held,
                         bool at_once);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // False: it is none of them. "": all of them, when the authority names none.
  bool set_aside(const std::string& name);

 private:
  io::Task<bool> leads_here(std::string name, std::vector<io::IpAddress> host, bool when_unknown);

  Parts parts_;
  std::vector<std::string> names_;
  std::map<std::string, base::Instant> aside_;  // until when
  base::Instant next_look_;
};

}  // namespace server
