// policy/verify/observation.h: one judged message as DMARC's aggregate reports tell of it.
//
// What:    what was found and what was done, in the words of RFC 9990.
// In/Out:  findings, Transaction and the final Verdict → DmarcObservation.
// Errors:  none.
// Limits:  none of its own.
// Not here: the reports (report/), whether there is anything to observe (sender_checks.cc).
#pragma once

#include "policy/dmarc_observation.h"
#include "policy/findings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/verify/settings.h"

namespace policy {

[[nodiscard]] DmarcObservation observe_message(const Findings& findings,
                                               const Transaction& transaction,
                                               const Verdict& verdict,
                                               const VerifySettings& settings);

}  // namespace policy
