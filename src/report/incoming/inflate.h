// report/incoming/inflate.h: gzip, zlib, raw deflate, decompressed within bounds (RFC 1950–1952).
//
// What:    inflates into memory; several gzip members follow one another (RFC 1952 §2.2).
// In/Out:  octets → octets, and whether the end was missing.
// Errors:  limit when it becomes larger than bytes_max; invalid when nothing at all comes out.
// Limits:  bytes_max of the caller: it is never exceeded by more than a block.
// Not here: archives (zip.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace report {

enum class Wrapping : std::uint8_t { gzip_or_zlib, none };

struct Inflated {
  std::string bytes;
  bool damaged = false;  // what came before the damage or the early end
};

[[nodiscard]] base::Result<Inflated> inflate_all(std::string_view packed, Wrapping wrapping,
                                                 std::size_t bytes_max);

}  // namespace report
