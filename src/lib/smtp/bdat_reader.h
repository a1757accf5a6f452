// lib/smtp/bdat_reader.h: the octets of BDAT chunks → the message (RFC 3030).
//
// What:    counts each chunk; without BINARYMIME lines must end with CRLF, as in DATA.
// In/Out:  begin(size, last), then feed(input, out) until chunk_done(); message_done() after the
//          last chunk.
// Errors:  fault(): the first thing wrong. What is counted is still read to its end, so that
//          nothing of it is ever taken for a command (SMTP smuggling); nothing more is appended to
//          out.
// Limits:  DataLimits: octets per line (not of binary messages) and per message.
// Not here: the command (command.h), who may send one (session/bdat.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/smtp/data_reader.h"

namespace smtp {

class BdatReader {
 public:
  enum class Kind : std::uint8_t { text, binary };

  BdatReader(Kind kind, DataLimits limits);

  // The octets that follow a BDAT command. The chunk before has been read.
  void begin(std::uint64_t size, bool last);
  // Consumes at most what is left of the chunk.
  std::size_t feed(std::string_view input, std::string& out);
  [[nodiscard]] bool chunk_done() const { return left_ == 0; }
  [[nodiscard]] bool message_done() const { return last_ && left_ == 0; }
  // Once, after the last chunk: a text that does not end with a line end gets one (as DATA would
  // give it, and every server after us needs it).
  void finish(std::string& out);
  [[nodiscard]] std::optional<DataFault> fault() const { return fault_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  void check_lines(std::string_view bytes);
  void count_lines(std::uint64_t crlf, std::size_t count);
  void note(DataFault fault);

  Kind kind_;
  DataLimits limits_;
  std::uint64_t left_ = 0;  // of the chunk
  bool last_ = false;
  std::optional<DataFault> fault_;
  std::uint64_t size_ = 0;  // of the message so far
  std::size_t line_bytes_ = 0;
  bool after_cr_ = false;
  bool at_start_ = true;  // after CRLF, or at the beginning
};

}  // namespace smtp
