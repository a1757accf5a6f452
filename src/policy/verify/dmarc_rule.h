// policy/verify/dmarc_rule.h: what follows when a message fails its author's DMARC policy.
//
// What:    looks for a reason to pass over the policy (a forwarder, a mailing list, an ARC sealer
//          that is trusted); else refuses or marks, as far as the settings let it.
// In/Out:  findings, Transaction and settings → overrides and a Verdict; rule "dmarc".
// Errors:  550 5.7.1 naming the domain, its policy and what to mend. temperror refuses nothing.
// Limits:  none of its own.
// Not here: the check (lib/mailauth/dmarc.h).
#pragma once

#include <string>
#include <vector>

#include "policy/findings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/verify/settings.h"

namespace policy {

// Identifiers that DMARC may align: SPF's domain, and those of trusted signatures.
[[nodiscard]] mailauth::DmarcQuery dmarc_query(const Findings& findings,
                                               const Transaction& transaction);

// "trusted_forwarder: …", "mailing_list: …", "local_policy: …" (kinds of RFC 9990); of a message
// that failed only.
[[nodiscard]] std::vector<std::string> find_overrides(const Findings& findings,
                                                      const Transaction& transaction,
                                                      const VerifySettings& settings);
// Does one of them vouch for the mail? Test mode and the settings only soften the policy.
[[nodiscard]] bool is_passed_over(const std::vector<std::string>& overrides);
// What is done of what the domain asks for.
[[nodiscard]] mailauth::DmarcPolicy applied_policy(const Findings& findings,
                                                   const VerifySettings& settings);
[[nodiscard]] Verdict judge_dmarc(const Findings& findings, const VerifySettings& settings);

}  // namespace policy
