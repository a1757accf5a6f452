// See ledger.h.
#include "tests/sim/ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

// The rungs of the town's ladder are 30 s and 3 min at least, with jitter 24 s and 144 s. The age
// bounds what is looked at: an attempt for the sake of a delay notice or at a message's end does
// not wait for its rung.
constexpr base::Duration first_pause_min = 20s;
constexpr base::Duration later_pause_min = 140s;
constexpr base::Duration paced_age_max = 9min;

bool is_mailbox(std::string_view recipient) {
  return recipient.ends_with("@home.test") || recipient.ends_with("@away.test");
}

bool goes_round(std::string_view recipient) { return recipient.ends_with("@loop.test"); }

// What passes both of our servers can be doubled between them.
bool has_two_hops(std::string_view recipient) {
  return recipient.ends_with("@away.test") || recipient.ends_with("@third.test") ||
         goes_round(recipient);
}

// Reports with that action about that recipient of that message.
std::vector<std::string_view> reports(const Ledger::Evidence& evidence, const std::string& token,
                                      std::string_view recipient, std::string_view action) {
  std::vector<std::string_view> found;
  const auto about_it = evidence.reports.find(token);
  if (about_it == evidence.reports.end()) return found;
  const std::string about = fmt::format("Final-Recipient: rfc822; {}\n", recipient);
  const std::string what = fmt::format("\nAction: {}\n", action);
  for (const std::string& text : about_it->second) {
    if (text.contains(about) && text.contains(what)) found.emplace_back(text);
  }
  return found;
}

// The remote's last word about that recipient, as the report has it: "smtp; 550 5.7.1 never".
bool was_refused_for_good(std::string_view report, std::string_view recipient) {
  const std::size_t from = report.find(fmt::format("Final-Recipient: rfc822; {}\n", recipient));
  if (from == std::string_view::npos) return false;
  const std::string_view part = report.substr(from, report.find("\n\n", from) - from);
  const std::size_t words = part.find("\nDiagnostic-Code: ");
  if (words == std::string_view::npos) return false;
  const std::size_t code = part.find("; ", words);
  return code != std::string_view::npos && part.substr(code + 2).starts_with('5');
}

std::string text_of(const std::pair<std::string, std::string>& key) {
  return fmt::format("{} to {}", key.first, key.second);
}

}  // namespace

std::string token_in(std::string_view text) {
  const std::size_t from = text.find("token-");
  return from == std::string_view::npos ? std::string() : std::string(text.substr(from, 15));
}

std::string last_line_of(const std::string& token) { return "whole " + token; }

const Sent& Ledger::sent(const std::string& token) const { return sent_.at(token); }

std::string Ledger::begin(Sent sent) {
  const std::string token = fmt::format("token-{:05}-end", sent_.size());
  for (std::string& recipient : sent.recipients) {
    if (!is_mailbox(recipient)) recipient.insert(0, token + ".");
  }
  sent_.emplace(token, std::move(sent));
  return token;
}

void Ledger::taken(const std::string& token, const std::string& recipient, Taken taken) {
  taken_[{token, recipient}].push_back(std::move(taken));
}

void Ledger::refused(const std::string& token, const std::string& recipient) {
  refused_.emplace(token, recipient);
}

bool Ledger::heard_of(const std::string& token) const {
  const auto is_it = [&token](const Key& key) { return key.first == token; };
  return std::ranges::any_of(refused_, is_it) ||
         std::ranges::any_of(taken_, [&](const auto& entry) { return is_it(entry.first); });
}

// Who was told "not now" comes back when the ladder says so: also after a reload or a restart.
void Ledger::asked(const std::string& token, const std::string& recipient,
                   const io::IpAddress& from, base::Instant when) {
  const auto found = deferred_.find({{token, recipient}, from});
  if (found == deferred_.end()) return;
  // On disk a message has one next attempt: that of its destination which was put off last. After a
  // restart it is that of all of them.
  if (sent_.at(token).recipients.size() > 1) return;
  const std::vector<PutOff>& put_off = found->second;
  const base::Instant before = put_off.back().said;
  if (!was_recorded(put_off.back()) || licence.rot > 0) return;
  const auto rungs =
      std::ranges::count_if(put_off, [this](const PutOff& one) { return was_recorded(one); });
  if (when - before >= (rungs > 1 ? later_pause_min : first_pause_min)) return;
  if (when - sent_.at(token).begun > paced_age_max) return;
  const bool jumped = std::ranges::any_of(
      jumps_, [&](base::Instant jump) { return jump >= before && jump <= when; });
  if (jumped) return;
  violation(fmt::format("{} to {} was tried again {} after it was put off", token, recipient,
                        base::format_duration(when - before)));
}

