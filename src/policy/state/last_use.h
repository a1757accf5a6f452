// policy/state/last_use.h: when and from where each log-in was last used.
//
// What:    one line per log-in name, shown by `user show` and `app-password list`.
// In/Out:  note() at each successful log-in; of() and of_account() for the command line.
// Errors:  none.
// Limits:  log-ins that exist make the lines; logins_max bounds them all the same.
// Not here: where it is kept (state_store.h), failed log-ins (policy/guard/).
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/state/rows.h"

namespace policy {

// Does the log-in belong to that account: "you@demo.test", "you@demo.test/phone"?
[[nodiscard]] bool login_is_of(std::string_view login, std::string_view account);

// One per process, shared by all loops.
class LastUse {
 public:
  static constexpr std::size_t logins_max = 1'000'000;

  void note(std::string_view login, const io::IpAddress& peer, base::Time now);
  [[nodiscard]] std::optional<LastUseRow> of(std::string_view login) const;
  [[nodiscard]] std::vector<LastUseRow> of_account(std::string_view account) const;
  void forget(std::string_view account);

  // For State: what was kept, and what has changed since the last call.
  void load(std::vector<LastUseRow> rows);
  [[nodiscard]] Changed<LastUseRow, std::string> take_changes();

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, LastUseRow> rows_;
  std::set<std::string> changed_;
};

}  // namespace policy
