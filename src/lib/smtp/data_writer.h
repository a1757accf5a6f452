// lib/smtp/data_writer.h: a message → the text after DATA (RFC 5321 §4.5.2).
//
// What:    doubles a dot at the start of a line and ends the message with <CRLF>.<CRLF>. Nothing
//          but CRLF ever ends a line on the wire: a bare CR or LF becomes CRLF, so that we can
//          never be used to smuggle.
// In/Out:  feed(chunk, scratch) → the bytes to send: the chunk itself where nothing had to change,
//          else scratch.
// Errors:  none.
// Limits:  scratch grows to at most twice the chunk (three times for a chunk of bare line ends).
// Not here: BDAT (sends bytes as they are), conversion for a hop without 8BITMIME.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smtp {

class DataWriter {
 public:
  // The result is valid while neither the chunk nor scratch changes. Chunks may be cut anywhere.
  [[nodiscard]] std::string_view feed(std::string_view chunk, std::string& scratch);
  // What ends the message: a CRLF if the last line lacks it, then the dot.
  [[nodiscard]] std::string_view finish();

 private:
  bool at_line_start_ = true;
  bool after_cr_ = false;
};

}  // namespace smtp
