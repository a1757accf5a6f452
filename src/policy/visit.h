// policy/visit.h: what policy keeps of one connection, beside the transaction.
//
// What:    findings so far, the conversations with milters, and what watches the message go by.
// In/Out:  Policy::begin_visit() makes it, the session owns it and gives it to every moment.
// Errors:  none: a holder.
// Limits:  those of its parts.
// Not here: the moments (policy.h).
#pragma once

#include <memory>

#include "policy/filters/filter_chain.h"
#include "policy/findings.h"
#include "policy/settings.h"
#include "policy/signing/signing_pass.h"
#include "policy/verify/inspection.h"

namespace policy {

class Visit {
 public:
  explicit Visit(std::shared_ptr<const Settings> settings_in) : settings(std::move(settings_in)) {}
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  const std::shared_ptr<const Settings> settings;  // those it began with
  Findings findings;                               // `client` outlives a message, the rest does not
  std::unique_ptr<FilterChain> filters;            // none: nobody filters this connection
  std::unique_ptr<Inspection> inspection;          // of the message that is coming; none: unchecked
  std::unique_ptr<SigningPass> signing;            // of the same; none: it is not to be signed

  void reset_message() {
    ClientFindings client = std::move(findings.client);
    findings = {};
    findings.client = std::move(client);
    inspection.reset();
    signing.reset();
  }
};

}  // namespace policy
