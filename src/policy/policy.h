// policy/policy.h: may this mail come in?
//
// What:    one function per moment of a session; each asks the rules that apply then, in order.
// In/Out:  Transaction so far (and the directory's snapshot) → Verdict.
// Errors:  a fact we need and cannot get defers (451); evidence we cannot get counts as unknown.
// Limits:  policy/settings.h.
// Not here: the dialogue (session/), single rules (relay.h, recipient.h, loop.h).
#pragma once

#include <memory>

#include "directory/directory.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/message/envelope.h"
#include "policy/settings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

class Policy {
 public:
  explicit Policy(std::shared_ptr<const Settings> settings) : settings_(std::move(settings)) {}
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // After MAIL was parsed; `transaction.envelope.sender` is set.
  io::Task<Verdict> at_mail(io::Ref<const Transaction> transaction,
                            io::Ref<const directory::Snapshot> known);
  // After RCPT was parsed.
  io::Task<RecipientVerdict> at_rcpt(io::Ref<const Transaction> transaction,
                                     io::Ref<const message::Recipient> recipient,
                                     io::Ref<const directory::Snapshot> known);
  // After the final dot: the header and the counts are set.
  io::Task<Verdict> at_end_of_data(io::Ref<const Transaction> transaction);

  // New sessions get the new settings (reload).
  void set_settings(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }

 private:
  std::shared_ptr<const Settings> settings_;
};

}  // namespace policy
