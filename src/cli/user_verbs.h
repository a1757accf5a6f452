// cli/user_verbs.h: what the files of the verbs about users share.
//
// What:    one line about a log-in; where `user export` and `user erase` are added.
// In/Out:  JSON of the API → text.
// Errors:  none.
// Limits:  none.
// Not here: the verbs themselves (user_verbs.cc, login_verbs.cc, person_verbs.cc).
#pragma once

#include <boost/json.hpp>
#include <string>

#include "cli/cli.h"

namespace cli {

// "you@demo.test/phone  send  until 2027-01-01  made 2026-11-23  last used … from …"
[[nodiscard]] std::string login_line(const boost::json::object& login);

// export and erase.
void add_person_verbs(Verbs verbs, Verb user);

}  // namespace cli
