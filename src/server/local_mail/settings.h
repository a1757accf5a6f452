// server/local_mail/settings.h: how mail of this host's own users is taken.
//
// What:    where it comes in, whose names it bears.
// In/Out:  filled by settings_of() (local_mail.h).
// Errors:  none here.
// Limits:  letters_per_look_max.
// Not here: what they do (intake.h, collector.h).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace local_mail {

struct Settings {
  std::string folder;  // home + "/sendmail": the socket, and the drop folder
  std::string domain;  // of names without one; empty: see addresses.h
  // Users who may write under any address; "*": everybody, as with Postfix.
  std::vector<std::string> trusted_users = {"*"};
  // Who gets what is sent to users of the system that have no mailbox; empty: it is refused.
  std::string system_mail_to = "postmaster";
  base::Duration look_every = std::chrono::seconds(5);  // into the drop folder
  unsigned letters_per_look_max = 1'000;

  [[nodiscard]] std::string socket_path() const { return folder + "/socket"; }
  [[nodiscard]] std::string drop_folder() const { return folder + "/drop"; }
};

[[nodiscard]] inline std::string folder_in(const std::string& home) { return home + "/sendmail"; }

}  // namespace local_mail
