// tools/bench/bare_wire.h: as much of SMTP as the reference server needs.
//
// What:    finds the end of a message's text; reads replies just enough to know their codes.
// In/Out:  octets → positions and codes.
// Errors:  a reply that is none gives 0 as its code.
// Limits:  reply_line_bytes_max; the callers bound texts.
// Not here: what a real server does (lib/smtp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

// Just behind <CRLF>.<CRLF>, or a dot line at the very start; npos: not there. What lies before
// `seen` was looked at by an earlier call.
[[nodiscard]] std::size_t find_end_of_text(std::string_view text, std::size_t seen);

class ReplyCodes {
 public:
  static constexpr std::size_t reply_line_bytes_max = 4096;

  void feed(std::string_view octets) { waiting_ += octets; }
  // The code of the next whole reply; nullopt: not there yet.
  [[nodiscard]] std::optional<int> next();
  void clear() { waiting_.clear(); }

 private:
  std::string waiting_;
};

}  // namespace bench
