// policy/limits/account_window.h: what one account has sent within a day and within minutes.
//
// What:    hourly counts of 24 to 25 hours, counts by the minute for the brake, known recipients.
// In/Out:  add(), bounce() with the time; day() and lately() → totals. SentRow keeps it.
// Errors:  a malformed part of a row is left out.
// Limits:  25 hours, as many minutes as the brake's window has; known recipients by `max`.
// Not here: which limit is passed (sending_ledger.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "directory/sending_limits.h"
#include "policy/state/rows.h"

namespace policy {

struct DayTotals {
  std::uint64_t messages = 0;
  std::uint64_t fresh = 0;  // recipients that it had never written to
};

struct LateTotals {
  std::uint64_t fresh = 0;
  std::uint64_t bounces = 0;
};

class AccountWindow {
 public:
  AccountWindow() = default;
  explicit AccountWindow(const SentRow& row);
  [[nodiscard]] SentRow row(const std::string& account) const;

  void add(base::Time now, std::uint64_t messages, std::uint64_t fresh);
  void bounce(base::Time now);
  [[nodiscard]] DayTotals day(base::Time now) const;
  [[nodiscard]] LateTotals lately(base::Time now) const;
  void forget_minutes() { minutes_.clear(); }

  [[nodiscard]] bool knows(std::uint64_t recipient) const { return known_.contains(recipient); }
  [[nodiscard]] std::size_t known() const { return known_.size(); }
  // True when that is news for the database.
  bool learn(std::uint64_t recipient, std::uint32_t day);
  // The longest unused recipients above `max`, and some more so that it is not done each time.
  [[nodiscard]] std::vector<std::uint64_t> drop_oldest(std::size_t max);
  // Those last written to before that day.
  [[nodiscard]] std::vector<std::uint64_t> drop_before(std::uint32_t day);

  directory::SendingLimits limits;  // as they were when it last sent
  std::optional<base::Time> braked;
  std::string brake_reason;
  base::Time warned;  // when the owner was last warned and told; when the administrator was
  base::Time told;
  base::Time administrator_told;

 private:
  struct Slice {
    std::int64_t at = 0;  // hour or minute since 1970
    std::uint64_t first = 0;
    std::uint64_t second = 0;
  };
  using Slices = std::vector<Slice>;
  [[nodiscard]] static Slice& current(Slices& slices, std::int64_t at, std::int64_t kept);
  [[nodiscard]] static std::string write(const Slices& slices);
  [[nodiscard]] static Slices read(const std::string& text);
  [[nodiscard]] std::int64_t minutes_kept() const;

  Slices hours_;                                            // messages, new recipients
  Slices minutes_;                                          // new recipients, bounces
  std::unordered_map<std::uint64_t, std::uint32_t> known_;  // hash → day last written to
};

}  // namespace policy
