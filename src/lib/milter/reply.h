// lib/milter/reply.h: what a filter answers and asks for.
//
// What:    one packet of a filter → Reply; strict: what is not as the protocol says is an error.
// In/Out:  Packet → Reply.
// Errors:  invalid with words: an unknown letter, a text without its end, octets behind the last
//          one, a reply code that is none, a field name that is none.
// Limits:  refusal_lines_max lines of refusal_line_bytes_max; index up to index_max.
// Not here: whether this reply may come now (policy/filters/milter_conversation.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/milter/wire.h"

namespace milter {

inline constexpr std::size_t refusal_lines_max = 32;  // as libmilter has it
inline constexpr std::size_t refusal_line_bytes_max = 980;
inline constexpr std::uint32_t index_max = 0x7fffffff;

enum class ReplyKind : std::uint8_t {
  // They end the wait.
  go_on,     // 'c'
  accept,    // 'a'
  reject,    // 'r'
  discard,   // 'd'
  tempfail,  // 't'
  refusal,   // 'y': with a reply of its own
  skip,      // 's': enough of the body
  shutdown,  // '4': 421
  fail,      // 'f': the connection fails
  options,   // 'O': the answer to the offer
  // They do not.
  progress,          // 'p'
  add_header,        // 'h'
  insert_header,     // 'i'
  change_header,     // 'm'
  replace_body,      // 'b'
  add_recipient,     // '+', '2'
  delete_recipient,  // '-'
  change_sender,     // 'e'
  quarantine,        // 'q'
};
[[nodiscard]] std::string_view to_string(ReplyKind kind);

struct Refusal {
  int code = 0;                                          // 4yz or 5yz
  std::optional<std::array<std::uint16_t, 3>> enhanced;  // of the first line
  std::vector<std::string> lines;                        // without codes; one at least

  bool operator==(const Refusal&) const = default;
};

struct Reply {
  ReplyKind kind = ReplyKind::go_on;
  std::string name;         // of a header field
  std::string text;         // its value; an address; a chunk of body; why; the options
  std::string parameters;   // of an address: "NOTIFY=NEVER"
  std::uint32_t index = 0;  // of insert_header: how many stand before it; of change_header: from 1
  Refusal refusal;

  bool operator==(const Reply&) const = default;
  [[nodiscard]] bool ends_the_wait() const { return kind <= ReplyKind::options; }
  // A change of the message or its envelope: only at its end.
  [[nodiscard]] bool is_change() const { return kind > ReplyKind::progress; }
};

[[nodiscard]] base::Result<Reply> read_reply(const Packet& packet);

}  // namespace milter
