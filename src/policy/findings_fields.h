// policy/findings_fields.h: one mail's findings and verdict as the fields of an event.
//
// What:    `message.judged`: every input, every result and the rule that decided, one short text
//          per check; only checks that were made are told.
// In/Out:  Transaction, Findings, Verdict → key and value pairs (literals and text).
// Errors:  none.
// Limits:  judged_fields_max fields, so that session's own fit beside them; each list is cut at
//          shown_max entries. Values are escaped by whoever writes them down (trace/line.h).
// Not here: JSON (findings_json.h), emitting (session/judged.cc), words (trace/explain.cc).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/findings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

inline constexpr std::size_t judged_fields_max = 28;

using EventFields = std::vector<std::pair<std::string_view, std::string>>;

// Is there something to tell: was anything checked, or refused by a rule?
[[nodiscard]] bool worth_telling(const Findings& findings, const Verdict& verdict);
[[nodiscard]] EventFields judged_fields(const Transaction& transaction, const Findings& findings,
                                        const Verdict& verdict);

}  // namespace policy
