// admin/user_json.h: accounts as JSON.
//
// What:    mailboxes, log-ins, grants and limits as objects that the command line prints.
// In/Out:  rows of directory/ → boost::json values. Never a verifier.
// Errors:  none.
// Limits:  none.
// Not here: the routes (user_routes.cc, login_routes.cc).
#pragma once

#include <boost/json.hpp>
#include <vector>

#include "admin/api.h"

namespace admin {

[[nodiscard]] boost::json::object mailbox_json(const directory::MailboxRow& row);
// With last use and whether it has expired by `now`.
[[nodiscard]] boost::json::array logins_json(Parts& parts,
                                             const std::vector<directory::LoginRow>& rows,
                                             base::Time now);
// A mailbox with its log-ins, aliases, grants, limits and what it sent today. Blocks.
[[nodiscard]] base::Result<boost::json::object> user_json(Parts& parts, directory::Store& store,
                                                          const std::string& address,
                                                          base::Time now);
// Both on the loop of the Api: the file of second factors is its own.
[[nodiscard]] bool has_second_factor(const Parts& parts, std::string_view address);
// Whoever gets the address next has no use for the phone of the one before.
void forget_second_factor(Parts& parts, std::string_view address);
// The limits of an account and what it has used of them.
[[nodiscard]] boost::json::object sending_json(Parts& parts, const std::string& account,
                                               const std::vector<directory::LimitsRow>& rows,
                                               base::Time now);
[[nodiscard]] boost::json::array grants_json(const std::vector<directory::GrantRow>& rows);
[[nodiscard]] boost::json::object alias_json(const directory::AliasRow& row);
[[nodiscard]] boost::json::array aliases_json(const std::vector<directory::AliasRow>& rows);

}  // namespace admin
