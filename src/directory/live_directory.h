// directory/live_directory.h: the Directory of a running server.
//
// What:    holds the current Snapshot; watch() looks for changes in the database and swaps it.
// In/Out:  snapshot() from any thread; reload(store) on a pool thread or before the loops run.
// Errors:  when a reload fails the old snapshot stays, and watch() emits "directory.reload_failed".
// Limits:  a change is seen within poll_interval.
// Not here: how a snapshot is made (snapshot.h), changing the database (store.h).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "directory/directory.h"
#include "directory/settings.h"
#include "directory/store.h"
#include "lib/base/event.h"
#include "lib/base/time.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace directory {

inline constexpr base::Duration poll_interval = std::chrono::seconds(1);

class LiveDirectory final : public Directory {
 public:
  // Adds to the Store's contents what comes from elsewhere (ldap/). Thread-safe.
  using Overlay = std::function<Contents(Contents)>;

  explicit LiveDirectory(Settings settings);
  // Before the first reading.
  void set_overlay(Overlay overlay) { overlay_ = std::move(overlay); }

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override;

  // Reads the store and swaps. Blocks. Any connection to the database will do.
  base::Result<> publish(Store& store);
  // The same, and remembers the count that reload_if_changed compares with: both on one connection.
  base::Result<> reload(Store& store);
  // Reads it only when it has changed since the last reload: true if it has. Blocks.
  base::Result<bool> reload_if_changed(Store& store);

  // A task for a TaskGroup of one loop: all its references outlive that group. Nobody else uses
  // `store` meanwhile.
  io::Task<void> watch(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool, io::Ref<Store> store,
                       io::Ref<base::EventSink> events);

 private:
  const Settings settings_;
  Overlay overlay_;
  std::mutex reload_mutex_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> current_;
  std::uint64_t change_count_ = 0;
};

}  // namespace directory
