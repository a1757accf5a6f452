// policy/state/state.h: what policy remembers of people and addresses, over restarts.
//
// What:    the login guard, the ledger of sent mail, the last uses and the contacts, with their
//          database.
// In/Out:  open() → all of them as they were; run() writes them every few seconds; save() at once.
// Errors:  those of state_store.h; one that cannot be written is told once and tried again.
// Limits:  a crash loses save_every of counters; a ban by an operator is saved at once.
// Not here: what is counted (policy/guard, policy/limits), the tables (state_store.h).
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "policy/client/client_memory.h"
#include "policy/guard/login_guard.h"
#include "policy/limits/sending_ledger.h"
#include "policy/settings.h"
#include "policy/state/contacts.h"
#include "policy/state/last_use.h"
#include "policy/state/state_store.h"

namespace policy {

// Everything that is kept about one account, for `user export`.
struct Kept {
  std::vector<LastUseRow> last_uses;
  std::vector<GuessRow> places;  // where its log-ins succeeded, and recent wrong guesses
  Usage usage;  // recipients are kept as keyed hashes: only their number can be told
  ContactsKept contacts;
};

// One per process. Its parts may be used from every loop.
class State {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<State>> open(const Settings& settings,
                                                                 base::EventSink& events,
                                                                 base::Metrics& metrics,
                                                                 base::Time now);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] LoginGuard& guard() { return guard_; }
  [[nodiscard]] SendingLedger& ledger() { return ledger_; }
  [[nodiscard]] LastUse& last_use() { return last_use_; }
  [[nodiscard]] ClientMemory& client() { return client_; }
  [[nodiscard]] Contacts& contacts() { return contacts_; }

  // Writes what has changed. Blocks.
  [[nodiscard]] base::Result<> save(base::Time now);
  // save() every few seconds until cancelled; the last time is the caller's, after the loops' end.
  io::Task<void> run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool);

  [[nodiscard]] Kept kept(std::string_view account, base::Time now);
  // Away with everything about the account, also on disk. Blocks.
  [[nodiscard]] base::Result<> erase(std::string_view account, base::Time now);

  void set_settings(const Settings& settings);

 private:
  State(std::unique_ptr<StateStore> store, const Settings& settings, base::EventSink& events,
        base::Metrics& metrics);

  std::mutex store_mutex_;
  std::unique_ptr<StateStore> store_;
  std::deque<StateChanges> unsaved_;  // in order: a later one overrides
  base::EventSink& events_;
  const base::Duration save_every_;
  GreylistSettings greylist_settings_;  // guarded by store_mutex_
  LoginGuard guard_;
  SendingLedger ledger_;
  LastUse last_use_;
  Contacts contacts_;
  ClientMemory client_;
  bool failing_ = false;
};

}  // namespace policy
