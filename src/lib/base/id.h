// lib/base/id.h: names of messages and sessions.
//
// What:    MessageId names a queued message for ever: 40 bits of time (ms since 2020), 8 bits of
//          node, 16 bits of counter, unique across loops and restarts; printed as 13 letters and
//          digits. SessionId names one inbound connection; printed the same way with an 's' in
//          front.
// In/Out:  IdMaker(node, begin) makes them from the wall clock; text() and parse().
// Errors:  parse returns nullopt for anything but what text() prints (case does not matter).
// Limits:  65,536 ids per millisecond and node, less where the counter begins; the maker then
//          borrows the next millisecond.
// Not here: the Message-ID header field, which senders make (lib/message/trace_fields.h makes
//          ours).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace base {

struct MessageId {
  std::uint64_t value = 0;  // 0 is no message
  auto operator<=>(const MessageId&) const = default;
  [[nodiscard]] explicit operator bool() const { return value != 0; }
  [[nodiscard]] std::string text() const;  // 13 characters of Crockford's base 32, lower case
  [[nodiscard]] static std::optional<MessageId> parse(std::string_view text);
  [[nodiscard]] Time made() const;  // when, to the millisecond (or what its maker took for now)
};

struct SessionId {
  std::uint64_t value = 0;
  auto operator<=>(const SessionId&) const = default;
  [[nodiscard]] std::string text() const;  // "s" and 13 characters
};

// One per loop. Ids of one maker grow strictly; makers of different nodes never meet. The counter
// of each millisecond begins at `begin`, which is random: after a restart with a clock that was set
// back the names of mail that is long delivered, and of its file in the mailbox, do not come again.
class IdMaker {
 public:
  explicit IdMaker(std::uint8_t node, std::uint16_t begin = 0) : begin_(begin), node_(node) {}
  [[nodiscard]] MessageId message(Time now) { return {next(now)}; }
  [[nodiscard]] SessionId session(Time now) { return {next(now)}; }
  // Makes every later id larger than `seen` (after replay of a journal written with a faster
  // clock).
  void skip_past(MessageId seen);

 private:
  [[nodiscard]] std::uint64_t next(Time now);

  std::uint64_t begin_;
  std::uint8_t node_;
  std::uint64_t tick_ = 0;  // (ms << 16 | counter) of the last id
};

}  // namespace base

template <>
struct std::hash<base::MessageId> {
  std::size_t operator()(base::MessageId id) const noexcept {
    return static_cast<std::size_t>(id.value * 0x9e3779b97f4a7c15ULL);
  }
};
