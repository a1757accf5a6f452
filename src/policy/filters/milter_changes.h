// policy/filters/milter_changes.h: one change that a milter asks for, made in its outcome.
//
// What:    header fields, body, recipients, sender and quarantine, each only when it was agreed on.
// In/Out:  milter::Reply + what was agreed → the outcome, changed.
// Errors:  invalid: a change that was not agreed on, or an address that is none.
// Limits:  FilterOutcome::changes_max; the body's in MilterBody.
// Not here: whether it is applied (filters.h).
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/milter/protocol.h"
#include "lib/milter/reply.h"
#include "policy/filters/filter_outcome.h"

namespace policy {

// A body comes in chunks and counts when the filter's last word has come.
struct MilterBody {
  std::string octets;
  bool replaced = false;
  std::uint64_t bytes_max = 0;
};

[[nodiscard]] base::Result<> make_change(const milter::Reply& reply,
                                         const milter::Agreement& agreed, FilterOutcome& outcome,
                                         MilterBody& body);

}  // namespace policy
