// See login_guard.h.
#include "policy/guard/login_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/base/text.h"
#include "policy/state/last_use.h"

namespace policy {
namespace {

constexpr base::Duration told_every = std::chrono::minutes(1);
constexpr base::Duration crowd_pause = std::chrono::seconds(10);  // too many guesses at once
constexpr base::Duration sweep_every = std::chrono::hours(1);
constexpr int forgotten_half_lives = 8;  // 256 failures are one by then
constexpr double rounding = 0.5;    // ten within some minutes are ten, though the first has decayed
constexpr unsigned wide_bits = 32;  // of an IPv6 provider
// Shorter prefixes are countries; a slip of the hand must not shut out the world.
constexpr unsigned ban_bits_min_v4 = 8;
constexpr unsigned ban_bits_min_v6 = 16;

Standing refusal(base::Time until, std::string why) {
  return {.banned = true, .delay = {}, .until = until, .why = std::move(why), .worth_event = false};
}

// In whole seconds, and late enough: at `time` itself the failures are still as many as the limit.
base::Time moment(base::Time time) {
  return std::chrono::ceil<std::chrono::seconds>(time + base::Duration(1));
}

constexpr std::string_view from_many_places =
    "too many wrong passwords for this log-in from many places; where it was used lately it goes "
    "on";
constexpr std::string_view from_this_place =
    "too many wrong passwords for this log-in from your network";

base::Event event(std::string_view name, base::Time now) {
  return {.severity = base::Severity::warning,
          .name = name,
          .time = now,
          .session = {},
          .message = {},
          .fields = {}};
}

}  // namespace

LoginGuard::LoginGuard(std::shared_ptr<const GuardSettings> settings, base::EventSink& events,
                       base::Metrics& metrics)
    : settings_(std::move(settings)),
      events_(events),
      failures_(metrics.counter("stagepost_guard_failures_total",
                                "Log-ins that failed and were counted by the guard")),
      refused_(metrics.counter("stagepost_guard_refused_total",
                               "Connections and log-ins refused because of a ban or a limit")),
      active_(metrics.gauge("stagepost_guard_bans", "Bans in force")),
      closed_(metrics.gauge("stagepost_guard_closed_logins",
                            "Log-ins closed by wrong passwords, though no address is banned")) {}

bool LoginGuard::allowed(const io::IpAddress& peer) const {
  return !settings_->on || std::ranges::any_of(settings_->allow, [&peer](const auto& network) {
    return network.contains(peer);
  });
}

// From the narrowest to the widest. HOUSE invariant 9: private ranges have delays at most.
std::vector<LoginGuard::Rung> LoginGuard::rungs(const io::IpAddress& peer) const {
  if (peer.is_private()) {
    return {{.network = unit_of(peer), .failures_max = std::numeric_limits<std::uint32_t>::max()}};
  }
  std::vector<Rung> out = {
      {.network = unit_of(peer), .failures_max = settings_->address_failures_max},
      {.network = network_of(peer), .failures_max = settings_->network_failures_max}};
  if (peer.is_v6()) {
    out.push_back(
        {.network = cut(peer, wide_bits), .failures_max = settings_->wide_network_failures_max});
  }
  return out;
}

Standing LoginGuard::at_connect(const io::IpAddress& peer, base::Time now) {
  const std::scoped_lock lock(mutex_);
  if (allowed(peer) || peer.is_private()) return {};
  const base::Time oldest = now - settings_->place_memory;
  const bool near_good = guesses_.good(network_of(peer), oldest);
  const bool good = guesses_.good(unit_of(peer), oldest);
  for (BanList::Ban* ban : bans_.covering(peer, now)) {
    // Somebody is at home there: he is let in, and before_login() looks who it is.
    const bool spared = is_unit(ban->row.network) ? good : near_good;
    if (ban->row.by_operator || !spared) return refused(*ban, now);
  }
  return {};
}

Standing LoginGuard::before_login(const io::IpAddress& peer, std::string_view login,
                                  base::Time now) {
  const std::scoped_lock lock(mutex_);
  if (allowed(peer)) return {};
  const base::Time oldest = now - settings_->place_memory;
  Place* place = Guesses::place(guesses_.find(login), peer, oldest);
  const bool at_home = place != nullptr && place->unit == unit_of(peer).address;
  const bool good = guesses_.good(unit_of(peer), oldest);
  Standing standing;
  if (!peer.is_private()) {
    for (BanList::Ban* ban : bans_.covering(peer, now)) {
      const bool spared = is_unit(ban->row.network) ? at_home : place != nullptr || good;
      if (!ban->row.by_operator && spared) continue;
      standing = refused(*ban, now);
      standing.why += ", until " + base::format_time(standing.until);
      return standing;
    }
    standing = place != nullptr ? at_known_place(*place, now) : at_unknown_place(peer, login, now);
    if (standing.banned) return refused(std::move(standing), login, now);
  }
  reserve(peer, login, now);
  const Track* track = tracks_.find(unit_of(peer));
  const double failures = place != nullptr ? place->failures.at(now, settings_->place_half_life)
                          : track != nullptr
                              ? track->failures.at(now, settings_->failures_half_life)
                              : 0;
  standing.delay = delay(failures);
  return standing;
}

Standing LoginGuard::at_known_place(const Place& place, base::Time now) const {
  const base::Duration half_life = settings_->place_half_life;
  const double there = place.failures.at(now, half_life) + place.pending.at(now);
  const double most = settings_->place_failures_max;
  if (there < most) return {};
  const base::Duration wait =
      std::max(crowd_pause, place.failures.until_below(most, now, half_life));
  return refusal(moment(now + wait), std::string(from_this_place));
}

Standing LoginGuard::at_unknown_place(const io::IpAddress& peer, std::string_view login,
                                      base::Time now) {
  for (const Rung& rung : rungs(peer)) {
    const Track* track = tracks_.find(rung.network);
    if (track == nullptr) continue;
    // At the maximum itself there would be a ban: this is about guesses that are under way.
    const double there =
        track->failures.at(now, settings_->failures_half_life) + track->pending.at(now);
    if (track->pending.at(now) > 0 && there >= maximum(rung, now)) {
      return refusal(now + crowd_pause,
                     fmt::format("too many log-ins at once from {}", rung.network.text()));
    }
  }
  const Guess* guess = guesses_.find(login);
  if (guess == nullptr) return {};
  const base::Duration half_life = settings_->failures_half_life;
  const double most = settings_->account_failures_max;
  if (guess->failures.at(now, half_life) + guess->pending.at(now) < most) return {};
  const base::Duration wait =
      std::max(crowd_pause, guess->failures.until_below(most, now, half_life));
  return refusal(moment(now + wait), std::string(from_many_places));
}

// The guess that is now made; given back by the end of it.
void LoginGuard::reserve(const io::IpAddress& peer, std::string_view login, base::Time now) {
  Guess& guess = guesses_.get(login, now, settings_->tracked_max);
  Place* place = Guesses::place(&guess, peer, now - settings_->place_memory);
  (place != nullptr ? place->pending : guess.pending).begin(now);
  for (const Rung& rung : rungs(peer)) {
    tracks_.get(rung.network, now, settings_->tracked_max).pending.begin(now);
  }
}

void LoginGuard::end_reservation(const io::IpAddress& peer, std::string_view login,
                                 base::Time now) {
  if (Guess* guess = guesses_.find(login)) {
    Place* place = Guesses::place(guess, peer, now - settings_->place_memory);
    (place != nullptr ? place->pending : guess->pending).end();
  }
  for (const Rung& rung : rungs(peer)) {
    if (Track* track = tracks_.find(rung.network)) track->pending.end();
  }
}

void LoginGuard::undecided(const io::IpAddress& peer, std::string_view login, base::Time now) {
  const std::scoped_lock lock(mutex_);
  if (!allowed(peer)) end_reservation(peer, login, now);
}

void LoginGuard::succeeded(const io::IpAddress& peer, std::string_view login, base::Time now) {
  const std::scoped_lock lock(mutex_);
  if (!allowed(peer)) end_reservation(peer, login, now);
  guesses_.succeeded(login, peer, now);
}

void LoginGuard::failed(const io::IpAddress& peer, std::string_view login, base::Time now,
                        bool account_exists) {
  const std::scoped_lock lock(mutex_);
  if (allowed(peer)) return;
  end_reservation(peer, login, now);
  failures_.add();
  Guess& guess = guesses_.get(login, now, settings_->tracked_max);
  guess.exists = guess.exists || account_exists;
  Place* place = Guesses::place(&guess, peer, now - settings_->place_memory);
  if (place != nullptr) {
    // Has a limit of its own: an old password in a phone shall not count against the whole house.
    place->failures.add(now, settings_->place_half_life);
    if (place->failures.count >= settings_->place_failures_max) guesses_.watch(login);
    return;
  }
  if (!peer.is_private()) {
    // Nobody on a private network can close a log-in for the rest of the world.
    count_login(guess, login, now);
  }
  for (const Rung& rung : rungs(peer)) count(rung, login, now);
}

void LoginGuard::count_login(Guess& guess, std::string_view login, base::Time now) {
  const base::Duration half_life = settings_->failures_half_life;
  const double most = settings_->account_failures_max;
  const bool was_closed = guess.failures.at(now, half_life) >= most;
  guess.failures.add(now, half_life);
  guesses_.changed(login);
  if (guess.failures.at(now, half_life) < most) return;
  guesses_.watch(login);
  if (was_closed) return;
  base::Event told = event("guard.login_closed", now);
  told.fields.emplace_back("login", base::printable(login, Guesses::login_bytes_max));
  told.fields.emplace_back(
      "until", base::format_time(moment(now + guess.failures.until_below(most, now, half_life))));
  told.fields.emplace_back("why", std::string(from_many_places));
  events_.emit(told);
}

void LoginGuard::count(const Rung& rung, std::string_view login, base::Time now) {
  Track& track = tracks_.get(rung.network, now, settings_->tracked_max);
  track.failures.add(now, settings_->failures_half_life);
  tracks_.changed(rung.network);
  if (track.failures.at(now, settings_->failures_half_life) + rounding < maximum(rung, now)) return;
  close(rung, track, login, now);
}

// Half of the failures stand from the end of the ban on: who goes on is shut out sooner.
void LoginGuard::close(const Rung& rung, Track& track, std::string_view login, base::Time now) {
  if (now - track.ban_end > settings_->ban_memory) track.bans = 0;
  const auto& times = settings_->ban_times;
  const base::Duration time = times[std::min<std::size_t>(track.bans, times.size() - 1)];
  const double failures = track.failures.count;
  ++track.bans;
  track.ban_end = now + time;
  track.failures = {.count = maximum(rung, now) / 2.0, .seen = track.ban_end};
  BanRow row{.network = rung.network,
             .since = now,
             .until = track.ban_end,
             .why = fmt::format("{:.0f} log-ins with a wrong password from {}, ban number {}",
                                failures, rung.network.text(), track.bans),
             .by_operator = false};
  base::Event banned = event("guard.banned", now);
  banned.fields.emplace_back("network", row.network.text());
  banned.fields.emplace_back("until", base::format_time(row.until));
  banned.fields.emplace_back("why", row.why);
  banned.fields.emplace_back("login", base::printable(login, Guesses::login_bytes_max));
  events_.emit(banned);
  bans_.put(std::move(row), settings_->bans_max);
  active_.set(static_cast<std::int64_t>(bans_.size()));
}

// Homes and offices make mistakes together, and must not lose their log-ins by one of them. A
// provider's /32 is so large that somebody of ours is always in it: it has the plain limit.
std::uint32_t LoginGuard::maximum(const Rung& rung, base::Time now) const {
  const bool wide = rung.network.address.is_v6() && rung.network.prefix_bits == wide_bits;
  const bool good = !wide && guesses_.good(rung.network, now - settings_->place_memory);
  const std::uint64_t most =
      std::uint64_t{rung.failures_max} * (good ? settings_->known_place_factor : 1U);
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(most, std::numeric_limits<std::uint32_t>::max()));
}

