// See world.h.
#include "lib/io/sim/world.h"

#include <algorithm>
#include <chrono>

#include "lib/base/check.h"
#include "lib/io/sim/network.h"

namespace io::sim {

namespace {

using std::chrono_literals::operator""s;

constexpr base::Instant start{1000s};  // not 0: code that takes 0 for "never" should be found out
constexpr base::Time start_wall =
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::January / 1};

}  // namespace

World::World(std::uint64_t seed)
    : seed_(seed),
      random_(seed),
      now_(start),
      trace_hash_(mix(seed)),
      internet_(std::make_unique<Internet>(*this)) {}

World::~World() = default;

base::Time World::wall() const { return start_wall + (now_ - start) + wall_offset_; }

void World::at(base::Instant when, std::function<void()> function) {
  events_.emplace(Key{std::max(when, now_), sequence_++}, Event{std::move(function)});
}

void World::after(base::Duration delay, std::function<void()> function) {
  at(now_ + delay, std::move(function));
}

void World::schedule(Alarm& alarm) {
  const auto due = alarm.due();
  CHECK(due.has_value(), "an alarm is scheduled for something");
  // One that is scheduled too early is moved when its turn comes.
  if (alarm.scheduled_ && alarm.scheduled_->first <= *due) return;
  forget(alarm);
  alarm.scheduled_ = Key{std::max(*due, now_), sequence_++};
  events_.emplace(*alarm.scheduled_, Event{{}, &alarm});
}

void World::forget(Alarm& alarm) {
  if (!alarm.scheduled_) return;
  events_.erase(*alarm.scheduled_);
  alarm.scheduled_.reset();
}

const World::Key* World::first() {
  while (!events_.empty()) {
    const auto& [key, event] = *events_.begin();
    if (event.alarm == nullptr) return &key;
    Alarm& alarm = *event.alarm;
    const auto due = alarm.due();
    if (due && *due <= key.first) return &key;
    forget(alarm);
    if (due) schedule(alarm);
  }
  return nullptr;
}

bool World::step() {
  if (first() == nullptr) return false;
  auto node = events_.extract(events_.begin());
  const auto& [when, sequence] = node.key();
  now_ = std::max(now_, when);  // late after pass()
  ++steps_;
  note(static_cast<std::uint64_t>(when.time_since_epoch().count()));
  note(sequence);
  if (Alarm* alarm = node.mapped().alarm; alarm != nullptr) {
    alarm->scheduled_.reset();
    alarm->ring();
  } else {
    node.mapped().function();
  }
  return true;
}

void World::run_until_idle() {
  const std::uint64_t stop = steps_ + steps_max_;
  while (step()) CHECK(steps_ < stop, "the simulated world never becomes idle: see steps_max");
}

void World::run_until(base::Instant when) {
  const std::uint64_t stop = steps_ + steps_max_;
  for (const Key* key = first(); key != nullptr && key->first <= when; key = first()) {
    step();
    CHECK(steps_ < stop, "the simulated world runs in a circle: see steps_max");
  }
  now_ = std::max(now_, when);
}

bool World::run_while_not(const std::function<bool()>& done, base::Duration limit) {
  const std::uint64_t stop = steps_ + steps_max_;
  const base::Instant last = now_ + limit;
  while (!done()) {
    const Key* key = first();
    if (key == nullptr || key->first > last) return false;
    step();
    CHECK(steps_ < stop, "the simulated world runs in a circle: see steps_max");
  }
  return true;
}

void World::run(Task<void> task) {
  TaskGroup group;
  group.spawn(std::move(task));
  const std::uint64_t stop = steps_ + steps_max_;
  while (group.running() > 0) {
    CHECK(step(), "the world went idle before the task ended: it waits for what never happens");
    CHECK(steps_ < stop, "the task never ends: see steps_max");
  }
}

void World::note(std::uint64_t value) { trace_hash_ = mix(trace_hash_ ^ value); }

void World::note(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  note(hash);
}

}  // namespace io::sim
