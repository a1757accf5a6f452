// tools/bench/mark.h: the header field by which the sink knows a message again.
//
// What:    `X-Bench: number=N size=N sum=CRC32C` says which message it is, how long it was when it
//          was sent and what its body must be.
// In/Out:  text ↔ Mark; find_mark looks through a whole header; Crc32c adds up a body.
// Errors:  nullopt for a field that is none or is malformed: such a message is foreign.
// Limits:  numbers of at most 18 digits.
// Not here: counting what came (counters.h), the rest of the message (message_maker.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

struct Mark {
  std::uint64_t number = 0;
  std::uint64_t size = 0;  // of the whole message as it was sent, in octets
  std::uint32_t sum = 0;   // CRC32C of the body

  bool operator==(const Mark&) const = default;
};

inline constexpr std::string_view mark_name = "X-Bench";
// Leading zeros make every mark equally long.
inline constexpr std::size_t mark_digits = 12;

// "number=000000000017 size=000000010240 sum=0123abcd"
[[nodiscard]] std::string mark_text(const Mark& mark);
// The value of the field, spaces around it and folded or not.
[[nodiscard]] std::optional<Mark> parse_mark(std::string_view value);
// The first X-Bench field of a header (lines with CRLF).
[[nodiscard]] std::optional<Mark> find_mark(std::string_view header);

class Crc32c {
 public:
  void add(std::string_view bytes);
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xffffffff;
};

}  // namespace bench