base::Duration LoginGuard::delay(double failures) const {
  const double over = failures - settings_->delay_after;
  if (over < 0) return {};
  constexpr double doublings_max = 20;
  const auto wait = base::Duration(
      static_cast<std::int64_t>(1e6 * std::exp2(std::floor(std::min(over, doublings_max)))));
  return std::min(wait, settings_->delay_max);
}

Standing LoginGuard::refused(BanList::Ban& ban, base::Time now) {
  refused_.add();
  Standing out = refusal(ban.row.until, ban.row.why);
  out.worth_event = now - ban.told >= told_every;
  if (out.worth_event) ban.told = now;
  return out;
}

// Of one log-in, or of too many guesses at once.
Standing LoginGuard::refused(Standing standing, std::string_view login, base::Time now) {
  refused_.add();
  standing.why += ", until " + base::format_time(standing.until);
  if (Guess* guess = guesses_.find(login)) {
    standing.worth_event = now - guess->told >= told_every;
    if (standing.worth_event) guess->told = now;
  }
  return standing;
}

// --- operators -----------------------------------------------------------------------------------

base::Result<BanRow> LoginGuard::ban(const io::IpNetwork& network, base::Duration time,
                                     std::string reason, base::Time now) {
  const std::scoped_lock lock(mutex_);
  const io::IpNetwork whole = cut(network.address, network.prefix_bits);
  if (whole.address.is_private()) {
    return base::fail(base::ErrorKind::invalid,
                      whole.text() + " is a private range: those are never banned");
  }
  const unsigned least = whole.address.is_v6() ? ban_bits_min_v6 : ban_bits_min_v4;
  if (whole.prefix_bits < least) {
    return base::fail(
        base::ErrorKind::invalid,
        fmt::format("a ban of so many addresses is refused; write /{} or longer", least));
  }
  if (time.count() <= 0) return base::fail(base::ErrorKind::invalid, "the time must be positive");
  BanRow row{.network = whole,
             .since = now,
             .until = now + time,
             .why = reason.empty() ? "by the operator" : std::move(reason),
             .by_operator = true};
  bans_.put(row, settings_->bans_max);
  active_.set(static_cast<std::int64_t>(bans_.size()));
  base::Event banned = event("guard.banned", now);
  banned.fields.emplace_back("network", row.network.text());
  banned.fields.emplace_back("until", base::format_time(row.until));
  banned.fields.emplace_back("why", row.why);
  events_.emit(banned);
  return row;
}

