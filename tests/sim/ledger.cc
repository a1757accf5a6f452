// See ledger.h.
#include "tests/sim/ledger.h"

#include <fmt/format.h>

namespace sim {
namespace {

bool any_has(const std::vector<std::string>& texts, std::string_view a, std::string_view b = {}) {
  return std::ranges::any_of(texts, [a, b](const std::string& text) {
    return text.contains(a) && (b.empty() || text.contains(b));
  });
}

// Reports with that action about that recipient of that message.
std::ptrdiff_t reports(const std::vector<std::string>& bounces, std::string_view token,
                       std::string_view recipient, std::string_view action) {
  const std::string about = fmt::format("Final-Recipient: rfc822; {}\n", recipient);
  const std::string what = fmt::format("\nAction: {}\n", action);
  return std::ranges::count_if(bounces, [&](std::string text) {
    std::erase(text, '\r');
    return text.contains(token) && text.contains(about) && text.contains(what);
  });
}

}  // namespace

const Sent& Ledger::sent(const std::string& token) const { return sent_.at(token); }

std::string Ledger::begin(Sent sent) {
  const std::string token = fmt::format("token-{:05}-end", sent_.size());
  for (std::string& recipient : sent.recipients) {
    if (!recipient.ends_with("home.test")) recipient.insert(0, token + ".");
  }
  sent_.emplace(token, std::move(sent));
  return token;
}

void Ledger::taken(const std::string& token, const std::string& recipient, Taken taken) {
  taken_[{token, recipient}].push_back(taken);
}

void Ledger::refused(const std::string& token, const std::string& recipient) {
  refused_.emplace(token, recipient);
}

std::vector<std::string> Ledger::check(const Evidence& evidence) const {
  std::vector<std::string> violations;
  check_accounted(evidence, violations);
  check_duplicates(violations);
  check_bounces(evidence, violations);
  check_told(evidence, violations);
  return violations;
}

// Invariant 1: delivered, or bounced, or in the queue, or ended with a null sender.
void Ledger::check_accounted(const Evidence& evidence, std::vector<std::string>& violations) const {
  for (const std::string& token : accepted_) {
    const Sent& sent = sent_.at(token);
    for (const std::string& recipient : sent.recipients) {
      const bool local = recipient == "you@home.test";
      const bool delivered =
          local ? any_has(evidence.local_mail, token) : taken_.contains({token, recipient});
      const bool queued = evidence.queued.contains(token + " " + recipient);
      const bool bounced = reports(evidence.bounces, token, recipient, "failed") > 0;
      const bool asked_for_silence = sent.null_sender || sent.notify == "NEVER";
      const bool silent = asked_for_silence && refused_.contains({token, recipient});
      if (!delivered && !queued && !bounced && !silent) {
        violations.push_back(
            fmt::format("invariant 1: {} to {} was answered 250 and is lost", token, recipient));
      }
    }
  }
}

// A second delivery is excused when the first one's answer was lost, or its end could not be
// recorded.
bool Ledger::excused(const std::vector<Taken>& taken) const {
  for (std::size_t i = 0; i + 1 < taken.size(); ++i) {
    const Taken& first = taken[i];
    const bool in_trouble = std::ranges::any_of(troubles_, [&first](const auto& trouble) {
      return first.when >= trouble.first && first.when <= trouble.second;
    });
    if (!first.in_doubt && !in_trouble) return false;
  }
  return true;
}

void Ledger::check_duplicates(std::vector<std::string>& violations) const {
  for (const auto& [key, taken] : taken_) {
    // A client that got no 250 may have sent the same text again under the same token: not here.
    if (taken.size() > 1 && !excused(taken)) {
      violations.push_back(fmt::format("invariant 2: {} to {} came {} times without a reason",
                                       key.first, key.second, taken.size()));
    }
  }
}

// Each thing is told once at most; what was asked for is told, and nothing else (RFC 3461 §5.2).
void Ledger::check_told(const Evidence& evidence, std::vector<std::string>& violations) const {
  for (const auto& [token, sent] : sent_) {
    if (sent.notify == "NEVER" && any_has(evidence.bounces, token)) {
      violations.push_back("a report about " + token + ", which wanted none");
    }
    for (const std::string& recipient : sent.recipients) {
      const auto count = [&](std::string_view action) {
        return reports(evidence.bounces, token, recipient, action);
      };
      if (count("failed") > 1 || count("delayed") > 1 || count("delivered") > 1 ||
          count("relayed") > 1) {
        violations.push_back(fmt::format("{} to {} was told more than once", token, recipient));
      }
      const bool asked = !sent.null_sender && sent.notify.contains("SUCCESS");
      if (!asked && count("delivered") + count("relayed") > 0) {
        violations.push_back(fmt::format("success of {} was told to who did not ask", token));
      }
      if (!asked || !accepted_.contains(token)) continue;
      const auto taken = taken_.find({token, recipient});
      const bool elsewhere = recipient != "you@home.test";
      if (!elsewhere && count("delivered") != 1) {
        violations.push_back(fmt::format("the delivery of {} was not told", token));
      }
      const bool last_is_ours =
          taken != taken_.end() && !taken->second.back().in_doubt && !taken->second.back().reports;
      if (elsewhere && last_is_ours && count("relayed") + count("failed") == 0) {
        violations.push_back(fmt::format("that {} was relayed was not told", token));
      }
    }
  }
}

// Invariant 3: nothing is reported to the null sender, and no report is about a report.
void Ledger::check_bounces(const Evidence& evidence, std::vector<std::string>& violations) const {
  for (const std::string& bounce : evidence.bounces) {
    if (bounce.contains("Final-Recipient: rfc822; back@home.test") ||
        bounce.contains("Final-Recipient: rfc822;back@home.test")) {
      violations.emplace_back("invariant 3: a report about a report");
    }
    for (const auto& [token, sent] : sent_) {
      if (sent.null_sender && bounce.contains(token)) {
        violations.push_back("invariant 3: a report to the null sender about " + token);
      }
    }
  }
}

}  // namespace sim
