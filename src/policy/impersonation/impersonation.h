// policy/impersonation/impersonation.h: mail that passes every signature and deceives people.
//
// What:    marks for look-alike domains of ours and of our contacts, names of our people from
//          outside, first-time senders, Reply-To elsewhere.
// In/Out:  Visit (authenticated author) and Transaction → findings.impersonation, header fields.
// Errors:  none: marks only; hold when the settings say so.
// Limits:  policy/impersonation/settings.h.
// Not here: who the author is (policy/verify), where contacts are kept (policy/state).
#pragma once

#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/visit.h"

namespace policy {

class ImpersonationChecks {
 public:
  // Of mail from outside that was accepted so far.
  [[nodiscard]] Verdict judge(Visit& visit, const Transaction& transaction,
                              const directory::Snapshot& known);
  // Of our people's mail that was accepted: whom they write to is a contact.
  void learn(const Transaction& transaction);
};

}  // namespace policy
