// tools/bench/inspection.h: one arriving message, looked at while it streams by.
//
// What:    finds the mark in the header and adds up the body.
// In/Out:  feed() the message's octets (dots taken off), then finish() → Finding.
// Errors:  none: what cannot be understood is foreign.
// Limits:  header_bytes_max of header are held; a mark beyond them is not seen.
// Not here: counting (counters.h), the end of the message (lib/smtp/data_reader.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/bench/mark.h"

namespace bench {

struct Finding {
  enum class Kind : std::uint8_t { intact, damaged, foreign };
  Kind kind = Kind::foreign;
  std::uint64_t number = 0;  // not for a foreign one
  std::uint64_t bytes = 0;
};

class Inspection {
 public:
  static constexpr std::size_t header_bytes_max = 64UL * 1024;

  void feed(std::string_view octets);
  // And begins anew.
  [[nodiscard]] Finding finish();

 private:
  [[nodiscard]] std::string_view take_header(std::string_view octets);

  std::string header_;  // so far, while in_header_
  bool in_header_ = true;
  std::optional<Mark> mark_;
  Crc32c sum_;
  std::uint64_t bytes_ = 0;
};

}  // namespace bench
