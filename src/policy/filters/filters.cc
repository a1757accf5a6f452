// See filters.h.
#include "policy/filters/filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/mailauth/iprev.h"
#include "policy/filters/rspamd.h"

namespace policy {
namespace {

constexpr base::Duration name_timeout = std::chrono::seconds(5);
constexpr std::string_view rspamd_label = "rspamd";

// What a milter is told as the client's name, with the same meaning as ours: it leads back.
io::Task<base::Result<std::string>> confirmed_name(io::Ref<dns::Resolver> resolver,
                                                   io::IpAddress address) {
  const auto verdict = co_await mailauth::check_iprev(resolver, address);
  co_return verdict.result == mailauth::IprevResult::pass ? verdict.name : std::string();
}

std::string rule_of(std::string_view label) { return fmt::format("filter {}", label); }

Verdict in_trouble(FilterDefault action, bool ours, const std::string& label,
                   const std::string& why) {
  Verdict out;
  if (action == FilterDefault::accept && !ours) return out;
  const bool permanent = action == FilterDefault::reject && !ours;
  out.kind = permanent ? Verdict::Kind::reject : Verdict::Kind::defer;
  out.reply = permanent
                  ? smtp::reply(550, {5, 7, 1},
                                "Our mail filter is out of order, and nothing comes in "
                                "without it. Please tell our postmaster by another way")
                  : smtp::reply(451, {4, 7, 1},
                                "Our mail filter does not work at the moment; try again later");
  out.rule = rule_of(label);
  out.reasons.push_back(fmt::format("filter {}: {}", label, why));
  return out;
}

FilterFinding finding(std::string label, std::string action, std::string words) {
  FilterFinding out;
  out.filter = std::move(label);
  out.action = std::move(action);
  out.words = std::move(words);
  return out;
}

// Where its quarantine is the Junk folder.
void put_into_junk(FilterOutcome& outcome) {
  if (!outcome.quarantine) return;
  outcome.junk = true;
  outcome.words = *std::exchange(outcome.quarantine, std::nullopt);
  outcome.action = "quarantine";
}

bool same(const message::Address& a, const message::Address& b) {
  return message::local_key(a.local) == message::local_key(b.local) &&
         message::domain_key(a.domain) == message::domain_key(b.domain);
}

}  // namespace

Filters::Filters(FilterParts parts, std::shared_ptr<const Settings> settings)
    : parts_(std::move(parts)), settings_(std::move(settings)) {
  for (const MilterSettings& milter : settings_->filters.milters) {
    milters_.push_back(std::make_unique<Milter>(
        MilterParts{.doors = parts_.doors,
                    .resolver = parts_.resolver,
                    .settings = milter,
                    .hostname = settings_->hostname,
                    .replaced_body_bytes_max = settings_->filters.replaced_body_bytes_max}));
  }
}

bool Filters::is_submission(const Transaction& transaction) {
  return transaction.submission || !transaction.login.empty();
}

// False: it refuses, or has decided for all.
bool Filters::judge(const MilterSettings& settings, MilterAnswer answer, Verdict& verdict) {
  const std::string label = settings.label();
  switch (answer.kind) {
    case MilterAnswer::Kind::go_on:
      if (!answer.action.empty()) findings_.push_back(finding(label, answer.action, {}));
      return true;
    case MilterAnswer::Kind::trouble:
      findings_.push_back(finding(label, "trouble", answer.words));
      verdict = in_trouble(settings.default_action, answer.ours, label, answer.words);
      return verdict.accepted();
    case MilterAnswer::Kind::discard:
      findings_.push_back(finding(label, answer.action, {}));
      discarded_by_ = label;
      return false;
    case MilterAnswer::Kind::refuse: break;
  }
  findings_.push_back(finding(label, answer.action, answer.words));
  verdict.kind = answer.reply.permanent() ? Verdict::Kind::reject : Verdict::Kind::defer;
  verdict.reply = std::move(answer.reply);
  verdict.rule = rule_of(label);
  verdict.reasons.push_back(fmt::format("filter {}: {}", label, answer.action));
  return false;
}

io::Task<Verdict> Filters::at_connect(io::Ref<const Transaction> transaction) {
  Verdict verdict;
  if (milters_.empty()) co_return verdict;
  if (!transaction->peer.address.is_loopback()) {
    const auto name =
        co_await io::with_timeout(parts_.doors.clock, name_timeout,
                                  confirmed_name(parts_.resolver, transaction->peer.address));
    if (name) client_name_ = *name;
  } else {
    client_name_ = "localhost";
  }
  for (auto& milter : milters_) {
    const MilterSettings& settings = milter->talk.settings();
    if (is_submission(*transaction) && !settings.submissions) continue;
    MilterAnswer answer = co_await milter->talk.at_connect(transaction, client_name_);
    // One that cannot be reached is looked for again at MAIL, and that is when it matters.
    if (answer.kind == MilterAnswer::Kind::trouble) continue;
    if (!judge(settings, std::move(answer), verdict)) break;
  }
  // RFC 5321 §3.1: in place of the greeting there is 554, or 421.
  if (verdict.reply.code == 550) verdict.reply.code = 554;
  co_return verdict;
}

io::Task<Verdict> Filters::at_helo(io::Ref<const Transaction> transaction) {
  Verdict verdict;
  for (auto& milter : milters_) {
    MilterAnswer answer = co_await milter->talk.at_helo(transaction);
    if (answer.kind == MilterAnswer::Kind::trouble) continue;
    if (!judge(milter->talk.settings(), std::move(answer), verdict)) break;
  }
  co_return verdict;
}

io::Task<Verdict> Filters::at_mail(io::Ref<const Transaction> transaction) {
  Verdict verdict;
  for (auto& milter : milters_) {
    const MilterSettings& settings = milter->talk.settings();
    milter->passed_over = is_submission(*transaction) && !settings.submissions;
    if (milter->passed_over) continue;
    MilterAnswer answer = co_await milter->talk.at_mail(transaction);
    milter->passed_over = answer.kind == MilterAnswer::Kind::trouble;
    if (!judge(settings, std::move(answer), verdict)) break;
  }
  co_return verdict;
}

io::Task<Verdict> Filters::at_rcpt(io::Ref<const Transaction> transaction,
                                   io::Ref<const message::Recipient> recipient) {
  Verdict verdict;
  for (auto& milter : milters_) {
    if (milter->passed_over || !discarded_by_.empty()) continue;
    const MilterSettings& settings = milter->talk.settings();
    MilterAnswer answer = co_await milter->talk.at_rcpt(transaction, recipient);
    const bool trouble = answer.kind == MilterAnswer::Kind::trouble;
    if (!judge(settings, std::move(answer), verdict)) break;
    milter->passed_over = trouble;  // and that is accepted
  }
  co_return verdict;
}

io::Task<Verdict> Filters::at_data(io::Ref<const Transaction> transaction) {
  Verdict verdict;
  for (auto& milter : milters_) {
    if (milter->passed_over || !discarded_by_.empty()) continue;
    const MilterSettings& settings = milter->talk.settings();
    MilterAnswer answer = co_await milter->talk.at_data(transaction);
    const bool trouble = answer.kind == MilterAnswer::Kind::trouble;
    if (!judge(settings, std::move(answer), verdict)) break;
    milter->passed_over = trouble;
  }
  co_return verdict;
}

// The changes of all together, or none of them: they join the verdict when nobody has refused.
io::Task<void> Filters::at_end_of_data(FilterMoment moment) {
  const bool asked = std::ranges::any_of(milters_, [](const auto& milter) {
    return !milter->passed_over && !milter->talk.done_with_message();
  });
  const bool rspamd = asks_rspamd(settings_->filters.rspamd, *moment.transaction);
  Verdict joined;
  if (!discarded_by_.empty()) {
    joined.kind = Verdict::Kind::discard;
    joined.rule = rule_of(discarded_by_);
    joined.reasons.push_back(fmt::format("filter {}: discard", discarded_by_));
    join(*moment.verdict, std::move(joined));
    co_return;
  }
  if (!asked && !rspamd) co_return;
  if (!moment.transaction->header_whole) {
    // What no filter can be shown could be just what it looks for.
    joined = reject(
        smtp::reply(552, {5, 3, 4}, "The header of the message is too long for our mail filter"));
    joined.rule = "filters";
    join(*moment.verdict, std::move(joined));
    co_return;
  }
  joined.edits = moment.verdict->edits;
  bool goes_on = true;
  for (auto& milter : milters_) {
    if (milter->passed_over || milter->talk.done_with_message()) continue;
    goes_on = co_await ask_milter(*milter, moment, joined);
    if (!goes_on) break;
  }
  if (goes_on && rspamd) co_await ask_rspamd(moment, joined);
  if (joined.kind == Verdict::Kind::accept || joined.kind == Verdict::Kind::hold) {
    moment.verdict->edits.clear();  // they are in those that join
  } else {
    joined.edits.clear();
  }
  join(*moment.verdict, std::move(joined));
}

io::Task<bool> Filters::ask_milter(io::Ref<Milter> milter, FilterMoment moment,
                                   io::Ref<Verdict> joined) {
  const MilterSettings& settings = milter->talk.settings();
  const std::string label = settings.label();
  FilterOutcome outcome = co_await milter->talk.judge(
      moment.transaction, PassingMessage(*moment.transaction, joined->edits), moment.octets);
  if (settings.quarantine == Quarantine::junk) put_into_junk(outcome);
  co_return apply(label, settings.default_action, std::move(outcome), moment, *joined);
}

io::Task<void> Filters::ask_rspamd(FilterMoment moment, io::Ref<Verdict> joined) {
  const RspamdSettings& settings = settings_->filters.rspamd;
  const RspamdParts parts{.doors = parts_.doors,
                          .resolver = parts_.resolver,
                          .tls = parts_.tls,
                          .hostname = settings_->hostname,
                          .client_name = client_name_};
  FilterOutcome outcome =
      co_await consult_rspamd(parts, settings, moment.transaction,
                              PassingMessage(*moment.transaction, joined->edits), moment.octets);
  if (settings.quarantine == Quarantine::junk) put_into_junk(outcome);
  apply(std::string(rspamd_label), settings.default_action, std::move(outcome), moment, *joined);
}

// All of an outcome or nothing. False: the message goes no further.
bool Filters::apply(const std::string& label, FilterDefault default_action, FilterOutcome outcome,
                    const FilterMoment& moment, Verdict& joined) {
  FilterFinding found = finding(label, outcome.action, outcome.words);
  found.score = outcome.score;
  found.symbols = std::move(outcome.symbols);
  if (!outcome.trouble.empty()) {
    found.action = "trouble";
    found.words = outcome.trouble;
    findings_.push_back(std::move(found));
    join(joined, in_trouble(default_action, outcome.ours, label, outcome.trouble));
    return joined.accepted();
  }
  Verdict verdict;
  verdict.kind = outcome.kind;
  verdict.reply = outcome.reply;
  const bool refused = !verdict.accepted() || verdict.kind == Verdict::Kind::discard;
  if (refused) {
    verdict.reasons.push_back(fmt::format("filter {}: {}", label, found.action));
  } else {
    found.edits = outcome.changes;
    change_message(outcome, verdict, joined);
    change_envelope(outcome, moment, joined, found);
  }
  if (outcome.quarantine && !refused) {
    verdict.kind = Verdict::Kind::hold;
    verdict.reasons.push_back(fmt::format("filter {}: quarantine: {}", label, *outcome.quarantine));
    found.action = "quarantine";
    found.words = *outcome.quarantine;
  }
  if (verdict.kind != Verdict::Kind::accept || verdict.junk) verdict.rule = rule_of(label);
  if (verdict.junk) verdict.reasons.push_back(fmt::format("filter {}: {}", label, found.action));
  findings_.push_back(std::move(found));
  join(joined, std::move(verdict));
  return !refused;
}

void Filters::change_message(FilterOutcome& outcome, Verdict& verdict, Verdict& joined) {
  verdict.junk = outcome.junk;
  verdict.eight_bit = outcome.message.eight_bit();
  verdict.sender = std::move(outcome.sender);
  joined.edits = outcome.message.edits();
}

// The names of RCPT are those that a filter knows; what they lead to is what is delivered.
void Filters::change_envelope(FilterOutcome& outcome, const FilterMoment& moment, Verdict& joined,
                              FilterFinding& found) {
  const auto& recipients = moment.transaction->envelope.recipients;
  for (const message::Address& removed : outcome.removed) {
    for (const message::Recipient& recipient : recipients) {
      if (!same(recipient.original, removed) && !same(recipient.address, removed)) continue;
      joined.recipients_removed.push_back(recipient.address);
    }
    std::erase_if(joined.recipients_added,
                  [&](const auto& added) { return same(added.original, removed); });
  }
  for (const message::Recipient& added : outcome.added) {
    auto expansion = moment.known->expand(added);
    if (expansion.recipients.empty()) {
      found.words += fmt::format("{}{} is nobody here and was not added",
                                 found.words.empty() ? "" : "; ", added.address.text());
      continue;
    }
    for (message::Recipient& one : expansion.recipients) {
      std::erase(joined.recipients_removed, one.address);
      const auto is_it = [&one](const auto& other) { return other.address == one.address; };
      if (std::ranges::any_of(recipients, is_it)) continue;
      if (std::ranges::any_of(joined.recipients_added, is_it)) continue;
      joined.recipients_added.push_back(std::move(one));
    }
  }
  const bool anybody = !joined.recipients_added.empty() ||
                       std::ranges::any_of(recipients, [&](const auto& recipient) {
                         const auto& removed = joined.recipients_removed;
                         return std::ranges::find(removed, recipient.address) == removed.end();
                       });
  if (anybody) return;
  joined.kind = Verdict::Kind::discard;
  joined.rule = rule_of(found.filter);
  joined.reasons.push_back(fmt::format("filter {}: no recipient is left", found.filter));
}

io::Task<void> Filters::abort() {
  findings_.clear();
  discarded_by_.clear();
  for (auto& milter : milters_) {
    milter->passed_over = false;
    co_await milter->talk.abort();
  }
}

io::Task<void> Filters::end() {
  for (auto& milter : milters_) co_await milter->talk.end();
}

MakeFilters filters_maker(FilterParts parts) {
  return [parts](const Transaction&,
                 std::shared_ptr<const Settings> settings) -> std::unique_ptr<FilterChain> {
    if (!settings->filters.any()) return nullptr;
    return std::make_unique<Filters>(parts, std::move(settings));
  };
}

}  // namespace policy
