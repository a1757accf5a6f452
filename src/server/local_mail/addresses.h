// server/local_mail/addresses.h: what the names in a letter mean.
//
// What:    puts the domain to names without one, and finds who gets mail for users of the system
//          that have no mailbox.
// In/Out:  a Letter, its user, settings, the directory → LocalMessage.
// Errors:  invalid, with words for the user, for what is no address.
// Limits:  those of lib/message/address.h.
// Not here: whether an address may be used (policy/).
//
// The domain is the setting; else the host's name if that is a domain of ours; else the part of it
// that is: for mail.example.org example.org; else the host's name.
#pragma once

#include <string>
#include <string_view>

#include "directory/directory.h"
#include "lib/base/result.h"
#include "server/local_mail/letter.h"
#include "server/local_mail/local_user.h"
#include "server/local_mail/settings.h"
#include "session/submission.h"

namespace local_mail {

[[nodiscard]] std::string domain_of(const Settings& settings, std::string_view hostname,
                                    const directory::Snapshot& known);

struct Author {
  std::string user;  // "www-data", as the kernel and the host's list of users have it
  const Settings& settings;
  std::string domain;  // domain_of()
};
// His address: what mail is from when the letter does not say.
[[nodiscard]] std::string address_of(const Author& author);
struct LocalMessage {
  LocalUser user;
  session::Submission mail;  // without notes
};
[[nodiscard]] base::Result<LocalMessage> message_of(const Author& author, Letter letter,
                                                    const directory::Snapshot& known);

}  // namespace local_mail
