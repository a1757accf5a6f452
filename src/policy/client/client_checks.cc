// See client_checks.h.
#include "policy/client/client_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/io/deadline.h"
#include "lib/io/task_group.h"
#include "lib/mailauth/iprev.h"
#include "policy/client/helo_check.h"
#include "policy/client/refusals.h"

namespace policy {

// The questions of one MAIL and their answers.
struct ClientChecks::Asked {
  struct One {
    ListSetting list;
    ListSubject subject;
    std::optional<ListAnswer> answer;  // none: it is not to be asked
  };
  io::IpAddress client;
  bool asks_iprev = false;
  std::optional<mailauth::IprevVerdict> iprev;
  HeloFinding helo;
  HeloLookup helo_lookup = HeloLookup::unknown;
  std::vector<One> lists;
};

// --- before the greeting -------------------------------------------------------------------------

Verdict ClientChecks::at_connect(Visit& visit, const Transaction& transaction) {
  return take(visit, transaction, Act::connection).value_or(Verdict());
}

Verdict ClientChecks::heard_early(Visit& visit) const {
  visit.findings.client.early_talker = true;
  visit.findings.client.list_score = static_cast<int>(visit.settings->client.early_talker_score);
  return spoke_early(*visit.settings);
}

// Our own users and neighbours are nobody whose haste is to be slowed.
std::optional<Verdict> ClientChecks::take(Visit& visit, const Transaction& transaction, Act act) {
  if (transaction.peer.address.is_private()) return std::nullopt;
  const Settings& settings = *visit.settings;
  const auto passed =
      memory_.rates.take(transaction.peer.address, act, settings.client.rates, clock_.now());
  if (!passed) return std::nullopt;
  visit.findings.client.rate_problem = fmt::format("{} of {}", to_string(act), passed->who.text());
  return too_often(*passed, act, settings.hostname);
}

// --- MAIL ----------------------------------------------------------------------------------------

Verdict ClientChecks::at_mail(Visit& visit, const Transaction& transaction) {
  visit.findings.client.rate_problem.clear();
  return take(visit, transaction, Act::message).value_or(Verdict());
}

io::Task<void> ClientChecks::look_up(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                     io::Ref<const directory::Snapshot> known) {
  const ClientSettings& settings = visit->settings->client;
  ClientFindings& found = visit->findings.client;
  const bool of_sender = std::ranges::any_of(
      settings.lists, [](const auto& one) { return one.of == ListSetting::Of::sender; });
  if (!found.looked_up.empty() && found.looked_up == transaction->helo && !of_sender) co_return;
  Asked asked;
  asked.client = transaction->peer.address;
  asked.helo = judge_helo({.helo = transaction->helo,
                           .client = asked.client,
                           .us = transaction->local.address,
                           .hostname = visit->settings->hostname,
                           .known = *known});
  found.looked_up = transaction->helo;
  if (asked.client.is_private()) {
    // The DNS of the world knows nothing of private addresses, and should not be asked.
    found.helo_problem = asked.helo.ours ? std::string() : std::move(asked.helo.problem);
    co_return;
  }
  asked.asks_iprev = settings.iprev && !found.iprev;
  plan_lists(asked, *visit, *transaction);
  (void)co_await io::with_timeout(clock_, settings.lookup_timeout, ask_all(asked));
  write_down(asked, *visit);
}

void ClientChecks::plan_lists(Asked& asked, const Visit& visit, const Transaction& transaction) {
  using Of = ListSetting::Of;
  const std::string sender = message::domain_key(transaction.envelope.sender.domain);
  const bool is_name = message::is_domain(sender) && sender.find('.') != std::string::npos;
  for (const ListSetting& list : visit.settings->client.lists) {
    std::optional<ListSubject> subject;
    if (list.of == Of::address) subject = subject_of(asked.client);
    if (list.of == Of::helo && !asked.helo.to_lookup.empty()) {
      subject = subject_of(asked.helo.to_lookup);
    }
    if (list.of == Of::sender && is_name) subject = subject_of(sender);
    if (subject) {
      asked.lists.push_back({.list = list, .subject = std::move(*subject), .answer = {}});
    }
  }
}

io::Task<base::Result<>> ClientChecks::ask_all(io::Ref<Asked> asked) {
  io::TaskGroup asking(co_await io::current_scope());
  if (asked->asks_iprev) asking.spawn(ask_iprev(asked));
  if (!asked->helo.to_lookup.empty()) asking.spawn(ask_helo(asked));
  for (std::size_t i = 0; i < asked->lists.size(); ++i) asking.spawn(ask_one(asked, i));
  co_await asking.join();
  co_return base::Result<>{};
}

io::Task<void> ClientChecks::ask_iprev(io::Ref<Asked> asked) {
  asked->iprev = co_await mailauth::check_iprev(resolver_, asked->client);
}

io::Task<void> ClientChecks::ask_helo(io::Ref<Asked> asked) {
  asked->helo_lookup = co_await confirm_helo(resolver_, asked->helo.to_lookup, asked->client);
}

// A list that was never tested is tested first; one that failed is not asked.
io::Task<void> ClientChecks::ask_one(io::Ref<Asked> asked, std::size_t which) {
  using Standing = ListTest::Standing;
  Asked::One& one = asked->lists[which];
  const ListPoints points = one.subject.points;
  const io::CancelScope* scope = co_await io::current_scope();
  ListTest test = memory_.lists.standing(one.list, points);
  if (test.standing == Standing::untested) {
    test = co_await test_list(resolver_, one.list, points);
    const bool cut_off = scope != nullptr && scope->cancelled();
    if (!cut_off) memory_.lists.learn(one.list, points, test, clock_.wall());
  }
  if (test.standing == Standing::none) co_return;
  if (test.standing != Standing::good) {
    one.answer.emplace();
    one.answer->finding.zone = shown_zone(one.list.zone);
    one.answer->finding.of = one.subject.shown;
    one.answer->finding.state = ListFinding::State::error;
    one.answer->finding.meaning = "set aside: " + test.why;
    co_return;
  }
  one.answer = co_await ask_list(resolver_, one.list, one.subject);
  if (one.answer->accusation) {
    memory_.lists.accuse(one.list, points, one.answer->finding.meaning, clock_.wall());
  } else if (one.answer->trouble) {
    memory_.lists.doubt(one.list, points);
  }
}

void ClientChecks::write_down(Asked& asked, Visit& visit) {
  ClientFindings& found = visit.findings.client;
  if (asked.asks_iprev) found.iprev = std::move(asked.iprev);
  found.helo_confirmed = asked.helo_lookup == HeloLookup::confirmed;
  found.helo_problem = found.helo_confirmed ? std::string() : std::move(asked.helo.problem);
  // What the DNS cannot say proves no forgery; our own address needs no DNS.
  found.helo_forged = asked.helo.ours &&
                      (asked.helo.to_lookup.empty() || asked.helo_lookup == HeloLookup::elsewhere);
  found.lists.clear();
  found.list_score =
      found.early_talker ? static_cast<int>(visit.settings->client.early_talker_score) : 0;
  for (Asked::One& one : asked.lists) {
    if (!one.answer) continue;
    found.list_score += one.answer->finding.weight;
    found.lists.push_back(std::move(one.answer->finding));
  }
}

// --- RCPT ----------------------------------------------------------------------------------------

Verdict ClientChecks::before_rcpt(Visit& visit, const Transaction& transaction,
                                  const message::Recipient& recipient) {
  const Settings& settings = *visit.settings;
  if (auto refused = take(visit, transaction, Act::recipient)) return std::move(*refused);
  if (is_for_complaints(recipient.address)) return {};
  const io::IpAddress& client = transaction.peer.address;
  if (!client.is_private()) {
    const auto guesses =
        memory_.rates.look(client, Act::unknown_recipient, settings.client.rates, clock_.now());
    if (guesses) {
      visit.findings.client.rate_problem = "unknown recipients of " + guesses->who.text();
      return too_often(*guesses, Act::unknown_recipient, settings.hostname);
    }
  }
  return judge_client(visit.findings.client, settings, transaction);
}

void ClientChecks::unknown_recipient(Visit& visit, const Transaction& transaction) {
  // What is over the rate is told at the next one.
  (void)take(visit, transaction, Act::unknown_recipient);
}

// --- greylisting ---------------------------------------------------------------------------------

Verdict ClientChecks::at_rcpt(Visit& visit, const Transaction& transaction,
                              const message::Recipient& recipient) {
  const GreylistSettings& settings = visit.settings->client.greylist;
  GreylistFinding& found = visit.findings.greylist;
  // The null sender is another server's report, or its question whether a sender exists: it would
  // not come again.
  if (!settings.on || transaction.envelope.sender.is_null() ||
      is_for_complaints(recipient.address) || transaction.peer.address.is_private()) {
    return {};
  }
  found.asked = true;
  const auto& spf = visit.findings.spf_mail_from;
  if (spf && spf->result == mailauth::SpfResult::pass) {
    found.why = "SPF passed";
    return {};
  }
  if (visit.findings.client.list_score < 0) {
    found.why = "it is on an allow-list";
    return {};
  }
  if (settings.spare_dkim) {
    found.pending = true;
    return {};
  }
  return ask_greylist(visit, transaction, recipient.address);
}

Verdict ClientChecks::at_end_of_data(Visit& visit, const Transaction& transaction) {
  GreylistFinding& found = visit.findings.greylist;
  if (!found.pending) return {};
  found.pending = false;
  const auto& dkim = visit.findings.dkim;
  if (dkim && std::ranges::any_of(dkim->verdicts, [](const auto& one) {
        return one.result == mailauth::DkimResult::pass;
      })) {
    found.why = "a DKIM signature passed";
    return {};
  }
  // One answer for all of them: whoever is known to one recipient is no stranger. The others are
  // learnt besides.
  std::optional<Verdict> refused;
  bool passed = false;
  for (const message::Recipient& recipient : transaction.envelope.recipients) {
    if (is_for_complaints(recipient.original)) continue;
    Verdict verdict = ask_greylist(visit, transaction, recipient.original);
    passed = passed || verdict.accepted();
    if (!verdict.accepted()) refused = std::move(verdict);
  }
  if (!passed && refused) return std::move(*refused);
  found.passed = true;
  return {};
}

Verdict ClientChecks::ask_greylist(Visit& visit, const Transaction& transaction,
                                   const message::Address& recipient) {
  GreylistAnswer answer =
      memory_.greylist.ask(transaction.peer.address, transaction.envelope.sender, recipient,
                           visit.settings->client.greylist, clock_.wall());
  visit.findings.greylist.passed = answer.passed;
  visit.findings.greylist.wait = answer.wait;
  visit.findings.greylist.why = answer.why;
  return answer.passed ? Verdict() : come_again(answer);
}

}  // namespace policy
