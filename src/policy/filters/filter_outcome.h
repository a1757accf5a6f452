// policy/filters/filter_outcome.h: what one filter made of one message, all of it or nothing.
//
// What:    its decision, and the changed message and envelope that go with it.
// In/Out:  milters and rspamd fill it; the chain applies it when their last word has come.
// Errors:  `trouble` says that the filter failed: then nothing else in it counts.
// Limits:  changes_max.
// Not here: where it is applied (filters.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/message/address.h"
#include "lib/message/envelope.h"
#include "lib/smtp/reply.h"
#include "policy/filters/passing_message.h"
#include "policy/findings.h"
#include "policy/verdict.h"

namespace policy {

struct FilterOutcome {
  static constexpr std::size_t changes_max = 10'000;

  explicit FilterOutcome(PassingMessage so_far) : message(std::move(so_far)) {}

  Verdict::Kind kind = Verdict::Kind::accept;
  smtp::Reply reply;                      // of reject and defer
  std::string action;                     // in its own words: "accept", "reject", "add header"
  std::string words;                      // its text
  std::string trouble;                    // it failed: why
  bool ours = false;                      // the trouble is ours: we are stopping, a disk fails
  std::optional<std::string> quarantine;  // the reason
  bool junk = false;
  PassingMessage message;
  std::optional<message::Address> sender;
  std::vector<message::Recipient> added;  // not yet expanded
  std::vector<message::Address> removed;  // as RCPT named them
  std::size_t changes = 0;
  std::optional<double> score;
  std::vector<std::string> symbols;
};

}  // namespace policy
