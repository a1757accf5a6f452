// directory/live_directory.h: the Directory of a running server.
//
// What:    holds the current Snapshot; watch() looks for changes in the database and swaps it.
// In/Out:  snapshot() from any thread; reload(store) on a pool thread or before the loops run.
// Errors:  when a reload fails the old snapshot stays, and watch() emits "directory.reload_failed";
//          what is wrong with a file of aliases is "directory.alias_file", told once.
// Limits:  a change is seen within poll_interval, of a file within two.
// Not here: how a snapshot is made (snapshot.h), changing the database (store.h).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "directory/alias_files/alias_files.h"
#include "directory/directory.h"
#include "directory/settings.h"
#include "directory/srs/srs.h"
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
  // The same: files of aliases beside the database; null: there are none.
  void set_alias_files(std::unique_ptr<AliasFiles> files) { alias_files_ = std::move(files); }
  // The same: what reads SRS addresses, and what keeps its secrets, on the pool, at every look.
  void set_srs(std::shared_ptr<Srs> srs, std::function<base::Result<>(base::Time)> keep) {
    srs_ = std::move(srs);
    keep_srs_ = std::move(keep);
  }

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override;
  // Those of files that count beside these contents of the database. Blocks.
  [[nodiscard]] std::vector<AliasRow> file_aliases(Contents contents);

  // Reads the store and swaps. Blocks. Any connection to the database will do.
  base::Result<> publish(Store& store);
  // The same, and remembers the count that reload_if_changed compares with: both on one connection.
  base::Result<> reload(Store& store);
  // Reads it only when it, or a file of aliases, has changed since the last reload: true if it has.
  // Blocks.
  base::Result<bool> reload_if_changed(Store& store);

  // A task for a TaskGroup of one loop: all its references outlive that group. Nobody else uses
  // `store` meanwhile.
  io::Task<void> watch(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool, io::Ref<Store> store,
                       io::Ref<base::EventSink> events);

 private:
  struct Looked {
    base::Result<bool> changed;
    base::Result<> secrets;
  };
  [[nodiscard]] Looked look(Store& store, base::Time now);
  void tell(base::EventSink& events, base::Time now, const Looked& looked);

  const Settings settings_;
  Overlay overlay_;
  std::unique_ptr<AliasFiles> alias_files_;
  std::shared_ptr<Srs> srs_;
  std::function<base::Result<>(base::Time)> keep_srs_;
  std::string last_trouble_, last_srs_trouble_;  // of watch(): told once, not every second
  std::vector<std::string> last_file_troubles_;
  std::mutex reload_mutex_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> current_;
  std::uint64_t change_count_ = 0;
};

}  // namespace directory
