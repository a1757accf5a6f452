// admin/webhooks/store.h: webhooks.db: webhooks, and the events that wait for them.
//
// What:    rows of hooks and of events; of the events of one message only the first is due, the
//          others wait for it.
// In/Out:  values ↔ tables. Blocks: pool threads and start only; from any thread.
// Errors:  those of directory/database.h; exists, not_found, limit.
// Limits:  webhooks_max, pending_max; what was parked longer ago than keep_parked_for goes.
// Not here: when what is sent (webhooks.h), to where (sender.h).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "admin/settings.h"
#include "admin/webhooks/hook.h"
#include "directory/database.h"

namespace webhooks {

struct Waiting {
  std::int64_t number = 0;
  std::string hook;
  std::string id;  // of the event
  std::string message;
  std::string body;
  base::Time created;  // when it began to wait
  std::uint32_t attempts = 0;
};

struct Counts {
  std::size_t waiting = 0;
  std::size_t parked = 0;
};

class Store {
 public:
  // Makes the file when missing. ":memory:" keeps nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<Store>> open(const std::string& path);

  [[nodiscard]] base::Result<std::vector<Hook>> hooks();
  [[nodiscard]] base::Result<> add(const Hook& hook, std::size_t webhooks_max);
  [[nodiscard]] base::Result<> remove(const std::string& name);
  // All of it but name and creation.
  [[nodiscard]] base::Result<> update(const Hook& hook);
  [[nodiscard]] base::Result<std::map<std::string, Counts>> counts();

  struct News {
    std::string hook;
    Happening happening;
  };
  struct Added {
    std::size_t added = 0;
    std::size_t dropped = 0;  // pending_max
  };
  // In one transaction. An event that waits already is not added again; a parked one waits again.
  [[nodiscard]] base::Result<Added> add(const std::vector<News>& news, std::size_t pending_max,
                                        base::Time now);
  struct Due {
    std::vector<Waiting> events;
    bool more = true;  // false: nothing waits at all
  };
  // The first that are due, the longest due first.
  [[nodiscard]] base::Result<Due> due(const std::string& hook, base::Time now, std::size_t max);
  // Told: it goes, and the next event of its message is due.
  [[nodiscard]] base::Result<> told(const Waiting& event, base::Time now);
  [[nodiscard]] base::Result<> put_off(const Waiting& event, base::Time due);
  // Given up: it stays for a replay, and the next event of its message is due.
  [[nodiscard]] base::Result<> park(const Waiting& event, base::Time now);
  // How many parked events of the webhook wait again.
  [[nodiscard]] base::Result<std::size_t> unpark(const std::string& hook, base::Time now);
  [[nodiscard]] base::Result<> expire(base::Time parked_before);

 private:
  explicit Store(std::unique_ptr<directory::Database> database) : database_(std::move(database)) {}
  [[nodiscard]] base::Result<> make_tables();
  [[nodiscard]] base::Result<bool> insert(const News& news, base::Time now);
  [[nodiscard]] base::Result<> free_next(const std::string& hook, const std::string& message,
                                         base::Time now);

  std::mutex mutex_;  // guards the connection
  std::unique_ptr<directory::Database> database_;
};

}  // namespace webhooks
