// See webhooks.h. What goes on by itself: from the intake to the disk, from there to the receivers.
#include "admin/webhooks/webhooks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/pool.h"
#include "lib/io/random.h"

namespace webhooks {
namespace {

using namespace std::chrono_literals;

// Before the next attempt of an event; the last one repeats until retry_for is over.
constexpr std::array<base::Duration, 7> event_waits = {5s, 30s, 2min, 10min, 30min, 1h, 2h};
// Of a receiver that does not answer: nothing else is tried meanwhile.
constexpr std::array<base::Duration, 6> hook_waits = {1s, 5s, 15s, 1min, 2min, 5min};
constexpr base::Duration nothing_due_wait = 1s;
constexpr base::Duration no_webhooks_wait = 10min;
constexpr base::Duration store_trouble_wait = 10s;
constexpr base::Duration tidy_every = 10min;
constexpr base::Duration state_kept_every = 30s;
constexpr std::size_t error_bytes_max = 500;

template <std::size_t size>
base::Duration wait_after(const std::array<base::Duration, size>& waits, std::uint32_t failures) {
  return waits.at(std::min<std::size_t>(failures, size) - 1);
}

}  // namespace

Webhooks::Webhooks(Parts parts, admin::WebhookSettings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      told_(parts_.metrics.counter("stagepost_webhook_events_total",
                                   "Events that webhooks were told, or not.", R"(result="told")")),
      failed_(parts_.metrics.counter("stagepost_webhook_events_total",
                                     "Events that webhooks were told, or not.",
                                     R"(result="failed")")),
      parked_(parts_.metrics.counter("stagepost_webhook_events_total",
                                     "Events that webhooks were told, or not.",
                                     R"(result="parked")")),
      dropped_(parts_.metrics.counter("stagepost_webhook_events_total",
                                      "Events that webhooks were told, or not.",
                                      R"(result="dropped")")) {}

base::Time Webhooks::wall() const { return parts_.sender.doors.clock.wall(); }

void Webhooks::report(base::Severity severity, std::string_view name, const Live& live,
                      std::string why) {
  base::Event event{.severity = severity,
                    .name = name,
                    .time = wall(),
                    .session = {},
                    .message = {},
                    .fields = {{"webhook", live.hook.name}}};
  if (!why.empty()) event.fields.emplace_back("why", std::move(why));
  parts_.events.emit(event);
}

io::Task<void> Webhooks::run() {
  io::Clock& clock = parts_.sender.doors.clock;
  for (;;) {
    base::Duration wait = look_every;
    if (const auto loaded = co_await load(); !loaded) {
      wait = store_trouble_wait;
    } else {
      co_await take_news();
      std::vector<LivePointer> all;
      all.reserve(live_.size());
      for (const auto& [name, live] : live_) all.push_back(live);
      for (const LivePointer& live : all) co_await begin_due(live);
      co_await tidy_up();
      if (live_.empty()) wait = no_webhooks_wait;
    }
    const auto woken = co_await io::with_timeout(clock, wait, wake_.wait());
    if (!woken && woken.error().kind == base::ErrorKind::cancelled) break;
  }
  co_await sending_.stop();
}

io::Task<base::Result<>> Webhooks::load() {
  if (loaded_) co_return base::Result<>();
  co_return co_await reload();
}

io::Task<base::Result<>> Webhooks::reload() {
  auto hooks =
      co_await io::on_pool(parts_.sender.doors.pool, [this] { return parts_.store.hooks(); });
  if (!hooks) {
    parts_.events.emit({.severity = base::Severity::error,
                        .name = "webhook.store_failed",
                        .time = wall(),
                        .session = {},
                        .message = {},
                        .fields = {{"error", hooks.error().text()}}});
    co_return std::unexpected(std::move(hooks.error()));
  }
  std::map<std::string, LivePointer, std::less<>> next;
  for (Hook& hook : *hooks) {
    const auto known = live_.find(hook.name);
    // A webhook of that name that was made anew is another one.
    const bool same = known != live_.end() && known->second->hook.created == hook.created;
    LivePointer live = same ? known->second : std::make_shared<Live>();
    std::string name = hook.name;
    if (!same) live->hook = std::move(hook);
    next.emplace(std::move(name), std::move(live));
  }
  for (const auto& [name, live] : live_) {
    const auto kept = next.find(name);
    live->gone = kept == next.end() || kept->second != live;
  }
  live_ = std::move(next);
  loaded_ = true;
  parts_.intake.set_wanted(!live_.empty());
  co_return base::Result<>();
}

// From the intake to the disk. Until this has ended a kill loses them.
io::Task<void> Webhooks::take_news() {
  const std::uint64_t dropped = parts_.intake.dropped();
  dropped_.add(dropped - std::exchange(dropped_seen_, dropped));
  std::vector<Store::News> news;
  for (const trace::StoredEvent& event : parts_.intake.take()) {
    auto happening = happening_of(event);
    if (!happening) continue;
    for (const auto& [name, live] : live_) {
      if (!matches(live->hook, *happening)) continue;
      news.push_back({.hook = name, .happening = *happening});
      live->may_wait = true;
    }
  }
  if (news.empty()) co_return;
  const std::size_t count = news.size();
  const auto added = co_await io::on_pool(
      parts_.sender.doors.pool, [this, news = std::move(news), max = settings_.pending_max,
                                 now = wall()] { return parts_.store.add(news, max, now); });
  dropped_.add(added ? added->dropped : count);
}

io::Task<void> Webhooks::begin_due(LivePointer live) {
  io::Clock& clock = parts_.sender.doors.clock;
  // One that does not answer is asked one event at a time, until it does.
  const std::size_t room = live->hook.failures > 0 ? 1 : settings_.concurrency_max;
  if (live->gone || !live->may_wait || live->sending.size() >= room ||
      clock.now() < live->open_at) {
    co_return;
  }
  live->may_wait = false;  // before the store is asked: what comes meanwhile sets it again
  const std::size_t max = room + live->sending.size();
  auto due = co_await io::on_pool(parts_.sender.doors.pool,
                                  [this, name = live->hook.name, now = wall(), max] {
                                    return parts_.store.due(name, now, max);
                                  });
  if (!due || due->more) live->may_wait = true;
  if (!due || due->events.empty()) {
    live->open_at = clock.now() + (due ? nothing_due_wait : store_trouble_wait);
    co_return;
  }
  for (Waiting& event : due->events) {
    if (live->sending.size() >= room) break;
    if (!live->sending.insert(event.number).second) continue;
    sending_.spawn(tell(live, std::move(event)));
  }
}

io::Task<void> Webhooks::tell(LivePointer live, Waiting event) {
  const std::int64_t number = event.number;
  Answer answer =
      co_await post(parts_.sender, settings_, live->hook, {.id = event.id, .body = event.body});
  const io::CancelScope* scope = co_await io::current_scope();
  // A stop is nobody's failure: the event waits in the store as it did.
  const bool stopped = scope != nullptr && scope->cancelled() && !answer.told;
  if (!stopped && !live->gone) co_await record(live, std::move(event), std::move(answer));
  live->sending.erase(number);
  live->may_wait = true;
  wake();
}

void Webhooks::note_success(Live& live) {
  if (live.hook.failures > 0) report(base::Severity::info, "webhook.recovered", live, "");
  live.hook.failures = 0;
  live.open_at = {};
  live.hook.last_success = wall();
}

void Webhooks::note_failure(Live& live, const Answer& answer) {
  if (live.hook.failures == 0) {
    report(base::Severity::warning, "webhook.failing", live, answer.why);
  }
  ++live.hook.failures;
  live.hook.last_failure = wall();
  live.hook.last_error = answer.why.substr(0, error_bytes_max);
  if (answer.hook_trouble) {
    live.open_at = parts_.sender.doors.clock.now() + wait_after(hook_waits, live.hook.failures);
  }
}

io::Task<void> Webhooks::record(LivePointer live, Waiting event, Answer answer) {
  const bool was_failing = live->hook.failures > 0;
  const auto last = std::max(live->hook.last_success, live->hook.last_failure);
  const base::Time now = wall();
  const bool keep_state = was_failing == answer.told || !last || now - *last > state_kept_every;
  answer.told ? note_success(*live) : note_failure(*live, answer);
  (answer.told ? told_ : failed_).add();
  ++event.attempts;
  const bool give_up = !answer.told && now - event.created >= settings_.retry_for;
  base::Duration wait = wait_after(event_waits, event.attempts);
  // Some earlier, some later: a receiver that comes back is not hit by all at once.
  wait = wait * static_cast<int>(90 + parts_.sender.doors.random.below(20)) / 100;
  if (give_up) {
    parked_.add();
    report(base::Severity::warning, "webhook.parked", *live, answer.why);
  }
  // What cannot be written is told again: at least once is what we promise.
  [[maybe_unused]] const auto written = co_await io::on_pool(
      parts_.sender.doors.pool,
      [this, told = answer.told, give_up, keep_state, wait, now, event = std::move(event),
       hook = live->hook]() -> base::Result<> {
        if (keep_state) {
          if (auto kept = parts_.store.update(hook); !kept) return kept;
        }
        if (told) return parts_.store.told(event, now);
        return give_up ? parts_.store.park(event, now) : parts_.store.put_off(event, now + wait);
      });
}

io::Task<void> Webhooks::tidy_up() {
  io::Clock& clock = parts_.sender.doors.clock;
  if (clock.now() - tidied_ < tidy_every) co_return;
  tidied_ = clock.now();
  [[maybe_unused]] const auto done = co_await io::on_pool(
      parts_.sender.doors.pool,
      [this, before = wall() - settings_.keep_parked_for] { return parts_.store.expire(before); });
}

}  // namespace webhooks
