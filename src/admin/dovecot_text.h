// admin/dovecot_text.h: the texts of Dovecot's configuration, by version.
//
// What:    templates with @NAME@ in place of what a DovecotPlan says.
// In/Out:  the version → one text each.
// Errors:  none.
// Limits:  none.
// Not here: filling them (dovecot_config.cc).
#pragma once

#include <string_view>

namespace admin {

[[nodiscard]] std::string_view dovecot_2_3_text();
[[nodiscard]] std::string_view dovecot_2_3_sql_text();
// Written from the documentation of 2.4; Debian 12 has 2.3, so the tests run only that one.
[[nodiscard]] std::string_view dovecot_2_4_text();
// The same for both.
[[nodiscard]] std::string_view dovecot_spam_sieve_text();

}  // namespace admin
