// policy/client/list_watch.h: which lists may be believed at the moment.
//
// What:    each list is tested by its test entries before it is first asked, then hourly, and soon
//          after an error answer; one that fails is set aside until it is good again.
// In/Out:  standing() before a query, accuse() and doubt() after; run() tests; all() for
//          `stagepost lists`. Events list.faulty and list.recovered.
// Errors:  none: a list that cannot be tested is faulty, with words.
// Limits:  lists of the settings; tested_every, retested_every.
// Not here: the queries (list_query.h), weights (client_checks.h).
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/clock.h"
#include "policy/client/list_query.h"

namespace policy {

struct ListState {
  ListSetting list;
  ListPoints points = ListPoints::ipv4;
  ListTest test;
  base::Time tested;  // epoch: never
  base::Time since;   // it stands so
};

// One per process, shared by all loops: a short mutex, held over no wait.
class ListWatch {
 public:
  static constexpr base::Duration tested_every = std::chrono::hours(1);
  static constexpr base::Duration retested_every = std::chrono::minutes(1);  // while it is faulty
  static constexpr base::Duration looked_every = std::chrono::seconds(2);    // for what is due

  ListWatch(base::EventSink& events, base::Metrics& metrics);

  // Lists that stay keep their standing.
  void set_lists(const std::vector<ListSetting>& lists);
  [[nodiscard]] ListTest standing(const ListSetting& list, ListPoints points) const;
  // The result of a test.
  void learn(const ListSetting& list, ListPoints points, ListTest test, base::Time now);
  // It answered that it is not to be used: set aside at once, tested again in a minute.
  void accuse(const ListSetting& list, ListPoints points, std::string why, base::Time now);
  // It did not answer once: tested soon.
  void doubt(const ListSetting& list, ListPoints points);
  [[nodiscard]] std::vector<ListState> all() const;

  // Tests what has never been tested, then what is due, until cancelled.
  io::Task<void> run(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock);
  // All at the same time; `only_due`: those whose hour has come.
  io::Task<void> test(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock, bool only_due);

 private:
  using Key = std::pair<std::string, ListPoints>;  // zone
  struct Entry {
    ListState state;
    base::Time due;  // of the next test; epoch: now
  };
  [[nodiscard]] std::vector<ListState> due(base::Time now) const;
  io::Task<void> test_one(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock,
                          ListState state);
  void put(Entry& entry, ListTest test, base::Time now);
  void tell(const ListState& state, base::Time now) const;

  mutable std::mutex mutex_;
  base::EventSink& events_;
  base::Gauge& faulty_;
  std::map<Key, Entry> entries_;
};

}  // namespace policy
