// policy/policy.h: may this mail come in?
//
// What:    one function per moment of a session; each asks the rules that apply then, in order.
// In/Out:  Transaction so far (and the directory's snapshot) → Verdict.
// Errors:  a fact we need and cannot get defers (451); evidence we cannot get counts as unknown.
// Limits:  policy/settings.h.
// Not here: the dialogue (session/), single rules (relay.h, recipient.h, loop.h).
#pragma once

#include <functional>
#include <memory>

#include "directory/confirmation.h"
#include "directory/directory.h"
#include "lib/io/clock.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/message/envelope.h"
#include "policy/guard/login_guard.h"
#include "policy/limits/sending_ledger.h"
#include "policy/quota_status.h"
#include "policy/settings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

// Asks LDAP about an address that the snapshot does not know; empty: there is no LDAP.
using ConfirmUnknown = std::function<io::Task<directory::Confirmation>(message::Address)>;

// What the rules ask; shared by all loops but for the clock. They outlive the policy.
struct Parts {
  io::Clock& clock;
  LoginGuard& guard;
  SendingLedger& ledger;
  QuotaStatus* quota = nullptr;  // of this loop; none: mailboxes are never full
  ConfirmUnknown confirm_unknown = {};
};

class Policy {
 public:
  Policy(Parts parts, std::shared_ptr<const Settings> settings)
      : parts_(parts), settings_(std::move(settings)) {}
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // Before the greeting: is this address shut out because of failed log-ins?
  [[nodiscard]] Standing at_connect(const Transaction& transaction);
  // After MAIL was parsed; `transaction.envelope.sender` is set.
  io::Task<Verdict> at_mail(io::Ref<const Transaction> transaction,
                            io::Ref<const directory::Snapshot> known);
  // After RCPT was parsed.
  io::Task<RecipientVerdict> at_rcpt(io::Ref<const Transaction> transaction,
                                     io::Ref<const message::Recipient> recipient,
                                     io::Ref<const directory::Snapshot> known);
  // After the final dot: the header and the counts are set.
  io::Task<Verdict> at_end_of_data(io::Ref<const Transaction> transaction,
                                   io::Ref<const directory::Snapshot> known);

  // New sessions get the new settings (reload).
  void set_settings(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }

 private:
  io::Task<RecipientVerdict> ask_quota(io::Ref<const Transaction> transaction,
                                       io::Ref<const directory::Snapshot> known,
                                       RecipientVerdict verdict);

  Parts parts_;
  std::shared_ptr<const Settings> settings_;
};

}  // namespace policy
