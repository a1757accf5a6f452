// cli/doctor_text.h: what the doctor found, for people.
//
// What:    the findings with what to do, the gravest first; what is well in short; what changed.
// In/Out:  the answer of /api/v1/doctor → text. finding_text for one finding.
// Errors:  none: a field that is missing is empty.
// Limits:  line_columns: longer sentences are broken, what is to be pasted is not.
// Not here: the checks (admin/doctor/).
#pragma once

#include <boost/json.hpp>
#include <string>

#include "admin/doctor/finding.h"

namespace cli {

// `all`: what is well stands there in full, too.
[[nodiscard]] std::string doctor_text(const boost::json::object& answer, bool all);
// As init prints it: a line, and below it what to do.
[[nodiscard]] std::string finding_text(const doctor::Finding& finding);

}  // namespace cli
