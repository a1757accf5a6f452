// directory/ldap/ldap_directory.h: people from LDAP beside the Store's, always in memory.
//
// What:    reads LDAP every refresh_interval and lays it into the LiveDirectory's snapshot;
//          confirms unknown addresses and checks passwords at LDAP itself.
// In/Out:  overlay() for LiveDirectory; run() is a task of one loop; confirm() and check_password()
//          from any loop.
// Errors:  LDAP away: the last copy stays (memory, else disk); an unknown address is `uncertain`,
//          a password check an error: both defer, never refuse (HOUSE invariant 4).
// Limits:  waiting_max look-ups and checks at once, answers_max remembered; on threads of its own,
//          so that a dead LDAP server never holds up other blocking work.
// Not here: searches (reader.h), libldap (libldap_client.h), the snapshot (snapshot.h).
//
// While LDAP was never read and no copy is there, its domains are incomplete: the snapshot says so,
// and what it does not know waits. A catch-all alias of such a domain takes an unknown person's
// mail all the same: a domain with both has nobody who is unknown.
//
// A password check of somebody whom LDAP does not know binds as a DN that never exists, so that its
// time tells nothing. How long LDAP itself takes for that is LDAP's matter: OpenLDAP does not hash
// for an unknown DN, so a few 10 µs may be seen by who sits beside it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "directory/confirmation.h"
#include "directory/ldap/client.h"
#include "directory/ldap/contents.h"
#include "directory/ldap/reader.h"
#include "directory/live_directory.h"
#include "directory/settings.h"
#include "directory/store.h"
#include "lib/base/event.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/loop.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace directory {

class LdapDirectory {
 public:
  struct Parts {
    LiveDirectory& live;
    std::unique_ptr<Store> store;  // a connection of its own
    std::unique_ptr<LdapConnector> connector;
    io::Files& files;
    base::EventSink& events;
    // LDAP's threads in front of a loop.
    std::function<std::unique_ptr<io::Pool>(io::Loop&)> pool;
  };

  static constexpr unsigned threads = 4;
  static constexpr unsigned waiting_max = 64;
  static constexpr std::size_t answers_max = 10'000;

  LdapDirectory(LdapSettings settings, Parts parts);
  LdapDirectory(const LdapDirectory&) = delete;
  LdapDirectory& operator=(const LdapDirectory&) = delete;

  // Takes the copy on disk, when there is a good one. Blocks; before anything else.
  base::Result<> load_cache();
  // The Store's contents and LDAP's. Thread-safe.
  [[nodiscard]] Contents overlay(Contents sqlite) const;

  // Reads LDAP once and makes it live; false: it is away. For the start, and run() does it.
  io::Task<bool> refresh(io::Ref<io::Loop> loop, io::Ref<io::Clock> clock);
  // Refreshes for ever. A task for a TaskGroup of one loop.
  io::Task<void> run(io::Ref<io::Loop> loop, io::Ref<io::Clock> clock);

  // Is the address, which the snapshot does not know, really nobody's?
  io::Task<Confirmation> confirm(message::Address address, io::Ref<io::Loop> loop,
                                 io::Ref<io::Clock> clock);
  // Of a log-in name or a mailbox; a name without a person costs as much and is false.
  io::Task<base::Result<bool>> check_password(std::string login, std::string password,
                                              io::Ref<io::Loop> loop, io::Ref<io::Clock> clock);

  // Are people of this domain in LDAP? Thread-safe.
  [[nodiscard]] bool answers_for(std::string_view domain) const;
  // Could this name, which the snapshot does not know, be a log-in from LDAP? Thread-safe.
  [[nodiscard]] bool may_be_login(std::string_view name) const;
  [[nodiscard]] bool has_people() const;  // read, or from the copy on disk
  // "" when all is well; else since when LDAP is away and whom we know: for /health.
  [[nodiscard]] std::string trouble() const;

 private:
  struct Refreshed {
    bool changed = false;
    MergeCounts counts;
    std::size_t unusable = 0;
    std::string cache_trouble;  // the copy on disk could not be written
  };

  // On LDAP's threads.
  base::Result<Refreshed> refresh_now(base::Time now);
  base::Result<> adopt(std::shared_ptr<LdapContents> fresh);
  std::string save(const LdapContents& contents);
  base::Result<bool> look_up(const std::vector<std::string>& keys);
  base::Result<LdapFound> find(const std::vector<std::string>& keys);
  base::Result<bool> check_now(const std::string& mailbox, const std::string& password);
  template <class T>
  base::Result<T> asked(const std::function<base::Result<T>(LdapClient&)>& question);
  base::Result<> publish();
  [[nodiscard]] base::Result<> not_shrunk(const LdapContents& fresh) const;

  [[nodiscard]] std::shared_ptr<const LdapContents> current() const;
  void note_away(const base::Error& error, base::Time now);
  void note_back(const Refreshed& refreshed, base::Time now);
  [[nodiscard]] std::string away() const;  // why; "" when it is not
  [[nodiscard]] bool remembered_unknown(const std::string& key, base::Instant now);
  void remember_unknown(const std::string& key, base::Instant now);
  void emit(base::Severity severity, std::string_view name, base::Time now,
            std::vector<std::pair<std::string_view, std::string>> fields);

  const LdapSettings settings_;
  const LdapReader reader_;
  Parts parts_;

  mutable std::mutex mutex_;                      // for the fields up to the next one
  std::shared_ptr<const LdapContents> contents_;  // null: never read
  std::vector<LdapUser> confirmed_;               // found one by one since the last reading began
  std::string away_why_ = "not asked yet";
  base::Time away_since_{};
  bool away_told_ = false;
  bool saved_ = false;  // contents_ are on disk
  std::unordered_map<std::string, base::Instant> unknown_until_;

  std::mutex change_mutex_;  // one writer of contents_, cache and snapshot at a time
  std::mutex client_mutex_;
  std::unique_ptr<LdapClient> client_;  // kept for look-ups
  std::atomic<unsigned> waiting_{0};
};

}  // namespace directory
