// Tests of queue/schedule.h against a naive model, by random operations.
#include <gtest/gtest.h>

#include "lib/io/sim/random.h"
#include "queue/schedule.h"

namespace queue {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

// Every rule of schedule.h as plainly as possible: one map, looked through for every question.
struct Model {
  enum class State : std::uint8_t { due, held, out, expired };
  struct Item {
    State state = State::due;
    base::Time when;
    base::Time expires;
    unsigned attempts = 0;
    bool hold_after = false;
    bool attempted = false;  // out for an attempt, not for its expiry
    base::Time began = {};   // that attempt
    bool slow = false;       // it takes long
    bool ready = false;      // it has become due, and waits for its destination
  };
  struct Place {
    unsigned active = 0;
    unsigned failures = 0;
    unsigned window = wide_open;
    base::Time blocked_until = base::Time::min();
    bool blocked = false;
  };
  static constexpr unsigned wide_open = 1'000'000;
  using Key = std::pair<std::uint64_t, std::string>;

  std::map<Key, Item> items;
  std::map<std::string, Place> places;
  unsigned out = 0;

  void advance(base::Time now) {
    for (auto& [name, place] : places) {
      if (place.blocked && place.blocked_until <= now) place.blocked = false;
    }
    for (auto& [key, item] : items) {
      if (item.state == State::due && item.when <= now) item.ready = true;
    }
  }
  [[nodiscard]] bool may_start(const Key& key, const Settings& settings) const {
    const Item& item = items.at(key);
    const Place& place = places.at(key.second);
    return item.state == State::due && item.ready && !place.blocked &&
           place.active < std::min(place.window, settings.destination_concurrency_max);
  }
  void drop(const Key& key) {
    items.erase(key);
    const bool used = std::ranges::any_of(
        items, [&](const auto& other) { return other.first.second == key.second; });
    if (!used) places.erase(key.second);
  }
};

class PropertyTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  PropertyTest() {
    settings->retry_jitter_percent = 0;
    settings->retry_after = {1min, 5min, 30min};
    settings->expire_after = 3h;
    settings->destination_concurrency_max = 3;
    settings->attempts_max = 7;
    settings->attempts_slow_max = 3;
    settings->attempt_slow_after = 5min;
    schedule.set_settings(settings);
  }

  void add() {
    const std::string destination = "d" + std::to_string(random.below(6));
    const std::uint64_t id = random.below(40) + 1;
    if (model.items.contains({id, destination})) return;
    const bool hold = random.chance(0.1);
    const base::Time when = now + 1s * (random.chance(0.8) ? 0 : random.below(4000));
    const std::uint32_t recipient = 0;
    schedule.add({.id = {id},
                  .destination = destination,
                  .recipients = {&recipient, 1},
                  .accepted = now,
                  .next_attempt = when,
                  .hold = hold},
                 now);
    model.places.try_emplace(destination);
    model.items[{id, destination}] = {.state = hold ? Model::State::held : Model::State::due,
                                      .when = when,
                                      .expires = now + 3h,
                                      .ready = !hold && when <= now};
  }

  void next() {
    const auto work = schedule.next(now);
    const bool full = model.out - age() >= settings->attempts_max;
    if (!full) model.advance(now);
    bool expired = false;
    bool startable = false;
    for (const auto& [key, item] : model.items) {
      expired = expired || item.state == Model::State::expired;
      startable = startable || model.may_start(key, *settings);
    }
    ASSERT_EQ(work.has_value(), !full && (expired || startable));
    if (!work) return;
    const Model::Key key{work->id.value, work->destination};
    ASSERT_TRUE(model.items.contains(key));
    Model::Item& item = model.items.at(key);
    ASSERT_EQ(work->expired, expired) << "expired ones go first";
    if (expired) {
      ASSERT_EQ(item.state, Model::State::expired);
    } else {
      ASSERT_TRUE(model.may_start(key, *settings));
      ASSERT_EQ(work->attempts, item.attempts);
      ++model.places.at(key.second).active;
    }
    item.attempted = !expired;
    item.began = std::chrono::floor<std::chrono::seconds>(now);
    item.slow = false;
    item.state = Model::State::out;
    ++model.out;
    running.emplace_back(key, work->ticket);
  }

  // How many of those that run are slow now; the oldest first.
  unsigned age() {
    unsigned slow = 0;
    for (const auto& [key, ticket] : running) slow += model.items.at(key).slow ? 1U : 0U;
    for (const auto& [key, ticket] : running) {
      Model::Item& item = model.items.at(key);
      if (!item.attempted || item.slow || slow >= settings->attempts_slow_max) continue;
      if (now - item.began < settings->attempt_slow_after) continue;
      item.slow = true;
      ++slow;
    }
    return slow;
  }

