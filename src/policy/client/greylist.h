// policy/client/greylist.h: who has come again, as mail servers do and spammers do not.
//
// What:    the first mail of a client, sender and recipient has to come again after a while.
// In/Out:  ask() → passed, or how long to wait. Only keyed hashes are kept, over restarts.
// Errors:  none.
// Limits:  GreylistSettings; entries_max, the longest unseen of those that never came again go
//          first.
// Not here: who is spared (client_checks.h), where it is kept (policy/state).
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "lib/base/time.h"
#include "lib/io/address.h"
#include "lib/message/address.h"
#include "policy/client/settings.h"
#include "policy/state/rows.h"

namespace policy {

struct GreylistAnswer {
  bool passed = true;
  std::string why;        // "first contact", "known since 2026-…"
  base::Duration wait{};  // when it has not passed
};

// One per process, shared by all loops: a short mutex, held over no wait.
class Greylist {
 public:
  [[nodiscard]] GreylistAnswer ask(const io::IpAddress& client, const message::Address& sender,
                                   const message::Address& recipient,
                                   const GreylistSettings& settings, base::Time now);
  [[nodiscard]] std::size_t size() const;

  // For State: what was kept, and what has changed since the last call.
  void load(const StateImage& image);
  void take_changes(StateChanges& changes, const GreylistSettings& settings, base::Time now);

 private:
  struct Entry {
    base::Time first;
    base::Time seen;
    std::uint32_t successes = 0;  // of a network: mail that came again; of a mail: 1 when it has
  };
  [[nodiscard]] static bool is_over(const Entry& entry, const GreylistSettings& settings,
                                    base::Time now);
  [[nodiscard]] std::uint64_t hash(std::string_view key) const;
  [[nodiscard]] GreylistAnswer judge(std::uint64_t mail, std::uint64_t network,
                                     const GreylistSettings& settings, base::Time now);
  void touch(std::uint64_t key, Entry& entry, base::Time now);
  void sweep(const GreylistSettings& settings, base::Time now);
  void make_room(const GreylistSettings& settings, base::Time now);
  void drop(std::unordered_map<std::uint64_t, Entry>::iterator at);

  mutable std::mutex mutex_;
  std::string secret_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_set<std::uint64_t> changed_;
  base::Time swept_;
};

}  // namespace policy
