// See bdat_reader.h.
#include "lib/smtp/bdat_reader.h"

#include <algorithm>
#include <bit>

#include "lib/base/check.h"
#include "lib/smtp/octet_masks.h"

namespace smtp {

BdatReader::BdatReader(Kind kind, DataLimits limits) : kind_(kind), limits_(limits) {
  // Within one block only the first line end can close a line longer than it: see count_lines.
  limits_.line_bytes_max = std::max(limits_.line_bytes_max, block_bytes);
}

void BdatReader::begin(std::uint64_t size, bool last) {
  CHECK(left_ == 0 && !last_, "a chunk begins where the one before has ended");
  left_ = size;
  last_ = last;
}

std::size_t BdatReader::feed(std::string_view input, std::string& out) {
  input = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), left_)));
  left_ -= input.size();
  size_ += input.size();
  if (size_ > limits_.size_max) note(DataFault::too_big);
  if (kind_ == Kind::text && !fault_) check_lines(input);
  if (!fault_) out.append(input);
  return input.size();
}

void BdatReader::finish(std::string& out) {
  if (kind_ == Kind::binary) return;
  if (after_cr_) note(DataFault::bare_cr);
  if (fault_ || at_start_) return;
  at_start_ = true;
  size_ += 2;
  out += "\r\n";
}

void BdatReader::check_lines(std::string_view bytes) {
  for (const char *at = bytes.data(), *end = at + bytes.size(); at != end;) {
    const std::size_t count = std::min(static_cast<std::size_t>(end - at), block_bytes);
    const OctetMasks is = octet_masks(at, count);
    const std::uint64_t mask = low_bits(count);
    // Where LF must be.
    const std::uint64_t wanted = is.cr << 1U | static_cast<std::uint64_t>(after_cr_);
    const std::uint64_t bad = ((is.lf ^ wanted) | is.nul) & mask;
    if (bad != 0) {
      const std::uint64_t first = bad & (~bad + 1);
      return note((wanted & first) != 0  ? DataFault::bare_cr
                  : (is.lf & first) != 0 ? DataFault::bare_lf
                                         : DataFault::nul);
    }
    const std::uint64_t crlf = is.lf & wanted & mask;
    count_lines(crlf, count);
    after_cr_ = (is.cr >> (count - 1) & 1U) != 0;
    at_start_ = (crlf >> (count - 1) & 1U) != 0;
    at += count;
  }
}

// A block of `count` octets has line ends at the bits of crlf. Lines that begin and end within the
// block are shorter than it, hence within the limit.
void BdatReader::count_lines(std::uint64_t crlf, std::size_t count) {
  if (crlf == 0) {
    line_bytes_ += count;
    if (line_bytes_ > limits_.line_bytes_max) note(DataFault::line_too_long);
    return;
  }
  const auto first = static_cast<std::size_t>(std::countr_zero(crlf));
  if (line_bytes_ + first + 1 > limits_.line_bytes_max) note(DataFault::line_too_long);
  line_bytes_ = count - static_cast<std::size_t>(std::bit_width(crlf));
}

void BdatReader::note(DataFault fault) {
  if (!fault_) fault_ = fault;
}

}  // namespace smtp