  void finish() {
    if (running.empty()) return;
    const std::size_t which = random.below(running.size());
    const auto [key, ticket] = running[which];
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    Model::Item& item = model.items.at(key);
    Model::Place& place = model.places.at(key.second);
    const bool done = !item.attempted || random.chance(0.3);
    const bool whole = item.attempted && !done && random.chance(0.4);
    Ending ending;
    if (!done) ending.left = {0};
    ending.whole_destination = whole;
    schedule.finish(ticket, ending, now, random.next());
    --model.out;
    if (item.attempted) --place.active;
    if (whole) {
      fail_place(key.second, place);
    } else if (item.attempted) {
      place.failures = 0;
      if (!place.blocked) {
        place.window = place.window < settings->destination_concurrency_max ? place.window + 1
                                                                            : Model::wide_open;
      }
    }
    item.slow = false;
    if (done) return model.drop(key);
    ++item.attempts;
    item.state = Model::State::due;
    if (std::exchange(item.hold_after, false)) {
      item.state = Model::State::held;
    } else if (whole && item.attempts <= place.failures) {
      item.when = now;
      item.ready = true;
    } else {
      item.when = now + settings->retry_after[std::min<std::size_t>(item.attempts, 3) - 1];
      if (place.blocked) item.when = std::max(item.when, place.blocked_until);
      if (item.expires > now) item.when = std::min(item.when, item.expires);
      item.ready = false;
    }
  }

  void fail_place(const std::string& name, Model::Place& place) {
    if (place.blocked) return;
    ++place.failures;
    place.blocked = true;
    place.window = 1;
    place.blocked_until = now + settings->retry_after[std::min<std::size_t>(place.failures, 3) - 1];
    for (auto& [key, item] : model.items) {
      if (key.second != name || item.state != Model::State::due || !item.ready) continue;
      if (item.expires <= now) item.state = Model::State::expired;
    }
  }

  void hold_or_release() {
    const std::uint64_t id = random.below(40) + 1;
    const bool hold = random.chance(0.3);
    const bool known = hold ? schedule.hold({id}) : schedule.release({id}, now);
    bool expected = false;
    for (auto& [key, item] : model.items) {
      if (key.first != id) continue;
      expected = true;
      if (item.state == Model::State::out) {
        item.hold_after = hold;
      } else if (hold) {
        item.state = Model::State::held;
        item.ready = false;
      } else if (item.state == Model::State::held) {
        item.state = Model::State::due;
        item.when = now;
        item.ready = true;
      }
    }
    ASSERT_EQ(known, expected);
  }

  void retry() {
    const std::uint64_t id = random.below(40) + 1;
    for (const EntryView& entry : schedule.entries({id})) {
      const Model::Key key{id, std::string(entry.destination)};
      const bool can = model.items.at(key).state == Model::State::due;
      ASSERT_EQ(schedule.retry_now(entry.ticket, now), can);
      if (!can) continue;
      model.items.at(key).when = now;
      model.items.at(key).ready = true;
      model.places.at(key.second).blocked = false;
    }
  }

  void compare() {
    std::set<std::uint64_t> ids;
    for (const auto& [key, item] : model.items) ids.insert(key.first);
    ASSERT_EQ(schedule.messages(), ids.size());
    ASSERT_EQ(schedule.active(), model.out);
    ASSERT_EQ(schedule.check(), "");
  }

  std::shared_ptr<Settings> settings = std::make_shared<Settings>();
  Schedule schedule{settings};
  Model model;
  io::sim::SeededRandom random{GetParam()};
  base::Time now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};
  std::vector<std::pair<Model::Key, std::uint32_t>> running;
};

TEST_P(PropertyTest, DoesWhatTheModelDoes) {
  for (int step = 0; step < 4000; ++step) {
    SCOPED_TRACE(step);
    const std::uint64_t what = random.below(100);
    if (what < 20) {
      add();
    } else if (what < 60) {
      next();
    } else if (what < 90) {
      finish();
    } else if (what < 94) {
      now += 1s * random.below(random.chance(0.1) ? 7200 : 300);
    } else if (what < 97) {
      hold_or_release();
    } else {
      retry();
    }
    if (HasFatalFailure()) return;
    compare();
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PropertyTest, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace queue
