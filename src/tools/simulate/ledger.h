// tools/simulate/ledger.h: every message and what became of it: the account at the end.
//
// What:    Ledger has a line per message; it notes what must not be: an end of what has ended, or
//          of what never came.
// In/Out:  open(number), close(number, fate); audit() counts again and compares.
// Errors:  mistakes are words in wrong(), at most wrong_max of them.
// Limits:  24 octets per message.
// Not here: when they are tried (queue/schedule.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace simulate {

enum class Fate : std::uint8_t { unknown, queued, delivered, bounced, expired };
inline constexpr std::size_t fate_count = 5;

struct Line {
  base::Duration accepted = {};
  base::Duration first_tried = base::Duration(-1);
  std::uint32_t domain = 0;
  std::uint16_t attempts = 0;
  Fate fate = Fate::unknown;
  bool delay_told = false;  // its sender knows that it is late
};

static_assert(sizeof(Line) == 24);

class Ledger {
 public:
  static constexpr std::size_t wrong_max = 20;

  explicit Ledger(std::uint64_t messages) { lines_.reserve(messages); }

  // The next message; its number counts from 0.
  std::uint64_t open(base::Duration now, std::uint32_t domain);
  void close(std::uint64_t number, Fate fate);
  // `queued`: what the schedule says that it has; `each`: what was counted as each fate.
  void audit(std::uint64_t queued, const std::array<std::uint64_t, fate_count>& each);
  void note(std::string wrong);

  Line& operator[](std::uint64_t number) { return lines_.at(number); }
  const Line& operator[](std::uint64_t number) const { return lines_.at(number); }
  [[nodiscard]] std::uint64_t size() const { return lines_.size(); }
  [[nodiscard]] const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  std::vector<Line> lines_;
  std::vector<std::string> wrong_;
};

}  // namespace simulate
