// See list_watch.h.
#include "policy/client/list_watch.h"

#include <algorithm>

#include "lib/io/deadline.h"
#include "lib/io/task_group.h"

namespace policy {
namespace {

constexpr base::Duration test_timeout = std::chrono::seconds(30);

std::vector<ListPoints> points_of(const ListSetting& list) {
  if (list.of == ListSetting::Of::address) return {ListPoints::ipv4, ListPoints::ipv6};
  return {ListPoints::domain};
}

io::Task<base::Result<ListTest>> tested(io::Ref<dns::Resolver> resolver, ListSetting list,
                                        ListPoints points) {
  co_return co_await test_list(resolver, std::move(list), points);
}

}  // namespace

ListWatch::ListWatch(base::EventSink& events, base::Metrics& metrics)
    : events_(events),
      faulty_(metrics.gauge("stagepost_lists_faulty",
                            "Block lists and allow-lists that failed their test")) {}

void ListWatch::set_lists(const std::vector<ListSetting>& lists) {
  const std::scoped_lock lock(mutex_);
  std::map<Key, Entry> kept;
  for (const ListSetting& list : lists) {
    for (const ListPoints points : points_of(list)) {
      const Key key(list.zone, points);
      const auto old = entries_.find(key);
      Entry entry = old == entries_.end() ? Entry() : old->second;
      entry.state.list = list;
      entry.state.points = points;
      kept.emplace(key, std::move(entry));
    }
  }
  entries_ = std::move(kept);
}

ListTest ListWatch::standing(const ListSetting& list, ListPoints points) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(Key(list.zone, points));
  return found == entries_.end() ? ListTest() : found->second.state.test;
}

void ListWatch::learn(const ListSetting& list, ListPoints points, ListTest test, base::Time now) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(Key(list.zone, points));
  if (found == entries_.end()) return;  // the settings have changed since
  put(found->second, std::move(test), now);
}

void ListWatch::accuse(const ListSetting& list, ListPoints points, std::string why,
                       base::Time now) {
  learn(list, points, {.standing = ListTest::Standing::faulty, .why = std::move(why)}, now);
}

void ListWatch::doubt(const ListSetting& list, ListPoints points) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(Key(list.zone, points));
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.due = std::min(entry.due, entry.state.tested + retested_every);
}

void ListWatch::put(Entry& entry, ListTest test, base::Time now) {
  using Standing = ListTest::Standing;
  ListState& state = entry.state;
  const Standing before = state.test.standing;
  const bool is_faulty = test.standing == Standing::faulty;
  if (test.standing != before) state.since = now;
  state.test = std::move(test);
  state.tested = now;
  entry.due = now + (is_faulty ? retested_every : tested_every);
  if (is_faulty != (before == Standing::faulty)) tell(state, now);
  faulty_.set(std::ranges::count_if(entries_, [](const auto& one) {
    return one.second.state.test.standing == Standing::faulty;
  }));
}

void ListWatch::tell(const ListState& state, base::Time now) const {
  const bool is_faulty = state.test.standing == ListTest::Standing::faulty;
  base::Event event{.severity = is_faulty ? base::Severity::warning : base::Severity::info,
                    .name = is_faulty ? "list.faulty" : "list.recovered",
                    .time = now,
                    .session = {},
                    .message = {},
                    .fields = {{"list", shown_zone(state.list.zone)},
                               {"for", std::string(to_string(state.points))}}};
  if (is_faulty) {
    event.fields.emplace_back("text",
                              state.test.why + "; it is set aside until it passes its test");
  }
  events_.emit(event);
}

std::vector<ListState> ListWatch::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ListState> out;
  out.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) out.push_back(entry.state);
  return out;
}

std::vector<ListState> ListWatch::due(base::Time now) const {
  const std::scoped_lock lock(mutex_);
  std::vector<ListState> out;
  for (const auto& [key, entry] : entries_) {
    // A wall clock that went back must not stop the tests for as long.
    if (entry.due <= now || entry.state.tested > now) out.push_back(entry.state);
  }
  return out;
}

io::Task<void> ListWatch::run(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock) {
  do {
    co_await test(resolver, clock, true);
  } while (co_await io::sleep_for(*clock, looked_every));
}

io::Task<void> ListWatch::test(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock,
                               bool only_due) {
  io::TaskGroup testing(co_await io::current_scope());
  for (ListState& state : only_due ? due(clock->wall()) : all()) {
    testing.spawn(test_one(resolver, clock, std::move(state)));
  }
  co_await testing.join();
}

io::Task<void> ListWatch::test_one(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock,
                                   ListState state) {
  auto test =
      co_await io::with_timeout(*clock, test_timeout, tested(resolver, state.list, state.points));
  const io::CancelScope* scope = co_await io::current_scope();
  if (!test || (scope != nullptr && scope->cancelled())) co_return;  // we are stopping
  learn(state.list, state.points, std::move(*test), clock->wall());
}

}  // namespace policy
