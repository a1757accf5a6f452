// admin/doctor/ground.h: what the checks of one run stand on.
//
// What:    the doors, the settings and what the server knows, as one value for all checks.
// In/Out:  Doctor fills it; checks read it.
// Errors:  none: what is null or empty is not known, and its checks say so.
// Limits:  none.
// Not here: the checks (domain_checks.h, host_checks.h, …).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/doctor/finding.h"
#include "admin/doctor/history.h"
#include "admin/doctor/view.h"
#include "admin/queues.h"
#include "config/config.h"
#include "directory/directory.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/machine.h"
#include "lib/io/tls.h"
#include "policy/signing/key_store.h"
#include "report/reports.h"

namespace doctor {

struct Ground {
  io::Doors doors;
  dns::Resolver& resolver;
  View& view;
  io::Machine& machine;
  const config::Config& config;
  std::string hostname;                     // as it greets, lower case
  std::vector<io::IpAddress> addresses;     // those that the world reaches us by
  bool serving = false;                     // listeners are open in this process
  base::Time settings_read = {};            // when the configuration was read; 1970: not told
  std::shared_ptr<io::TlsClient> tls = {};  // null: no HTTPS
  std::shared_ptr<const directory::Snapshot> known = {};  // null: nobody is known
  std::shared_ptr<const policy::KeyRing> keys = {};       // null: nothing is signed
  admin::Queues* queues = nullptr;
  report::Reports* reports = nullptr;
  History history = {};                         // as it was before this run
  std::vector<std::string> after_restart = {};  // settings that were read and are not in force
};

using HostCheck = io::Task<Findings> (*)(io::Ref<const Ground> ground);
using DomainCheck = io::Task<Findings> (*)(io::Ref<const Ground> ground, std::string domain);

// One finding, as most checks have it.
[[nodiscard]] inline Findings one(Finding finding) {
  Findings out;
  out.push_back(std::move(finding));
  return out;
}

}  // namespace doctor