// --- what is found ------------------------------------------------------------------------------

// Nothing is delivered that never ended or was cut, and nothing that nobody sent.
void Ledger::Evidence::add_mailbox(const std::string& address,
                                   const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const std::string token = token_in(text);
    if (token.empty() || !text.contains(last_line_of(token))) {
      strange.push_back(fmt::format("in the mailbox {} lies a message that is not whole: {}",
                                    address, token.empty() ? "without token" : token));
    }
    ++files[{token, address}];
  }
}

void Ledger::Evidence::add_reports(std::vector<std::string> texts) {
  for (std::string& text : texts) {
    const std::string token = token_in(text);
    reports[token].push_back(std::move(text));
  }
}

unsigned Ledger::Evidence::count(const std::string& token, const std::string& address) const {
  const auto found = files.find({token, address});
  return found == files.end() ? 0 : found->second;
}

bool Ledger::in_trouble(base::Instant when) const {
  return std::ranges::any_of(troubles_, [&](const auto& trouble) {
    return when >= trouble.first - licence.record_delay &&
           when <= trouble.second + licence.record_delay;
  });
}

bool Ledger::was_recorded(const PutOff& put_off) const {
  return !in_trouble(put_off.said) && !in_trouble(put_off.known);
}

bool Ledger::in_doubt(const Taken& taken, const Evidence& evidence) const {
  return taken.in_doubt || evidence.broke(taken.link, taken.when);
}

// --- what holds at any moment --------------------------------------------------------------------

std::vector<std::string> Ledger::check_so_far(const Evidence& evidence) const {
  Violations violations = violations_;
  Violations doubled;
  check_duplicates(evidence, doubled);
  if (doubled.size() > licence.rot) std::ranges::move(doubled, std::back_inserter(violations));
  violations.insert(violations.end(), evidence.strange.begin(), evidence.strange.end());
  check_reports(evidence, violations);
  check_reasons(evidence, violations);
  return violations;
}

// A second delivery is excused when the first one's answer was lost, or its end could not be
// recorded.
bool Ledger::excused(const Key& key, const Evidence& evidence) const {
  const std::vector<Taken>& taken = taken_.at(key);
  for (std::size_t i = 0; i + 1 < taken.size(); ++i) {
    if (!in_doubt(taken[i], evidence) && !in_trouble(taken[i].when)) return false;
  }
  return true;
}

bool Ledger::hop_excused(const std::string& recipient, const Evidence& evidence) const {
  return has_two_hops(recipient) && (evidence.hop_broke || !troubles_.empty());
}

void Ledger::check_duplicates(const Evidence& evidence, Violations& doubled) const {
  for (const auto& [key, taken] : taken_) {
    if (taken.size() < 2 || hop_excused(key.second, evidence)) continue;
    if (!excused(key, evidence)) {
      doubled.push_back(fmt::format("invariant 2: {} came {} times without a reason", text_of(key),
                                    taken.size()));
    }
  }
  for (const auto& [token, sent] : sent_) {
    for (const std::string& recipient : sent.recipients) {
      if (!is_mailbox(recipient) || hop_excused(recipient, evidence)) continue;
      // A file is named after the queue id: not even a crash makes two.
      if (evidence.count(token, recipient) > 1) {
        doubled.push_back(
            fmt::format("invariant 2: {} lies twice in the mailbox {}", token, recipient));
      }
    }
  }
}

// Invariant 3: nothing is reported to the null sender, and no report is about a report.
void Ledger::check_reports(const Evidence& evidence, Violations& violations) const {
  for (const auto& [token, texts] : evidence.reports) {
    const auto found = sent_.find(token);
    if (found == sent_.end()) {  // it quotes what it is about, unless that cannot be read
      if (licence.rot == 0) violations.emplace_back("a report about a message that nobody sent");
      continue;
    }
    if (found->second.null_sender) {
      violations.push_back("invariant 3: a report to the null sender about " + token);
    }
    if (found->second.notify == "NEVER") {
      violations.push_back("a report about " + token + ", which wanted none");
    }
    for (const std::string& text : texts) {
      if (text.contains("Final-Recipient: rfc822; back@home.test")) {
        violations.emplace_back("invariant 3: a report about a report");
      }
    }
  }
}