Lifted LoginGuard::lift(const io::IpNetwork& network, base::Time now) {
  const std::scoped_lock lock(mutex_);
  io::IpNetwork whole = cut(network.address, network.prefix_bits);
  // An IPv6 address is banned as its /64.
  if (whole.address.is_v6() && is_unit(whole)) whole = unit_of(whole.address);
  Lifted out{.bans = lift_bans(whole, now), .logins = 0, .still_by = {}};
  const std::size_t before = closed(std::nullopt, now).size();
  guesses_.forget_failures_at(whole);
  out.logins = before - closed(std::nullopt, now).size();
  for (const BanList::Ban* ban : bans_.covering(whole.address, now)) {
    out.still_by.push_back(ban->row.network);  // wider: those within are gone
  }
  update_gauges(now);
  return out;
}

Lifted LoginGuard::lift_login(const std::string& login, base::Time now) {
  const std::scoped_lock lock(mutex_);
  return {.bans = 0, .logins = open_logins(login, now), .still_by = {}};
}

Lifted LoginGuard::lift_all(base::Time now) {
  const std::scoped_lock lock(mutex_);
  const std::size_t logins = open_logins(std::nullopt, now);
  return {.bans = lift_bans(std::nullopt, now), .logins = logins, .still_by = {}};
}

