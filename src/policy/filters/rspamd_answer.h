// policy/filters/rspamd_answer.h: the JSON that rspamd answers, as an outcome.
//
// What:    action, score, symbols, the text for the client, header fields to add and remove, a new
//          subject, a signature.
// In/Out:  JSON → the outcome, changed.
// Errors:  invalid for what is no answer, or an action that nobody knows: then the outcome does not
//          count.
// Limits:  rspamd_answer_bytes_max, symbols_max, FilterOutcome::changes_max.
// Not here: HTTP (rspamd.h).
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "policy/filters/filter_outcome.h"

namespace policy {

inline constexpr std::size_t rspamd_answer_bytes_max = 1UL << 20;
inline constexpr std::size_t rspamd_symbols_max = 200;

[[nodiscard]] base::Result<> read_rspamd_answer(std::string_view json, FilterOutcome& outcome);

}  // namespace policy
