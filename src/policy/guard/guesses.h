// policy/guard/guesses.h: wrong guesses per log-in name, and where each log-in is at home.
//
// What:    failures from unknown places, all networks together; the places of successful log-ins,
//          with their own failures.
// In/Out:  find(), get() and place() for the guard; good() tells whether anybody is at home there.
// Errors:  none.
// Limits:  `max` names without a place, the least telling go first; places_max per log-in.
// Not here: what follows from it (login_guard.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/guard/decay.h"
#include "policy/guard/prefix.h"
#include "policy/state/rows.h"

namespace policy {

// Where a log-in has succeeded.
struct Place {
  io::IpAddress unit;  // see unit_of()
  base::Time seen;
  Decaying failures;
  Pending pending;
};

struct Guess {
  Decaying failures;
  Pending pending;
  bool exists = false;
  base::Time told;  // when a refusal because of it was last worth an event
  std::vector<Place> places;
};

class Guesses {
 public:
  static constexpr std::size_t places_max = 16;
  static constexpr std::size_t login_bytes_max = 200;  // longer names are cut

  [[nodiscard]] Guess* find(std::string_view login);
  // Made when missing; only the last reference is good.
  [[nodiscard]] Guess& get(std::string_view login, base::Time now, std::size_t max);
  // The place itself, or another in the same network; only those seen after `oldest`.
  [[nodiscard]] static Place* place(Guess* guess, const io::IpAddress& peer, base::Time oldest);
  void succeeded(std::string_view login, const io::IpAddress& peer, base::Time now);
  // Has any log-in succeeded in it after `oldest`? For what unit_of() and network_of() give.
  [[nodiscard]] bool good(const io::IpNetwork& network, base::Time oldest) const;
  void forget(std::string_view account);
  [[nodiscard]] std::vector<GuessRow> of_account(std::string_view account) const;
  void changed(std::string_view login);
  // Those to look at when it is asked who is over a limit, few of all. watch_from() finds them
  // anew.
  void watch(std::string_view login);
  void watch_from(double failures, double place_failures);
  [[nodiscard]] std::vector<std::string> watched() const;
  void unwatch(const std::string& login) { watched_.erase(login); }
  // The failures of a log-in or of all of an account's; nullopt: of all. Places stay.
  void forget_failures(const std::optional<std::string>& login);
  // Those at places in that network.
  void forget_failures_at(const io::IpNetwork& network);
  [[nodiscard]] std::size_t size() const { return guesses_.size(); }

  void load(const GuessRow& row);
  // Places last seen before `oldest` go, and names without a place whose failures are from before
  // `faded`.
  void sweep(base::Time oldest, base::Time faded);
  [[nodiscard]] Changed<GuessRow, std::string> take_changes();

 private:
  using Table = std::unordered_map<std::string, Guess>;
  struct Good {
    std::size_t places = 0;
    base::Time seen;
  };
  [[nodiscard]] static std::string key(std::string_view login);
  [[nodiscard]] static GuessRow row(const std::string& login, const Guess& guess);
  void add_place(Guess& guess, const Place& place);
  void count_good(const Place& place);
  void drop_good(const Place& place);
  void erase(Table::iterator at);
  void make_room(base::Time now, std::size_t max);

  Table guesses_;
  std::size_t homeless_ = 0;  // names without a place
  std::unordered_map<io::IpNetwork, Good, NetworkHash, NetworkEqual> good_;
  std::unordered_set<std::string> changed_;
  std::unordered_set<std::string> watched_;
};

}  // namespace policy
