// policy/guard/login_guard.h: who guesses passwords is slowed down, then shut out for a while.
//
// What:    counts failed log-ins per address (an IPv6 /64 is one), network (/24; /48 and /32) and
//          log-in name; delays, bans that expire and grow; known places go on (invariant 9).
// In/Out:  session asks at_connect(), the authenticator before_login() and then says failed(),
//          succeeded() or undecided(). The time is an argument. Operators list and lift bans()
//          and closed_logins().
// Errors:  none; a ban says why and until when.
// Limits:  GuardSettings. With the defaults these guesses at one log-in are really checked:
//            one address:  10, then 5 after each ban: 15 in the first hour, 25 in the first day.
//                          One patient enough never to be banned: 38 a day, later 28.
//            a /24, a /48: 60, then 30 after each ban: 91 in the first hour and 150 in the first
//                          day at all log-ins together; patiently 228 a day, later 168.
//            an IPv6 /32:  five times as many.
//            N networks:   at one log-in 20, then 2.3 an hour: 23 in the first hour, 77 in the
//                          first day, 57 a day from then on, whether N is 1 or 1,000,000.
//            where that log-in succeeded lately: 50, then 70 an hour, with a delay each.
//          Proven in login_guard_test.cc by a day of virtual time. Memory: tracked_max, bans_max.
// Not here: passwords (policy/login/), where bans are kept (policy/state/), the verbs (cli/).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/base/result.h"
#include "policy/guard/ban_list.h"
#include "policy/guard/guesses.h"
#include "policy/guard/settings.h"
#include "policy/guard/tracks.h"
#include "policy/state/rows.h"

namespace policy {

struct Standing {
  bool banned = false;     // refuse without looking at the password
  base::Duration delay{};  // otherwise: wait so long before the password is looked at
  base::Time until;        // banned: until then
  std::string why;         // banned: for the reply and the log; names nothing that is secret
  bool worth_event =
      false;  // banned: not told within the last minute, so that a log stays readable
};

// A log-in whose passwords are not looked at, though no address is banned.
struct ClosedLogin {
  std::string login;                // as it was typed, in small letters: of strangers, any bytes
  std::optional<io::IpAddress> at;  // only at this known place; nullopt: at all unknown ones
  base::Time until;                 // the next guess is looked at
  std::string why;
};

// What an operator's word has ended.
struct Lifted {
  std::size_t bans = 0;
  std::size_t logins = 0;               // that were closed
  std::vector<io::IpNetwork> still_by;  // wider bans that shut the address out as before
};

// One per process, shared by all loops: a short mutex, held over no wait.
class LoginGuard {
 public:
  LoginGuard(std::shared_ptr<const GuardSettings> settings, base::EventSink& events,
             base::Metrics& metrics);

  // A banned address is not greeted. One where somebody logged in lately is: see before_login().
  [[nodiscard]] Standing at_connect(const io::IpAddress& peer, base::Time now);
  // Reserves one guess, so that many at once cannot pass together; one of the three below must
  // follow (a client that goes away in between: undecided).
  [[nodiscard]] Standing before_login(const io::IpAddress& peer, std::string_view login,
                                      base::Time now);
  // `account_exists` only says what is worth keeping: the answers do not depend on it.
  void failed(const io::IpAddress& peer, std::string_view login, base::Time now,
              bool account_exists);
  void succeeded(const io::IpAddress& peer, std::string_view login, base::Time now);
  // It could not be checked (a directory that is away): counts for nothing.
  void undecided(const io::IpAddress& peer, std::string_view login, base::Time now);

  // The operator's word. Private ranges are refused: they are never banned.
  base::Result<BanRow> ban(const io::IpNetwork& network, base::Duration time, std::string reason,
                           base::Time now);
  // That network's ban and all within it. With its bans an address' failures are forgotten, too.
  Lifted lift(const io::IpNetwork& network, base::Time now);
  // "you@demo.test" with all its app passwords, or one log-in: its failures, wherever they were.
  Lifted lift_login(const std::string& login, base::Time now);
  Lifted lift_all(base::Time now);
  [[nodiscard]] std::vector<BanRow> bans(base::Time now);
  [[nodiscard]] std::vector<ClosedLogin> closed_logins(base::Time now);
  // Places of an account's log-ins, for `user export`; and away with them.
  [[nodiscard]] std::vector<GuessRow> known_of(std::string_view account) const;
  void forget(std::string_view account);

  void set_settings(std::shared_ptr<const GuardSettings> settings);
  // For State: what was kept, and what has changed since the last call.
  void load(const StateImage& image, base::Time now);
  void take_changes(StateChanges& changes, base::Time now);
  [[nodiscard]] std::size_t tracked() const;

 private:
  struct Rung {  // an address or one of the networks around it
    io::IpNetwork network;
    std::uint32_t failures_max = 0;
  };
  [[nodiscard]] std::vector<Rung> rungs(const io::IpAddress& peer) const;
  [[nodiscard]] bool allowed(const io::IpAddress& peer) const;
  [[nodiscard]] Standing refused(BanList::Ban& ban, base::Time now);
  [[nodiscard]] Standing refused(Standing standing, std::string_view login, base::Time now);
  [[nodiscard]] Standing at_known_place(const Place& place, base::Time now) const;
  [[nodiscard]] Standing at_unknown_place(const io::IpAddress& peer, std::string_view login,
                                          base::Time now);
  void reserve(const io::IpAddress& peer, std::string_view login, base::Time now);
  [[nodiscard]] std::uint32_t maximum(const Rung& rung, base::Time now) const;
  [[nodiscard]] base::Duration delay(double failures) const;
  void count(const Rung& rung, std::string_view login, base::Time now);
  void close(const Rung& rung, Track& track, std::string_view login, base::Time now);
  void count_login(Guess& guess, std::string_view login, base::Time now);
  // All, or those that forget_failures(login) opens.
  [[nodiscard]] std::vector<ClosedLogin> closed(const std::optional<std::string>& login,
                                                base::Time now);
  std::size_t lift_bans(const std::optional<io::IpNetwork>& network, base::Time now);
  std::size_t open_logins(const std::optional<std::string>& login, base::Time now);
  void sweep(base::Time now);
  void update_gauges(base::Time now);
  void end_reservation(const io::IpAddress& peer, std::string_view login, base::Time now);

  mutable std::mutex mutex_;
  std::shared_ptr<const GuardSettings> settings_;
  base::EventSink& events_;
  base::Counter& failures_;
  base::Counter& refused_;
  base::Gauge& active_;
  base::Gauge& closed_;
  BanList bans_;
  Tracks tracks_;
  Guesses guesses_;
  base::Time swept_;
};

}  // namespace policy
