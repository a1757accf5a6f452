// See policy.h.
#include "policy/policy.h"

#include "policy/author.h"
#include "policy/loop.h"
#include "policy/recipient.h"
#include "policy/sender.h"
#include "policy/submission.h"

namespace policy {

Standing Policy::at_connect(const Transaction& transaction) {
  // Who may not log in may still be a server with mail for us, unless the settings say otherwise.
  if (!transaction.submission && !settings_->guard.ban_port_25) return {};
  return parts_.guard.at_connect(transaction.peer.address, parts_.clock.wall());
}

io::Task<Verdict> Policy::at_mail(io::Ref<const Transaction> transaction,
                                  io::Ref<const directory::Snapshot> known) {
  co_return check_sender(*transaction, *known);
}

io::Task<RecipientVerdict> Policy::at_rcpt(io::Ref<const Transaction> transaction,
                                           io::Ref<const message::Recipient> recipient,
                                           io::Ref<const directory::Snapshot> known) {
  auto verdict = check_recipient(*settings_, *transaction, *recipient, *known);
  std::shared_ptr<const directory::Snapshot> newer;
  if (verdict.unknown && parts_.confirm_unknown) {
    // Somebody who was hired a moment ago must not get a 550.
    const auto confirmed = co_await parts_.confirm_unknown(recipient->address);
    verdict = check_unknown(*settings_, *transaction, *recipient, confirmed);
    newer = confirmed.snapshot;
  }
  co_return co_await ask_quota(transaction, newer ? *newer : *known, std::move(verdict));
}

// Only for an address that stands for one mailbox: of a list's members the others must not suffer.
io::Task<RecipientVerdict> Policy::ask_quota(io::Ref<const Transaction> transaction,
                                             io::Ref<const directory::Snapshot> known,
                                             RecipientVerdict verdict) {
  const std::shared_ptr<const Settings> settings = settings_;
  const bool asks = parts_.quota != nullptr && !settings->quota_status.empty() &&
                    verdict.verdict.accepted() && verdict.recipients.size() == 1;
  const directory::Mailbox* mailbox =
      asks ? known->mailbox(verdict.recipients.front().address) : nullptr;
  if (mailbox == nullptr) co_return verdict;
  auto finding =
      co_await parts_.quota->ask(settings, {.mailbox = mailbox->address,
                                            .sender = transaction->envelope.sender.text(),
                                            .size = transaction->declared_bytes});
  if (finding.refusal) {
    const bool permanent = finding.refusal->permanent();
    verdict.recipients.clear();
    verdict.verdict =
        permanent ? reject(std::move(*finding.refusal)) : defer(std::move(*finding.refusal));
    verdict.verdict.reasons.emplace_back("quota-status says so");
  }
  if (!finding.trouble.empty()) {
    verdict.verdict.reasons.push_back("quota-status: " + std::move(finding.trouble));
  }
  co_return verdict;
}

io::Task<Verdict> Policy::at_end_of_data(io::Ref<const Transaction> transaction,
                                         io::Ref<const directory::Snapshot> known) {
  Verdict verdict = check_loop(*settings_, *transaction);
  // Again: the log-in may have ended, or a grant been taken back, while the message was coming.
  if (verdict.accepted()) verdict = check_sender(*transaction, *known);
  if (verdict.accepted()) verdict = check_author(*transaction, *known);
  complete_submission(*settings_, *transaction, *known, verdict);
  if (verdict.kind == Verdict::Kind::accept) {
    // Last: what is refused for another reason is no sent mail.
    const Verdict limited = parts_.ledger.judge(*transaction, *known, parts_.clock.wall());
    verdict.kind = limited.kind;
    verdict.reasons.insert(verdict.reasons.end(), limited.reasons.begin(), limited.reasons.end());
    verdict.notices.insert(verdict.notices.end(), limited.notices.begin(), limited.notices.end());
  }
  co_return verdict;
}

}  // namespace policy
