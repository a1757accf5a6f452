// tools/bench/address_pattern.h: addresses that change with the number of the message.
//
// What:    "user{n%100}@d{n}.example" with the number, or its rest, in place of the braces.
// In/Out:  parse once, then append(number, out) for each message.
// Errors:  invalid for braces that are not {n} or {n%K}, and for control characters or spaces.
// Limits:  pattern_bytes_max.
// Not here: whether the address is one: the server under test says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace bench {

class AddressPattern {
 public:
  static constexpr std::size_t pattern_bytes_max = 320;

  [[nodiscard]] static base::Result<AddressPattern> parse(std::string_view text);
  void append(std::uint64_t number, std::string& out) const;
  [[nodiscard]] std::string of(std::uint64_t number) const;

 private:
  struct Part {
    std::string text;
    bool number = false;          // the number follows the text
    std::uint64_t remainder = 0;  // modulo this; 0: as it is
  };
  std::vector<Part> parts_;
};

}  // namespace bench
