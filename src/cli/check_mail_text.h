// cli/check_mail_text.h: what a rehearsal found, for a postmaster.
//
// What:    a line per check with what it found, then the verdict, the rule that decided, and what
//          to do.
// In/Out:  policy::Rehearsed → lines of text.
// Errors:  none; octets that a terminal must not see are escaped.
// Limits:  none of its own.
// Not here: JSON (policy/findings_json.h).
#pragma once

#include <string>

#include "policy/rehearsal.h"

namespace cli {

[[nodiscard]] std::string rehearsed_text(const policy::Rehearsed& rehearsed);

}  // namespace cli
