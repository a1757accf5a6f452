// policy/dmarc_observation.h: one message as a DMARC aggregate report tells of it (RFC 9990).
//
// What:    the facts of one evaluated message; who collects them implements DmarcObserver.
// In/Out:  policy gives one per message whose author domain has a policy.
// Errors:  none: observe() keeps or drops, it never blocks.
// Limits:  the observer's.
// Not here: the reports (report/).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"
#include "lib/mailauth/dmarc.h"
#include "lib/message/address.h"

namespace policy {

struct DmarcObservation {
  base::Time when;
  io::IpAddress source;
  std::string header_from;               // the author's domain, A-labels
  std::string envelope_from;             // domain of MAIL FROM; empty: null sender
  std::vector<std::string> envelope_to;  // domains, each once
  mailauth::DmarcVerdict dmarc;          // with the record and where it was found
  mailauth::DmarcPolicy applied = mailauth::DmarcPolicy::none;  // what was done
  // "mailing_list", "local_policy", … and words.
  std::vector<std::pair<std::string, std::string>> overrides;
  struct Dkim {
    std::string domain;
    std::string selector;
    std::string result;
    std::string words;
  };
  std::vector<Dkim> dkim;
  std::string spf_domain;
  std::string spf_scope;  // "mfrom" or "helo"
  std::string spf_result;
  // For the observer to tell reports from other mail; never in a report.
  std::vector<message::Address> recipients;
  bool is_report = false;  // a DMARC or TLS report that passed DMARC itself
};

class DmarcObserver {
 public:
  DmarcObserver() = default;
  DmarcObserver(const DmarcObserver&) = delete;
  DmarcObserver& operator=(const DmarcObserver&) = delete;
  virtual ~DmarcObserver() = default;
  virtual void observe(DmarcObservation observation) = 0;  // from every loop: thread-safe
};

}  // namespace policy
