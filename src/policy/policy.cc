// See policy.h.
#include "policy/policy.h"

#include <algorithm>

#include "lib/io/task_group.h"
#include "policy/author.h"
#include "policy/forwarding.h"
#include "policy/loop.h"
#include "policy/recipient.h"
#include "policy/sender.h"
#include "policy/submission.h"

namespace policy {

void look_for_exemption(Visit& visit, const Transaction& transaction) {
  ClientFindings& client = visit.findings.client;
  const auto is_in = [&transaction](const std::vector<io::IpNetwork>& networks) {
    return std::ranges::any_of(
        networks, [&](const auto& network) { return network.contains(transaction.peer.address); });
  };
  if (transaction.submission || !transaction.login.empty()) {
    client.exempt_why = "submission";
  } else if (transaction.lmtp) {
    client.exempt_why = "lmtp";  // its address is not the sender's
  } else if (is_in(visit.settings->relay_networks)) {
    client.exempt_why = "relay_networks";
  } else if (is_in(visit.settings->verify.exempt)) {
    client.exempt_why = "verify.exempt";
  } else {
    client.exempt_why.clear();
  }
  client.exempt = !client.exempt_why.empty();
}

namespace {

void note_filters(Visit& visit) {
  if (visit.filters) visit.findings.filters = visit.filters->findings();
}

}  // namespace

Standing Policy::standing(const Transaction& transaction) {
  // Who may not log in may still be a server with mail for us, unless the settings say otherwise.
  if (!transaction.submission && !settings_->guard.ban_port_25) return {};
  return parts_.guard.at_connect(transaction.peer.address, parts_.clock.wall());
}

io::Task<Verdict> Policy::at_connect(io::Ref<Visit> visit, io::Ref<const Transaction> transaction) {
  look_for_exemption(*visit, *transaction);
  Verdict verdict;
  if (parts_.client != nullptr && !visit->findings.client.exempt) {
    verdict = parts_.client->at_connect(*visit, *transaction);
  }
  if (verdict.accepted() && parts_.make_filters) {
    visit->filters = parts_.make_filters(*transaction, visit->settings);
    if (visit->filters) join(verdict, co_await visit->filters->at_connect(transaction));
    note_filters(*visit);
  }
  co_return verdict;
}

bool Policy::listens_before_greeting(const Visit& visit, const Transaction& transaction) const {
  return parts_.client != nullptr && !visit.findings.client.exempt && !transaction.submission;
}

Verdict Policy::heard_early(Visit& visit) const {
  return parts_.client == nullptr ? Verdict() : parts_.client->heard_early(visit);
}

io::Task<Verdict> Policy::at_helo(io::Ref<Visit> visit, io::Ref<const Transaction> transaction) {
  if (!visit->filters) co_return Verdict{};
  Verdict verdict = co_await visit->filters->at_helo(transaction);
  note_filters(*visit);
  co_return verdict;
}

io::Task<Verdict> Policy::at_mail(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                  io::Ref<const directory::Snapshot> known) {
  look_for_exemption(*visit, *transaction);  // who has logged in since is nobody to be checked
  Verdict verdict = check_sender(*transaction, *known);
  const bool checked = !visit->findings.client.exempt;
  if (verdict.accepted() && checked && parts_.client != nullptr) {
    join(verdict, parts_.client->at_mail(*visit, *transaction));
  }
  if (verdict.accepted() && checked) {
    join(verdict, co_await ask_at_mail(visit, transaction, known));
  }
  if (verdict.accepted() && visit->filters) {
    join(verdict, co_await visit->filters->at_mail(transaction));
    note_filters(*visit);
  }
  co_return verdict;
}

// What client and sender checks ask the DNS does not depend on each other.
io::Task<Verdict> Policy::ask_at_mail(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                      io::Ref<const directory::Snapshot> known) {
  io::TaskGroup asking(co_await io::current_scope());
  if (parts_.client != nullptr) {
    asking.spawn(parts_.client->look_up(visit, transaction, known));
  }
  Verdict verdict;
  if (parts_.sender != nullptr) verdict = co_await parts_.sender->at_mail(visit, transaction);
  co_await asking.join();
  co_return verdict;
}

io::Task<RecipientVerdict> Policy::at_rcpt(io::Ref<Visit> visit,
                                           io::Ref<const Transaction> transaction,
                                           io::Ref<const message::Recipient> recipient,
                                           io::Ref<const directory::Snapshot> known) {
  const bool checked = !visit->findings.client.exempt && parts_.client != nullptr;
  RecipientVerdict verdict;
  if (checked) verdict.verdict = parts_.client->before_rcpt(*visit, *transaction, *recipient);
  if (!verdict.verdict.accepted()) co_return verdict;
  verdict = co_await find_recipient(transaction, recipient, known);
  if (checked && verdict.unknown) parts_.client->unknown_recipient(*visit, *transaction);
  if (checked && verdict.verdict.accepted()) {
    join(verdict.verdict, parts_.client->at_rcpt(*visit, *transaction, *recipient));
  }
  if (verdict.verdict.accepted() && visit->filters) {
    join(verdict.verdict, co_await visit->filters->at_rcpt(transaction, recipient));
    note_filters(*visit);
  }
  if (!verdict.verdict.accepted()) verdict.recipients.clear();
  co_return verdict;
}

io::Task<RecipientVerdict> Policy::find_recipient(io::Ref<const Transaction> transaction,
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

io::Task<Verdict> Policy::at_data(io::Ref<Visit> visit, io::Ref<const Transaction> transaction) {
  if (!visit->filters) co_return Verdict{};
  Verdict verdict = co_await visit->filters->at_data(transaction);
  note_filters(*visit);
  co_return verdict;
}

void Policy::at_header(Visit& visit, const Transaction& transaction) {
  if (parts_.sender != nullptr) parts_.sender->at_header(visit, transaction);
  if (parts_.signing != nullptr) parts_.signing->at_header(visit, transaction);
}

void Policy::at_body(Visit& visit, std::string_view octets) {
  if (visit.inspection) visit.inspection->feed(octets);
  if (visit.signing) visit.signing->feed(octets);
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

io::Task<Verdict> Policy::at_end_of_data(io::Ref<Visit> visit,
                                         io::Ref<const Transaction> transaction,
                                         io::Ref<const directory::Snapshot> known,
                                         io::Ref<ReceivedOctets> octets) {
  Verdict verdict = co_await judge_message(visit, transaction, known);
  complete_submission(*settings_, *transaction, *known, verdict);
  if (parts_.sender != nullptr) SenderChecks::clean(*visit, *transaction, verdict);
  if (verdict.accepted() && visit->filters) {
    // They see the message as the rules above have made it, and nothing that is refused anyway.
    co_await visit->filters->at_end_of_data(
        {.transaction = transaction, .known = known, .octets = octets, .verdict = verdict});
    note_filters(*visit);
  }
  if (verdict.kind == Verdict::Kind::accept) {
    // Last: what is refused for another reason is no sent mail.
    join(verdict, parts_.ledger.judge(*transaction, *known, parts_.clock.wall()));
  }
  visit->findings.rule = verdict.rule;
  if (parts_.sender != nullptr) parts_.sender->conclude(*visit, *transaction, verdict);
  if (parts_.impersonation != nullptr && verdict.accepted()) {
    parts_.impersonation->learn(*visit, *transaction, *known, verdict);
  }
  co_return verdict;
}

// Each rule is asked only while nothing before it has refused the message.
io::Task<Verdict> Policy::judge_message(io::Ref<Visit> visit,
                                        io::Ref<const Transaction> transaction,
                                        io::Ref<const directory::Snapshot> known) {
  Verdict verdict = check_loop(*settings_, *transaction);
  // Again: the log-in may have ended, or a grant been taken back, while the message was coming.
  if (verdict.accepted()) verdict = check_sender(*transaction, *known);
  if (verdict.accepted()) verdict = check_author(*transaction, *known);
  const bool checked = !visit->findings.client.exempt;
  if (verdict.accepted() && checked && parts_.sender != nullptr) {
    if (visit->inspection) visit->inspection->finish();
    join(verdict, co_await parts_.sender->at_end_of_data(visit, transaction, known));
  }
  if (verdict.accepted() && checked && parts_.client != nullptr) {
    join(verdict, parts_.client->at_end_of_data(*visit, *transaction));
  }
  if (verdict.accepted() && checked && parts_.impersonation != nullptr) {
    join(verdict, parts_.impersonation->judge(*visit, *transaction, *known));
  }
  co_return verdict;
}

void Policy::rewrite_senders(const Visit& visit, const directory::Snapshot& known,
                             const Verdict& verdict, message::Envelope& envelope) {
  policy::rewrite_senders({.settings = visit.settings->forwarding,
                           .findings = visit.findings,
                           .verdict = verdict,
                           .known = known},
                          envelope);
}

io::Task<std::string> Policy::sign(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                   SigningContent content) {
  if (parts_.signing == nullptr) co_return std::string();
  co_return co_await parts_.signing->sign(visit, transaction, content);
}

io::Task<void> Policy::reset(io::Ref<Visit> visit) {
  visit->reset_message();
  if (visit->filters) co_await visit->filters->abort();
}

io::Task<void> Policy::end_visit(io::Ref<Visit> visit) {
  if (visit->filters) co_await visit->filters->end();
}

}  // namespace policy
