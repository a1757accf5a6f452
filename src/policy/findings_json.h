// policy/findings_json.h: what the checks found, as JSON for programs (docs/check-mail.md).
//
// What:    every check's result under its own key, and the verdict; each key is always there.
// In/Out:  Findings or Rehearsed → boost::json::object, its keys in the order of the document.
// Errors:  none: octets that are no UTF-8 become U+FFFD.
// Limits:  those of the findings.
// Not here: the event of the log (findings_fields.h), words for people (cli/check_mail_text.h).
#pragma once

#include <boost/json.hpp>

#include "policy/rehearsal.h"

namespace policy {

[[nodiscard]] boost::json::object rehearsed_json(const Rehearsed& rehearsed);
// Of the fields that a verdict adds: the one of that name, whole and without its last line end.
[[nodiscard]] std::string added_field(const Verdict& verdict, std::string_view name);

}  // namespace policy
