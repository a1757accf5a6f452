// See id.h.
#include "lib/base/id.h"

#include <algorithm>

#include "lib/base/text.h"

namespace base {
namespace {

constexpr std::string_view letters =
    "0123456789abcdefghjkmnpqrstvwxyz";               // Crockford: no i, l, o, u
constexpr std::size_t id_letters = 13;                // 65 bits hold 64
constexpr std::int64_t epoch_ms = 1'577'836'800'000;  // 2020-01-01
constexpr unsigned counter_bits = 16;
constexpr unsigned node_bits = 8;

std::string encode(std::uint64_t value) {
  std::string out(id_letters, '0');
  for (std::size_t i = id_letters; i-- > 0; value >>= 5U) out[i] = letters[value & 31U];
  return out;
}

}  // namespace

std::string MessageId::text() const { return encode(value); }
std::string SessionId::text() const { return "s" + encode(value); }

Time MessageId::made() const {
  const auto since = static_cast<std::int64_t>(value >> (counter_bits + node_bits));
  return Time(std::chrono::milliseconds(epoch_ms + since));
}

std::optional<MessageId> MessageId::parse(std::string_view text) {
  if (text.size() != id_letters) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::size_t digit = letters.find(to_lower(c));
    if (digit == std::string_view::npos || value >> 59U != 0) return std::nullopt;
    value = value << 5U | digit;
  }
  if (value == 0) return std::nullopt;
  return MessageId{value};
}

// Layout: ms (40 bits) | counter (16) | node (8): ids sort by time within a node.
std::uint64_t IdMaker::next(Time now) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
  const auto since = static_cast<std::uint64_t>(std::max<std::int64_t>(ms - epoch_ms, 1));
  tick_ = std::max(tick_ + 1, since << counter_bits | begin_);
  return tick_ << node_bits | node_;
}

void IdMaker::skip_past(MessageId seen) { tick_ = std::max(tick_, seen.value >> node_bits); }

}  // namespace base
