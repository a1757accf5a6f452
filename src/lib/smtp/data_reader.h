// lib/smtp/data_reader.h: the text after DATA → the message (RFC 5321 §4.1.1.4 and §4.5.2).
//
// What:    takes the dots of transparency off and finds the end, which is <CRLF>.<CRLF> and nothing
//          else.
// In/Out:  feed(input, out) appends message octets to out, says how many octets it consumed; done()
//          at the end.
// Errors:  fault(): the first thing wrong. The message is still read to its real end, so that
//          nothing of it is ever taken for a command (SMTP smuggling); nothing more is appended to
//          out.
// Limits:  DataLimits: octets per line and per message.
// Not here: BDAT (counted, no dots), header checks (lib/message/header.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/smtp/limits.h"
#include "lib/smtp/reply.h"

namespace smtp {

enum class DataFault : std::uint8_t { bare_cr, bare_lf, nul, line_too_long, too_big };

[[nodiscard]] std::string_view to_string(DataFault fault);  // "bare_lf"
// How to refuse such a message after its end: 554 5.6.0 …, 552 5.3.4 for too_big.
[[nodiscard]] Reply fault_reply(DataFault fault);

struct DataLimits {
  std::size_t line_bytes_max =
      data_line_bytes_max;              // with CRLF, without a stuffed dot; at least 64
  std::uint64_t size_max = UINT64_MAX;  // octets of the message
};

class DataReader {
 public:
  explicit DataReader(DataLimits limits = {});

  // Consumes all of the input, or up to the end of the message. After done() it consumes nothing.
  std::size_t feed(std::string_view input, std::string& out);
  [[nodiscard]] bool done() const { return state_ == State::done; }
  [[nodiscard]] std::optional<DataFault> fault() const { return fault_; }
  // Octets of the message so far, those that were thrown away too.
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  // Where we are after the octets so far.
  enum class State : std::uint8_t {
    line_start,  // after CRLF, or at the beginning
    line,
    cr,      // after CR
    dot,     // after a dot at the start of a line; the dot is not part of the message
    dot_cr,  // after that dot and a CR, which is not yet in the message
    done,
  };

  [[nodiscard]] const char* scan(const char* at, const char* end);
  void after_dot(char octet, std::string& out);
  void emit(std::string_view bytes, std::string& out);
  void count_lines(std::uint64_t crlf, std::size_t count);
  void note(DataFault fault);

  DataLimits limits_;
  State state_ = State::line_start;
  std::optional<DataFault> fault_;
  std::uint64_t size_ = 0;
  std::size_t line_bytes_ = 0;  // octets of the current line so far
};

}  // namespace smtp
