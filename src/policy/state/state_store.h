// policy/state/state_store.h: state.db, where counters survive a restart.
//
// What:    bans, failed log-ins, last uses and what accounts sent, in SQLite.
// In/Out:  load() at start → StateImage; save() of what has changed, in one transaction.
// Errors:  busy, no_space, corrupt, io …, with SQLite's words; `unsupported` for a newer schema.
// Limits:  synchronous=NORMAL: a crash of the machine may lose the last seconds of counters. Blocks
//          on SQLite: pool threads, start and stop only, one thread at a time.
// Not here: the values' meaning (policy/guard, policy/limits), when it is written (state.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "directory/database.h"
#include "policy/state/rows.h"

namespace policy {

class StateStore {
 public:
  // Makes the file and its tables when missing. ":memory:" keeps nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<StateStore>> open(const std::string& path);

  [[nodiscard]] base::Result<StateImage> load();
  [[nodiscard]] base::Result<> save(const StateChanges& changes);

 private:
  explicit StateStore(std::unique_ptr<directory::Database> database)
      : database_(std::move(database)) {}
  [[nodiscard]] base::Result<> make_tables();

  std::unique_ptr<directory::Database> database_;
};

}  // namespace policy
