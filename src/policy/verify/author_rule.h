// policy/verify/author_rule.h: what follows when the author of a message cannot be told.
//
// What:    a header too large to be looked through, and faults of the From field, are refused,
//          marked or let through, as the settings say.
// In/Out:  Transaction, AuthorFinding and settings → Verdict; rule "author".
// Errors:  552 5.3.4 for the header, 550 5.7.1 for what deceives, 550 5.6.0 for what is malformed.
// Limits:  none of its own.
// Not here: reading the field (author_field.h), submissions (policy/author.h).
#pragma once

#include "policy/findings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/verify/settings.h"

namespace policy {

[[nodiscard]] Verdict judge_header_size(const Transaction& transaction);
[[nodiscard]] Verdict judge_author(const AuthorFinding& author, const Transaction& transaction,
                                   const VerifySettings& settings);

}  // namespace policy
