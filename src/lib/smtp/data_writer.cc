// See data_writer.h.
#include "lib/smtp/data_writer.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "lib/smtp/octet_masks.h"

namespace smtp {

std::string_view DataWriter::feed(std::string_view chunk, std::string& scratch) {
  scratch.clear();
  std::size_t copied = 0;  // octets of the chunk that are in scratch
  for (std::size_t at = 0; at < chunk.size(); at += block_bytes) {
    const std::size_t count = std::min(chunk.size() - at, block_bytes);
    const OctetMasks is = octet_masks(chunk.data() + at, count);
    const std::uint64_t wanted = is.cr << 1U | static_cast<std::uint64_t>(after_cr_);
    const std::uint64_t starts = is.lf << 1U | static_cast<std::uint64_t>(at_line_start_);
    const std::uint64_t bare_lf = is.lf & ~wanted;
    const std::uint64_t bare_cr = wanted & ~is.lf;  // the octet after it
    // A dot after a bare CR begins a line too, once that CR has become CRLF.
    const std::uint64_t dots = is.dot & (starts | bare_cr);
    std::uint64_t changes = (bare_lf | bare_cr | dots) & low_bits(count);
    while (changes != 0) {
      const auto i = static_cast<std::size_t>(std::countr_zero(changes));
      const std::uint64_t bit = changes & (~changes + 1);
      changes ^= bit;
      scratch.append(chunk, copied, at + i - copied);
      copied = at + i;
      if ((bare_lf & bit) != 0) scratch += '\r';
      if ((bare_cr & bit) != 0) scratch += '\n';
      if ((dots & bit) != 0) scratch += '.';
    }
    after_cr_ = (is.cr >> (count - 1) & 1U) != 0;
    at_line_start_ = (is.lf >> (count - 1) & 1U) != 0;
  }
  if (scratch.empty()) return chunk;
  scratch.append(chunk, copied);
  return scratch;
}

std::string_view DataWriter::finish() {
  constexpr std::string_view whole = "\r\n.\r\n";
  // RFC 5321 §4.1.1.4: the CRLF that ends the last line is part of the end-of-data sequence.
  const std::size_t skip = at_line_start_ ? 2 : after_cr_ ? 1 : 0;
  *this = DataWriter();
  return whole.substr(skip);
}

}  // namespace smtp
