// tools/bench/message_maker.h: the messages that `bench load` sends.
//
// What:    makes messages of one size. What they share is made once; for each only its number and
//          the sum of its body are written into the header in place, and a few bodies take turns.
// In/Out:  Options → Draft (a session's own header) → stamp(draft, number) → header and body, as
//          they go over the wire: lines with CRLF, none begins with a dot.
// Errors:  invalid when the size has no room for the header and a line.
// Limits:  size_max; at most bodies_bytes_max octets of bodies are held.
// Not here: MAIL and RCPT (address_pattern.h), what the sink makes of it (mark.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace bench {

struct MessageOptions {
  std::uint64_t size = 10'240;  // octets, header included
  std::uint64_t seed = 0;       // other bodies for another seed
  std::string from;             // addresses for the header
  std::string to;
  std::string host;  // right side of Message-ID
  base::Time date = {};
};

class MessageMaker {
 public:
  static constexpr std::uint64_t size_max = 256UL << 20;
  static constexpr std::uint64_t bodies_bytes_max = 16UL << 20;

  struct Draft {
    std::string header;  // with the empty line
  };
  struct Text {
    std::string_view header;  // lies in the draft
    std::string_view body;
  };

  [[nodiscard]] static base::Result<MessageMaker> make(const MessageOptions& options);

  [[nodiscard]] Draft draft() const { return {header_}; }
  // Valid until the draft is stamped again.
  [[nodiscard]] Text stamp(Draft& draft, std::uint64_t number) const;

 private:
  struct Body {
    std::string text;
    std::uint32_t sum = 0;
  };

  std::string header_;
  std::array<std::size_t, 3> number_at_ = {};  // where the number stands in the header
  std::size_t sum_at_ = 0;
  std::vector<Body> bodies_;
};

}  // namespace bench
