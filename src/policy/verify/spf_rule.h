// policy/verify/spf_rule.h: SPF of a client's HELO name and of MAIL FROM (RFC 7208 §2.3, §2.4).
//
// What:    asks for both identities at once; the null sender is checked as postmaster@HELO.
// In/Out:  SpfSubject and a Resolver → SpfFindings; these and settings → Verdict, rule "spf".
// Errors:  trouble is temperror; only a fail is refused (550 5.7.23, RFC 7372), if so set.
// Limits:  mailauth::SpfLimits; the time is the caller's deadline.
// Not here: the evaluation (lib/mailauth/spf.h).
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/mailauth/spf.h"
#include "lib/message/address.h"
#include "policy/findings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/verify/settings.h"

namespace policy {

struct SpfSubject {
  io::IpAddress ip;
  std::string helo;
  message::Address sender;
  std::string receiver;
  base::Time now;
};

struct SpfFindings {
  std::optional<mailauth::SpfVerdict> helo;       // none: HELO gave an address literal
  std::optional<mailauth::SpfVerdict> mail_from;  // none: the null sender, or no domain
};

[[nodiscard]] io::Task<base::Result<SpfFindings>> ask_spf(io::Ref<dns::Resolver> resolver,
                                                          SpfSubject subject);

// Who SPF vouches for when it passes: the domain of MAIL FROM; of the null sender that of HELO.
struct SpfIdentity {
  const mailauth::SpfVerdict* verdict = nullptr;  // null: nothing was checked
  std::string domain;
  std::string scope;  // "mfrom" or "helo", as reports call it
};
[[nodiscard]] SpfIdentity spf_identity(const Findings& findings, const Transaction& transaction);

[[nodiscard]] Verdict judge_spf(const Findings& findings, const Transaction& transaction,
                                const VerifySettings& settings);

}  // namespace policy