std::size_t LoginGuard::open_logins(const std::optional<std::string>& login, base::Time now) {
  const std::vector<ClosedLogin> open = closed(login, now);
  guesses_.forget_failures(login);
  update_gauges(now);
  for (const ClosedLogin& one : open) {
    base::Event told = event("guard.lifted", now);
    told.severity = base::Severity::info;
    told.fields.emplace_back("login", base::printable(one.login, Guesses::login_bytes_max));
    events_.emit(told);
  }
  return open.size();
}

std::size_t LoginGuard::lift_bans(const std::optional<io::IpNetwork>& network, base::Time now) {
  const auto lifted = bans_.lift(network);
  tracks_.forget(network);
  update_gauges(now);
  for (const BanRow& row : lifted) {
    base::Event told = event("guard.lifted", now);
    told.severity = base::Severity::info;
    told.fields.emplace_back("network", row.network.text());
    events_.emit(told);
  }
  return lifted.size();
}

std::vector<BanRow> LoginGuard::bans(base::Time now) {
  const std::scoped_lock lock(mutex_);
  return bans_.list(now);
}

std::vector<ClosedLogin> LoginGuard::closed_logins(base::Time now) {
  const std::scoped_lock lock(mutex_);
  return settings_->on ? closed(std::nullopt, now) : std::vector<ClosedLogin>();
}

