// policy/impersonation/impersonation.h: mail that passes every signature and deceives people.
//
// What:    marks for look-alike domains of ours and of our contacts, names of our people from
//          outside, first-time senders, Reply-To elsewhere.
// In/Out:  Visit (authenticated author) and Transaction → findings.impersonation, one field
//          X-Stagepost-Warning per mark, and edits that take out those that came with the mail.
// Errors:  none: marks only; hold when the settings say so.
// Limits:  policy/impersonation/settings.h; accounts_max recipients are looked at; no look-ups in
//          the DNS.
// Not here: who the author is (policy/verify), where contacts are kept (policy/state/contacts.h).
#pragma once

#include <memory>

#include "lib/io/clock.h"
#include "policy/impersonation/look_alikes.h"
#include "policy/state/contacts.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/visit.h"

namespace policy {

inline constexpr std::string_view warning_field = "X-Stagepost-Warning";

// The domains that are protected for everybody: ours and those of the settings.
class OwnDomains {
 public:
  // Made anew when the directory or the settings have changed.
  const LookAlikes& of(const directory::Snapshot& known,
                       const std::shared_ptr<const Settings>& settings);

 private:
  std::shared_ptr<const std::vector<std::string>> domains_;
  std::shared_ptr<const Settings> settings_;
  LookAlikes index_;
};

// One per loop; the contacts are those of all loops and outlive it.
class ImpersonationChecks {
 public:
  static constexpr std::size_t accounts_max = 100;

  ImpersonationChecks(io::Clock& clock, Contacts& contacts) : clock_(clock), contacts_(contacts) {}

  // Of mail from outside that was accepted so far.
  [[nodiscard]] Verdict judge(Visit& visit, const Transaction& transaction,
                              const directory::Snapshot& known);
  // Of mail that is accepted in the end: whom our people write to is a contact, and who wrote to
  // them without a mark is no stranger the next time.
  void learn(const Visit& visit, const Transaction& transaction, const directory::Snapshot& known,
             const Verdict& verdict);

 private:
  io::Clock& clock_;
  Contacts& contacts_;
  OwnDomains own_domains_;
};

}  // namespace policy
