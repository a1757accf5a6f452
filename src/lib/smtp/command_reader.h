// lib/smtp/command_reader.h: bytes from a client → command lines (RFC 5321 §2.3.8).
//
// What:    gives one line at a time; a line ends with CRLF and nothing else.
// In/Out:  feed(input) consumes from the front; at line, line() is the text without CRLF.
// Errors:  fault, with reply() saying 500 5.5.2 and which: bare_lf (the line ends there, so that a
//          client that knows no CRLF gets its answer), bare_cr, nul, too_long (swallowed to its
//          end, reported once).
// Limits:  line_bytes_max, CRLF included; no more than that is ever held.
// Not here: what the line means (command.h), message text (data_reader.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/smtp/limits.h"
#include "lib/smtp/reply.h"

namespace smtp {

enum class LineFault : std::uint8_t { none, bare_lf, bare_cr, nul, too_long };

class CommandReader {
 public:
  enum class Status : std::uint8_t { need_more, line, fault };

  explicit CommandReader(std::size_t line_bytes_max = command_line_bytes_max)
      : line_bytes_max_(line_bytes_max) {}

  // Bytes after the line stay in `input`.
  Status feed(std::string_view& input);
  // After Status::line, until the next feed: may point into the input that was fed.
  [[nodiscard]] std::string_view line() const { return line_; }
  // After Status::fault.
  [[nodiscard]] LineFault fault() const { return fault_; }
  [[nodiscard]] Reply reply() const;

  // AUTH answers may be longer than commands. Counts from the next line on.
  void set_line_bytes_max(std::size_t line_bytes_max) { line_bytes_max_ = line_bytes_max; }
  // Forgets a partial line: after STARTTLS nothing sent in clear may count (RFC 3207 §4.2).
  void reset();

 private:
  Status end_line(std::string_view part, bool with_cr);
  void keep(std::string_view part);

  std::size_t line_bytes_max_;
  std::string partial_;
  bool ended_ = false;          // the last feed gave a line or fault: partial_ is to be dropped
  bool last_was_cr_ = false;    // the last octet of the part that is there
  bool after_bare_lf_ = false;  // everything is refused up to the next CRLF
  LineFault fault_ = LineFault::none;
  std::string_view line_;
};

}  // namespace smtp
