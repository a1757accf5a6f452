// policy/login/authenticator.h: who logs in, and may he?
//
// What:    says which mechanisms are offered, begins their exchanges and judges what clients claim
//          in them: password, SCRAM proof or token; asks the LoginGuard before, tells it after.
// In/Out:  mechanisms() → begin() → the exchange's Claim → conclude() → log-in and account, or the
//          reply.
// Errors:  535 with the same words for an unknown log-in, a wrong password, an expired one and one
//          that is not for sending, after the same work; the log has the reason. 454 when it could
//          not be found out (LDAP or the provider is away); 421 for those who are shut out. A
//          log-in whose password is known elsewhere only takes as long as that place takes.
// Limits:  those of lib/sasl, of the guard and of the settings.
// Not here: the conversation (session/auth.cc), guessing (policy/guard), passwords themselves
//          (directory/credential.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "lib/io/doors.h"
#include "lib/io/task.h"
#include "lib/sasl/engine.h"
#include "lib/smtp/reply.h"
#include "policy/login/password_cache.h"
#include "policy/login/settings.h"
#include "policy/login/token_checker.h"

namespace policy {

class LoginGuard;
class LastUse;

struct LoginVerdict {
  bool accepted = false;
  bool banned = false;     // refused without a look at the password
  std::string login;       // as the directory writes it, or else as the client did, in lower case
  std::string account;     // accepted: the mailbox that it opens
  std::string credential;  // accepted: the verifier, which must still be there at each MAIL
  smtp::Reply reply;       // not accepted
  std::string why;         // not accepted: for the log
  base::Time until;        // banned: not before
  bool worth_event = true;
};

// What a way in wants beyond the right password: that it is somebody's who may come this way, a
// second factor.
struct Further {
  enum class Kind : std::uint8_t {
    granted,
    withheld,  // not now, or not this way: no guess, so it counts for nothing
    wrong,     // a guess at something that is secret, too: it counts as a wrong password does
  };
  Kind kind = Kind::granted;
  std::string why = {};  // not granted: for the log
};
using FurtherCheck = std::function<Further(const directory::Login&)>;

// Is it this mailbox' password? For log-ins whose verifier the directory does not have, and for
// those that it does not know: a name without a person costs as much and is false.
using PasswordCheck =
    std::function<io::Task<base::Result<bool>>(std::string mailbox, std::string password)>;

// One per loop.
class Authenticator {
 public:
  // What it works with; all of it outlives the Authenticator.
  struct Parts {
    WebParts web;
    directory::Directory& directory;
    LoginGuard* guard = nullptr;  // null: nobody is slowed down
    LastUse* last_use = nullptr;  // null: not noted
    PasswordCheck check_elsewhere = {};
    // Could a name that the directory does not know be one from there? Then it is asked as well: it
    // costs as much as a wrong password, and while it is away nobody is told that he is wrong.
    std::function<bool(std::string_view)> may_be_elsewhere = {};
    // For what unknown log-ins are answered: the same in all loops, and after a restart.
    std::string secret = {};
  };

  Authenticator(Parts parts, LoginSettings settings);
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // In the order of EHLO.
  [[nodiscard]] std::vector<std::string> mechanisms(const sasl::ChannelBinding& binding) const;
  // nullptr: not offered.
  [[nodiscard]] std::unique_ptr<sasl::Exchange> begin(std::string_view mechanism,
                                                      sasl::ChannelBinding binding);
  // `further` is asked when everything else is right; before it has granted, the guard learns of no
  // success.
  [[nodiscard]] io::Task<LoginVerdict> conclude(sasl::Claim claim, io::IpAddress peer,
                                                FurtherCheck further = {});

  // New exchanges get the new settings (reload).
  void set_settings(LoginSettings settings);

 private:
  class Reservation;
  struct Finding;
  using Known = std::shared_ptr<const directory::Snapshot>;

  [[nodiscard]] bool offers(sasl::Mechanism mechanism, const sasl::ChannelBinding& binding) const;
  [[nodiscard]] sasl::ScramCredential credential(std::string_view user) const;
  io::Task<Finding> find_out(sasl::Claim claim);
  io::Task<Finding> find_password(std::string user, std::string password);
  io::Task<base::Result<bool>> check_password(std::string mailbox, std::string verifier,
                                              std::string password);
  io::Task<Finding> find_token(sasl::Claim claim);
  static void ask_further(const FurtherCheck& further, Finding& found);
  static void judge(const Finding& found, std::string_view authzid, LoginVerdict& verdict);
  // Empty: it may send.
  [[nodiscard]] std::string objection(const directory::Login* login) const;

  Parts parts_;
  LoginSettings settings_;
  std::unique_ptr<sasl::Engine> engine_;
  std::shared_ptr<TokenChecker> tokens_;  // null: no provider
  PasswordCache cache_;
};

}  // namespace policy
