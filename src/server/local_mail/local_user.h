// server/local_mail/local_user.h: a user of this host, as the directory would know him.
//
// What:    the directory with one log-in more: who the kernel says that he is has no password here.
//          A session then judges his mail by the rules for everybody who has logged in.
// In/Out:  Directory and LocalUser → Directory.
// Errors:  none.
// Limits:  none.
// Not here: who that is (intake.h), the rules (policy/).
#pragma once

#include <memory>
#include <string>

#include "directory/directory.h"

namespace local_mail {

struct LocalUser {
  std::string name;         // "www-data": no log-in of a mailbox is called so, for it has no @
  std::string account;      // his address; the directory need not know it
  bool any_author = false;  // he may write under any address
};

class LocalUserDirectory final : public directory::Directory {
 public:
  LocalUserDirectory(const directory::Directory& known, LocalUser user)
      : known_(known), user_(std::make_shared<const LocalUser>(std::move(user))) {}

  [[nodiscard]] std::shared_ptr<const directory::Snapshot> snapshot() const override;

 private:
  const directory::Directory& known_;
  std::shared_ptr<const LocalUser> user_;
};

}  // namespace local_mail
