// See guesses.h.
#include "policy/guard/guesses.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "policy/state/last_use.h"

namespace policy {
namespace {

constexpr base::Duration sweep_half_life = std::chrono::hours(6);  // only orders the names
constexpr base::Duration seen_step = std::chrono::hours(1);  // a success rewrites a row this often

// How much would be lost with a name: those of accounts that exist come first.
double worth(const Guess& guess, base::Time now) {
  constexpr double of_an_account = 1e6;
  return (guess.exists ? of_an_account : 0) + guess.failures.at(now, sweep_half_life) +
         guess.pending.at(now);
}

}  // namespace

std::string Guesses::key(std::string_view login) {
  return base::lower(login.substr(0, login_bytes_max));
}

Guess* Guesses::find(std::string_view login) {
  const auto at = guesses_.find(key(login));
  return at == guesses_.end() ? nullptr : &at->second;
}

Guess& Guesses::get(std::string_view login, base::Time now, std::size_t max) {
  if (Guess* there = find(login)) return *there;
  if (homeless_ >= std::max<std::size_t>(max, 1)) make_room(now, max);
  ++homeless_;
  return guesses_[key(login)];
}

Place* Guesses::place(Guess* guess, const io::IpAddress& peer, base::Time oldest) {
  if (guess == nullptr) return nullptr;
  const io::IpAddress unit = unit_of(peer).address;
  const io::IpNetwork network = network_of(peer);
  Place* near = nullptr;
  for (Place& place : guess->places) {
    if (place.seen <= oldest) continue;
    if (place.unit == unit) return &place;
    if (near == nullptr && network.contains(place.unit)) near = &place;
  }
  return near;
}

void Guesses::succeeded(std::string_view login, const io::IpAddress& peer, base::Time now) {
  const std::string name = key(login);
  const auto [at, added] = guesses_.try_emplace(name);
  if (added) ++homeless_;
  Guess& guess = at->second;
  guess.exists = true;
  const io::IpAddress unit = unit_of(peer).address;
  const auto there = std::ranges::find(guess.places, unit, &Place::unit);
  if (there == guess.places.end()) {
    add_place(guess, {.unit = unit, .seen = now, .failures = {}, .pending = {}});
    changed_.insert(name);
    return;
  }
  there->failures = {};
  if (now - there->seen < seen_step) return;
  there->seen = now;
  for (const io::IpNetwork& network : {unit_of(unit), network_of(unit)}) good_[network].seen = now;
  changed_.insert(name);
}

void Guesses::add_place(Guess& guess, const Place& place) {
  if (guess.places.empty()) --homeless_;
  if (guess.places.size() >= places_max) {
    const auto oldest = std::ranges::min_element(guess.places, {}, &Place::seen);
    drop_good(*oldest);
    guess.places.erase(oldest);
  }
  guess.places.push_back(place);
  count_good(place);
}

void Guesses::count_good(const Place& place) {
  for (const io::IpNetwork& network : {unit_of(place.unit), network_of(place.unit)}) {
    Good& good = good_[network];
    ++good.places;
    good.seen = std::max(good.seen, place.seen);
  }
}

void Guesses::drop_good(const Place& place) {
  for (const io::IpNetwork& network : {unit_of(place.unit), network_of(place.unit)}) {
    const auto at = good_.find(network);
    if (at != good_.end() && --at->second.places == 0) good_.erase(at);
  }
}

bool Guesses::good(const io::IpNetwork& network, base::Time oldest) const {
  const auto at = good_.find(network);
  return at != good_.end() && at->second.seen > oldest;
}

void Guesses::forget(std::string_view account) {
  for (auto at = guesses_.begin(); at != guesses_.end();) {
    const auto here = at++;
    if (login_is_of(here->first, account)) erase(here);
  }
}

std::vector<GuessRow> Guesses::of_account(std::string_view account) const {
  std::vector<GuessRow> out;
  for (const auto& [login, guess] : guesses_) {
    if (login_is_of(login, account)) out.push_back(row(login, guess));
  }
  return out;
}

void Guesses::changed(std::string_view login) { changed_.insert(key(login)); }

void Guesses::watch(std::string_view login) { watched_.insert(key(login)); }

void Guesses::watch_from(double failures, double place_failures) {
  for (const auto& [login, guess] : guesses_) {
    const bool near = guess.failures.count >= failures ||
                      std::ranges::any_of(guess.places, [place_failures](const Place& place) {
                        return place.failures.count >= place_failures;
                      });
    if (near) watched_.insert(login);
  }
}

std::vector<std::string> Guesses::watched() const {
  std::vector<std::string> out(watched_.begin(), watched_.end());
  std::ranges::sort(out);
  return out;
}

void Guesses::forget_failures(const std::optional<std::string>& login) {
  for (auto& [name, guess] : guesses_) {
    if (login && !login_is_of(name, *login)) continue;
    for (Place& place : guess.places) place.failures = {};
    guess.told = {};
    if (guess.failures.count <= 0) continue;
    guess.failures = {};
    changed_.insert(name);
  }
}

void Guesses::forget_failures_at(const io::IpNetwork& network) {
  for (auto& [name, guess] : guesses_) {
    for (Place& place : guess.places) {
      if (network.contains(place.unit)) place.failures = {};
    }
  }
}

void Guesses::erase(Table::iterator at) {
  watched_.erase(at->first);
  if (at->second.places.empty()) --homeless_;
  for (const Place& place : at->second.places) drop_good(place);
  changed_.insert(at->first);
  guesses_.erase(at);
}

void Guesses::make_room(base::Time now, std::size_t max) {
  std::vector<std::pair<double, std::string>> order;
  order.reserve(homeless_);
  for (const auto& [login, guess] : guesses_) {
    if (guess.places.empty()) order.emplace_back(worth(guess, now), login);
  }
  const std::size_t kept = max - std::min(max, std::max<std::size_t>(max / 4, 1));
  const std::size_t removed = order.size() - std::min(order.size(), kept);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(removed);
  std::ranges::nth_element(order, middle, {}, [](const auto& one) { return one.first; });
  for (auto at = order.begin(); at != middle; ++at) erase(guesses_.find(at->second));
}

void Guesses::load(const GuessRow& row) {
  const auto [at, added] = guesses_.try_emplace(row.login);
  if (!added) return;
  ++homeless_;
  at->second.failures = {.count = row.failures, .seen = row.seen};
  at->second.exists = true;  // others are not kept
  for (const PlaceRow& place : row.places) {
    add_place(at->second,
              {.unit = place.address, .seen = place.seen, .failures = {}, .pending = {}});
  }
}

GuessRow Guesses::row(const std::string& login, const Guess& guess) {
  GuessRow out{
      .login = login, .failures = guess.failures.count, .seen = guess.failures.seen, .places = {}};
  for (const Place& place : guess.places) {
    out.places.push_back({.address = place.unit, .seen = place.seen});
  }
  return out;
}

void Guesses::sweep(base::Time oldest, base::Time faded) {
  for (auto at = guesses_.begin(); at != guesses_.end();) {
    const auto here = at++;
    Guess& guess = here->second;
    const bool had = !guess.places.empty();
    const auto gone = std::ranges::remove_if(guess.places, [&](const Place& place) {
      if (place.seen > oldest) return false;
      drop_good(place);
      return true;
    });
    if (!gone.empty()) changed_.insert(here->first);
    guess.places.erase(gone.begin(), gone.end());
    if (!guess.places.empty()) continue;
    if (had) ++homeless_;
    if (guess.failures.seen <= faded && guess.pending.last <= faded) erase(here);
  }
}

Changed<GuessRow, std::string> Guesses::take_changes() {
  Changed<GuessRow, std::string> out;
  for (const std::string& login : changed_) {
    const auto at = guesses_.find(login);
    if (at == guesses_.end()) {
      out.gone.push_back(login);
    } else if (at->second.exists) {
      out.set.push_back(row(login, at->second));
    }
  }
  changed_.clear();
  return out;
}

}  // namespace policy