std::vector<ClosedLogin> LoginGuard::closed(const std::optional<std::string>& login,
                                            base::Time now) {
  const double most = settings_->account_failures_max;
  const double most_at_place = settings_->place_failures_max;
  const base::Duration half_life = settings_->failures_half_life;
  const base::Duration place_half_life = settings_->place_half_life;
  std::vector<ClosedLogin> out;
  for (const std::string& name : guesses_.watched()) {
    const Guess* guess = guesses_.find(name);
    const std::size_t before = out.size();
    if (const double there = guess->failures.at(now, half_life); there >= most) {
      out.push_back({.login = name,
                     .at = std::nullopt,
                     .until = moment(now + guess->failures.until_below(most, now, half_life)),
                     .why = fmt::format("{:.0f} wrong passwords from many places; where it was "
                                        "used lately it goes on",
                                        there)});
    }
    for (const Place& place : guess->places) {
      const double there = place.failures.at(now, place_half_life);
      if (there < most_at_place) continue;
      out.push_back(
          {.login = name,
           .at = place.unit,
           .until = moment(now + place.failures.until_below(most_at_place, now, place_half_life)),
           .why = fmt::format("{:.0f} wrong passwords from {}, where it was used lately", there,
                              place.unit.text())});
    }
    if (out.size() == before) guesses_.unwatch(name);
  }
  if (login) {
    std::erase_if(out, [&login](const auto& one) { return !login_is_of(one.login, *login); });
  }
  return out;
}

void LoginGuard::update_gauges(base::Time now) {
  active_.set(static_cast<std::int64_t>(bans_.size()));
  closed_.set(static_cast<std::int64_t>(closed(std::nullopt, now).size()));
}

std::vector<GuessRow> LoginGuard::known_of(std::string_view account) const {
  const std::scoped_lock lock(mutex_);
  return guesses_.of_account(account);
}

void LoginGuard::forget(std::string_view account) {
  const std::scoped_lock lock(mutex_);
  guesses_.forget(account);
}

void LoginGuard::set_settings(std::shared_ptr<const GuardSettings> settings) {
  const std::scoped_lock lock(mutex_);
  settings_ = std::move(settings);
  guesses_.watch_from(settings_->account_failures_max, settings_->place_failures_max);
}

// --- over a restart ------------------------------------------------------------------------------

void LoginGuard::load(const StateImage& image, base::Time now) {
  const std::scoped_lock lock(mutex_);
  for (const BanRow& row : image.bans) {
    if (row.until > now) bans_.put(row, settings_->bans_max);
  }
  bans_.forget_changes();
  for (const TrackRow& row : image.tracks) {
    if (tracks_.size() < settings_->tracked_max) tracks_.load(row);
  }
  for (const GuessRow& row : image.guesses) guesses_.load(row);
  guesses_.watch_from(settings_->account_failures_max, settings_->place_failures_max);
  update_gauges(now);
}

// Once an hour, also where there is room: away with what does not count any more.
void LoginGuard::sweep(base::Time now) {
  if (now >= swept_ && now - swept_ < sweep_every) return;
  swept_ = now;
  const base::Time faded = now - forgotten_half_lives * settings_->failures_half_life;
  guesses_.sweep(now - settings_->place_memory, faded);
  tracks_.sweep(now - settings_->ban_memory, faded);
}

void LoginGuard::take_changes(StateChanges& changes, base::Time now) {
  const std::scoped_lock lock(mutex_);
  sweep(now);
  changes.bans = bans_.take_changes(now);
  changes.tracks = tracks_.take_changes();
  changes.guesses = guesses_.take_changes();
  update_gauges(now);
}

std::size_t LoginGuard::tracked() const {
  const std::scoped_lock lock(mutex_);
  return tracks_.size() + guesses_.size();
}

}  // namespace policy
