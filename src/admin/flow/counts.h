// admin/flow/counts.h: what is counted of the mail's flow, and in which steps of time it is kept.
//
// What:    Counts of all mail, ReceiverCounts of one receiving domain; the steps (a minute, five
//          minutes, an hour), and the periods that are shown in them.
// In/Out:  values.
// Errors:  none; period_of gives nothing for a word that is no period.
// Limits:  kept_for of each step.
// Not here: counting (receiver_tally.h, flow.h), keeping (flow_store.h).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace flow {

// Messages that came, and recipients for whom something was decided.
enum class Kind : std::uint8_t { received, submitted, delivered, deferred, failed, refused };
inline constexpr std::array<std::string_view, 6> kind_names = {"received", "submitted", "delivered",
                                                               "deferred", "failed",    "refused"};
inline constexpr std::size_t kinds = kind_names.size();

struct Counts {
  std::array<std::uint64_t, kinds> of = {};
  [[nodiscard]] std::uint64_t& operator[](Kind kind) { return of.at(static_cast<size_t>(kind)); }
  [[nodiscard]] std::uint64_t operator[](Kind kind) const {
    return of.at(static_cast<size_t>(kind));
  }
  [[nodiscard]] bool empty() const { return *this == Counts(); }
  bool operator==(const Counts&) const = default;
  Counts& operator+=(const Counts& more) {
    for (std::size_t i = 0; i < kinds; ++i) of.at(i) += more.of.at(i);
    return *this;
  }
};

// Of one domain, in recipients and attempts.
struct ReceiverCounts {
  std::uint64_t delivered = 0;
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
  std::uint64_t milliseconds = 0;  // from accept to delivery, of all delivered together
  [[nodiscard]] std::uint64_t all() const { return delivered + deferred + failed; }
  ReceiverCounts& operator+=(const ReceiverCounts& more) {
    delivered += more.delivered;
    deferred += more.deferred;
    failed += more.failed;
    milliseconds += more.milliseconds;
    return *this;
  }
};

// What a receiver said when it last took something not, without anybody's local part.
struct Trouble {
  base::Time when;
  std::string text;
};

struct Step {
  std::chrono::seconds length;
  base::Duration kept_for;  // a little longer than the longest period that is shown in it
};
inline constexpr std::array<Step, 3> steps = {{
    {.length = std::chrono::minutes(1), .kept_for = std::chrono::hours(2)},
    {.length = std::chrono::minutes(5), .kept_for = std::chrono::hours(26)},
    {.length = std::chrono::hours(1), .kept_for = std::chrono::hours(40 * 24)},
}};

struct Period {
  std::string_view name;
  std::chrono::seconds step;
  std::size_t count = 0;  // of steps, the current one too
};
inline constexpr std::array<Period, 4> periods = {{
    {.name = "hour", .step = std::chrono::minutes(1), .count = 60},
    {.name = "day", .step = std::chrono::minutes(5), .count = 288},
    {.name = "week", .step = std::chrono::hours(1), .count = 7 * 24},
    {.name = "month", .step = std::chrono::hours(1), .count = 31 * 24},
}};
[[nodiscard]] std::optional<Period> period_of(std::string_view name);

// The begin of the step that a time is in, in whole steps since 1970.
[[nodiscard]] base::Time begin_of_step(base::Time time, std::chrono::seconds length);
// Where the period begins that ends with the step that `now` is in.
[[nodiscard]] base::Time begin_of(const Period& period, base::Time now);

}  // namespace flow