// Invariant 4: who is told that an address is bad is told what its own server said.
void Ledger::check_reasons(const Evidence& evidence, Violations& violations) const {
  for (const auto& [token, sent] : sent_) {
    if (sent.null_sender || sent.notify == "NEVER") continue;
    for (const std::string& recipient : sent.recipients) {
      if (refused_.contains({token, recipient}) || goes_round(recipient)) continue;
      for (const std::string_view report : reports(evidence, token, recipient, "failed")) {
        if (was_refused_for_good(report, recipient)) {
          violations.push_back(fmt::format(
              "invariant 4: {} to {} failed for good, and nobody refused it", token, recipient));
        } else if (!licence.expires && licence.rot == 0) {
          violations.push_back(
              fmt::format("{} to {} was given up before its time", token, recipient));
        }
      }
    }
  }
}

// --- what holds when the queues have run dry -----------------------------------------------------

std::vector<std::string> Ledger::check_end(const Evidence& evidence) const {
  Violations violations = check_so_far(evidence);
  Violations lost;
  check_lost(evidence, lost);
  if (lost.size() > licence.rot) std::ranges::move(lost, std::back_inserter(violations));
  if (licence.rot == 0) check_told(evidence, violations);
  return violations;
}

// Invariant 1: delivered, or bounced, or ended without a word because nobody wants to hear it.
void Ledger::check_lost(const Evidence& evidence, Violations& lost) const {
  for (const std::string& token : accepted_) {
    const Sent& sent = sent_.at(token);
    const bool wants_silence = sent.null_sender || sent.notify == "NEVER";
    std::string missing;
    for (const std::string& recipient : sent.recipients) {
      const bool delivered = is_mailbox(recipient) ? evidence.count(token, recipient) > 0
                                                   : taken_.contains({token, recipient});
      const bool ended =
          refused_.contains({token, recipient}) || goes_round(recipient) || licence.expires;
      if (delivered || (wants_silence && ended)) continue;
      if (!reports(evidence, token, recipient, "failed").empty()) continue;
      missing += (missing.empty() ? "" : ", ") + recipient;
    }
    if (!missing.empty()) {
      lost.push_back(
          fmt::format("invariant 1: {} to {} was answered 250 and is lost", token, missing));
    }
  }
}

// Each thing is told once at most; what was asked for is told, and nothing else (RFC 3461 §5.2).
void Ledger::check_told(const Evidence& evidence, Violations& violations) const {
  for (const auto& [token, sent] : sent_) {
    for (const std::string& recipient : sent.recipients) {
      check_told_of(token, recipient, evidence, violations);
    }
  }
}

void Ledger::check_told_of(const std::string& token, const std::string& recipient,
                           const Evidence& evidence, Violations& violations) const {
  const Sent& sent = sent_.at(token);
  const auto count = [&](std::string_view action) {
    return reports(evidence, token, recipient, action).size();
  };
  const std::size_t delivered = count("delivered");
  const std::size_t relayed = count("relayed");
  const std::size_t failed = count("failed");
  // Both servers may tell of one delay, each once.
  const std::size_t delays_max = has_two_hops(recipient) ? 2 : 1;
  const bool twice = delivered > 1 || relayed > 1 || failed > 1 || count("delayed") > delays_max;
  if (twice && !hop_excused(recipient, evidence) && !goes_round(recipient)) {
    violations.push_back(fmt::format("{} to {} was told more than once", token, recipient));
  }
  const bool asked = !sent.null_sender && sent.notify.contains("SUCCESS");
  if (!asked && delivered + relayed > 0) {
    violations.push_back(fmt::format("success of {} was told to who did not ask", token));
  }
  if (!asked || !accepted_.contains(token) || licence.expires || goes_round(recipient)) return;
  if (is_mailbox(recipient) && delivered == 0) {
    violations.push_back(fmt::format("the delivery of {} to {} was not told", token, recipient));
  }
  const auto taken = taken_.find({token, recipient});
  const bool last_is_ours = taken != taken_.end() && !taken->second.back().reports &&
                            !in_doubt(taken->second.back(), evidence);
  if (last_is_ours && relayed + failed == 0) {
    violations.push_back(fmt::format("that {} to {} was relayed was not told", token, recipient));
  }
}

}  // namespace sim
