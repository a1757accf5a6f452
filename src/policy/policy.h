// policy/policy.h: may this mail come in?
//
// What:    one function per moment of a session; each asks the rules that apply then, in order.
// In/Out:  Visit and Transaction so far (and the directory's snapshot) → Verdict.
// Errors:  a fact we need and cannot get defers (451); evidence we cannot get counts as unknown.
// Limits:  policy/settings.h.
// Not here: the dialogue (session/), single rules (relay.h, recipient.h, loop.h, client/, verify/).
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "directory/confirmation.h"
#include "directory/directory.h"
#include "lib/io/clock.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/message/envelope.h"
#include "policy/client/client_checks.h"
#include "policy/guard/login_guard.h"
#include "policy/impersonation/impersonation.h"
#include "policy/limits/sending_ledger.h"
#include "policy/quota_status.h"
#include "policy/settings.h"
#include "policy/signing/signing.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/verify/sender_checks.h"
#include "policy/visit.h"

namespace policy {

// Asks LDAP about an address that the snapshot does not know; empty: there is no LDAP.
using ConfirmUnknown = std::function<io::Task<directory::Confirmation>(message::Address)>;
// Makes the conversations with the filters of one visit; null: there are none.
using MakeFilters = std::function<std::unique_ptr<FilterChain>(const Transaction&,
                                                               std::shared_ptr<const Settings>)>;

// What the rules ask; shared by all loops but for what is said to be of one loop. They outlive the
// policy; what is null is not asked.
struct Parts {
  io::Clock& clock;
  LoginGuard& guard;
  SendingLedger& ledger;
  QuotaStatus* quota = nullptr;  // of this loop; none: mailboxes are never full
  ConfirmUnknown confirm_unknown = {};
  ClientChecks* client = nullptr;  // of this loop
  SenderChecks* sender = nullptr;  // of this loop
  ImpersonationChecks* impersonation = nullptr;
  MakeFilters make_filters = {};
  const Signing* signing = nullptr;  // of this loop
};

class Policy {
 public:
  Policy(Parts parts, std::shared_ptr<const Settings> settings)
      : parts_(std::move(parts)), settings_(std::move(settings)) {}
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  [[nodiscard]] std::unique_ptr<Visit> begin_visit() const {
    return std::make_unique<Visit>(settings_);
  }
  // Before the greeting: is this address shut out because of failed log-ins?
  [[nodiscard]] Standing standing(const Transaction& transaction);
  // Before the greeting.
  io::Task<Verdict> at_connect(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);
  // Is it worth while to look whether this client speaks before its turn, and what if it has?
  [[nodiscard]] bool listens_before_greeting(const Visit& visit,
                                             const Transaction& transaction) const;
  [[nodiscard]] Verdict heard_early(Visit& visit) const;
  // After HELO or EHLO.
  io::Task<Verdict> at_helo(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);
  // After MAIL was parsed; `transaction.envelope.sender` is set.
  io::Task<Verdict> at_mail(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                            io::Ref<const directory::Snapshot> known);
  // After RCPT was parsed.
  io::Task<RecipientVerdict> at_rcpt(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                     io::Ref<const message::Recipient> recipient,
                                     io::Ref<const directory::Snapshot> known);
  // After DATA, before 354.
  io::Task<Verdict> at_data(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);
  // The header has come: `transaction.header` is set.
  void at_header(Visit& visit, const Transaction& transaction);
  // What follows the empty line, as it comes.
  static void at_body(Visit& visit, std::string_view octets);
  // After the final dot: the header and the counts are set.
  io::Task<Verdict> at_end_of_data(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                   io::Ref<const directory::Snapshot> known,
                                   io::Ref<ReceivedOctets> octets);
  // Accepted: the names that what an alias sends on to other servers goes out with.
  static void rewrite_senders(const Visit& visit, const directory::Snapshot& known,
                              const Verdict& verdict, message::Envelope& envelope);
  // Accepted: the fields to put on top of the message as it will be stored.
  io::Task<std::string> sign(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                             SigningContent content);
  // For mail that the server writes itself; null: it goes unsigned.
  [[nodiscard]] const Signing* signing() const { return parts_.signing; }
  // RSET, a new greeting, or the end of a message.
  io::Task<void> reset(io::Ref<Visit> visit);
  io::Task<void> end_visit(io::Ref<Visit> visit);

  // New sessions get the new settings (reload).
  void set_settings(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }

 private:
  io::Task<Verdict> ask_at_mail(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                io::Ref<const directory::Snapshot> known);
  io::Task<RecipientVerdict> find_recipient(io::Ref<const Transaction> transaction,
                                            io::Ref<const message::Recipient> recipient,
                                            io::Ref<const directory::Snapshot> known);
  io::Task<RecipientVerdict> ask_quota(io::Ref<const Transaction> transaction,
                                       io::Ref<const directory::Snapshot> known,
                                       RecipientVerdict verdict);
  io::Task<Verdict> judge_message(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                  io::Ref<const directory::Snapshot> known);

  Parts parts_;
  std::shared_ptr<const Settings> settings_;
};

// Is the client one whose mail is not to be checked? Sets findings.client.exempt.
void look_for_exemption(Visit& visit, const Transaction& transaction);

}  // namespace policy
