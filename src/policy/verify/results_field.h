// policy/verify/results_field.h: our Authentication-Results, and what others wrote in our name.
//
// What:    tells in RFC 8601's words what spf, dkim, arc, dmarc and iprev found; cuts forged fields
//          and keeps the first line of a header from being read as a part of our fields.
// In/Out:  findings and Transaction → one field; a header → Edits.
// Errors:  none.
// Limits:  those of lib/mailauth/auth_results.h.
// Not here: how a value is quoted (lib/mailauth/auth_results.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/message/content.h"
#include "policy/findings.h"
#include "policy/transaction.h"

namespace policy {

[[nodiscard]] std::string results_field(std::string_view authserv_id, const Findings& findings,
                                        const Transaction& transaction);

// Of anybody's message, also of who is not checked. A submission's stray first line is the
// business of who completes it.
[[nodiscard]] std::vector<message::Edit> cleaning_edits(std::string_view header,
                                                        std::string_view authserv_id,
                                                        bool submission);

// Fields of a stranger's mail that filters of ours write, and readers believe: X-Spam-Flag and its
// like, Return-Path (RFC 5321 §4.4: the last server adds it).
[[nodiscard]] std::vector<message::Edit> cut_believed_fields(std::string_view header);

}  // namespace policy
