// lib/smtp/reply_reader.h: bytes from a server → replies (RFC 5321 §4.2.1).
//
// What:    gathers the lines of one reply; takes what real servers send (no text, no enhanced code,
//          a lone LF).
// In/Out:  feed(input) consumes from the front; at done, take() gives the Reply and begins the
//          next.
// Errors:  malformed, with error() saying what was wrong; the connection is then of no use.
// Limits:  ReplyLimits: octets per line, lines per reply.
// Not here: what a reply means to delivery; EHLO keywords (extensions.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/smtp/limits.h"
#include "lib/smtp/reply.h"

namespace smtp {

struct ReplyLimits {
  std::size_t line_bytes_max = peer_reply_line_bytes_max;
  std::size_t lines_max = peer_reply_lines_max;
};

class ReplyReader {
 public:
  enum class Status : std::uint8_t { need_more, done, malformed };

  explicit ReplyReader(ReplyLimits limits = {}) : limits_(limits) {}

  // After done, call take() before the next feed. Bytes after the reply stay in `input`.
  Status feed(std::string_view& input);
  [[nodiscard]] Reply take();
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  Status add_line(std::string_view line);
  void add_text(std::string_view text);
  Status malformed(std::string what);

  ReplyLimits limits_;
  std::string partial_;  // the beginning of a line whose end has not come
  Reply reply_;
  std::string error_;
  Status status_ = Status::need_more;
};

}  // namespace smtp
