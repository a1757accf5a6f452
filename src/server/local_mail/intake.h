// server/local_mail/intake.h: a letter of a user of this host, on its way into the queue.
//
// What:    read() finds out what a letter says and whose it is; send() brings it through the same
//          session and policy as any message, and once only, however often the letter comes.
// In/Out:  octets and the user's number → Ready → http::Response (sending::answer_of).
// Errors:  read(): invalid, with words. send(): 422 for good, 503 for now.
// Limits:  letter.h; those of a submission (session/settings.h, the account's limits).
// Not here: where letters come from (door.h, collector.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "admin/sending/key_desk.h"
#include "directory/directory.h"
#include "lib/base/result.h"
#include "lib/io/doors.h"
#include "lib/io/task.h"
#include "server/local_mail/addresses.h"
#include "session/submission.h"

namespace local_mail {

struct Ready {
  std::string key;     // of the letter
  std::string owner;   // of the key: one user's keys are not another's
  std::string digest;  // of the letter
  LocalUser user;
  session::Submission mail;
};

class Intake {
 public:
  struct Parts {
    io::Doors doors;
    directory::Directory& directory;
    // Of this loop: a session with this user's directory.
    std::function<std::unique_ptr<session::Submitter>(directory::Directory& with_user)> front;
    sending::KeyBook& keys;
    Settings settings;
    std::string hostname;
  };
  explicit Intake(Parts parts) : parts_(std::move(parts)), desk_(parts_.doors, parts_.keys) {}
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // Who that user is; "uid1000" when the host has no name for him.
  io::Task<Author> author(std::uint32_t user);
  io::Task<base::Result<Ready>> read(std::uint32_t user, std::string text);
  io::Task<http::Response> send(Ready ready);

 private:
  Parts parts_;
  sending::KeyDesk desk_;
};

}  // namespace local_mail
