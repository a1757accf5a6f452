// See data_reader.h.
#include "lib/smtp/data_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "lib/smtp/octet_masks.h"

namespace smtp {

std::string_view to_string(DataFault fault) {
  switch (fault) {
    case DataFault::bare_cr: return "bare_cr";
    case DataFault::bare_lf: return "bare_lf";
    case DataFault::nul: return "nul";
    case DataFault::line_too_long: return "line_too_long";
    case DataFault::too_big: return "too_big";
  }
  return "unknown";
}

Reply fault_reply(DataFault fault) {
  switch (fault) {
    case DataFault::bare_cr:
      return reply(554, {5, 6, 0}, "A CR without LF: lines must end with CRLF (RFC 5321 2.3.8)");
    case DataFault::bare_lf:
      return reply(554, {5, 6, 0}, "An LF without CR: lines must end with CRLF (RFC 5321 2.3.8)");
    case DataFault::nul: return reply(554, {5, 6, 0}, "The message holds a NUL octet");
    case DataFault::line_too_long: return reply(554, {5, 6, 0}, "A line is too long");
    case DataFault::too_big: return reply(552, {5, 3, 4}, "The message is too big");
  }
  return reply(451, {4, 3, 0}, "The message could not be read");
}

DataReader::DataReader(DataLimits limits) : limits_(limits) {
  // Within one block only the first line end can close a line longer than it: see count_lines.
  limits_.line_bytes_max = std::max(limits_.line_bytes_max, block_bytes);
}

std::size_t DataReader::feed(std::string_view input, std::string& out) {
  const char* const begin = input.data();
  const char* const end = begin + input.size();
  const char* at = begin;
  while (at != end && state_ != State::done) {
    if (state_ == State::dot || state_ == State::dot_cr) {
      after_dot(*at++, out);
      continue;
    }
    const char* const stop = scan(at, end);
    emit({at, static_cast<std::size_t>(stop - at)}, out);
    at = stop;
    if (at != end) {
      // RFC 5321 §4.5.2: a dot at the start of a line is either the end or not part of the message.
      state_ = State::dot;
      ++at;
    }
  }
  return static_cast<std::size_t>(at - begin);
}

// Goes over everything up to the next dot at the start of a line, or the end. Not for State::dot.
const char* DataReader::scan(const char* at, const char* end) {
  bool after_cr = state_ == State::cr;
  bool at_start = state_ == State::line_start;
  bool found = false;
  while (at != end && !found) {
    std::size_t count = std::min(static_cast<std::size_t>(end - at), block_bytes);
    OctetMasks is = octet_masks(at, count);
    std::uint64_t wanted = is.cr << 1U | static_cast<std::uint64_t>(after_cr);  // here LF must be
    std::uint64_t crlf = is.lf & wanted;
    const std::uint64_t dots = is.dot & (crlf << 1U | static_cast<std::uint64_t>(at_start));
    if (dots != 0) {
      found = true;
      count = static_cast<std::size_t>(std::countr_zero(dots));
      if (count == 0) break;
    }
    const std::uint64_t mask = low_bits(count);
    crlf &= mask;
    const std::uint64_t bad = ((is.lf ^ wanted) | is.nul) & mask;
    if (bad != 0) {
      const std::uint64_t first = bad & (~bad + 1);
      note((wanted & first) != 0  ? DataFault::bare_cr
           : (is.lf & first) != 0 ? DataFault::bare_lf
                                  : DataFault::nul);
    }
    count_lines(crlf, count);
    after_cr = (is.cr >> (count - 1) & 1U) != 0;
    at_start = (crlf >> (count - 1) & 1U) != 0;
    at += count;
  }
  state_ = after_cr ? State::cr : at_start ? State::line_start : State::line;
  return at;
}

// The octet after a dot at the start of a line, or after that dot and CR.
void DataReader::after_dot(char octet, std::string& out) {
  const bool end_of_line = octet == '\n';
  if (state_ == State::dot_cr) {
    if (end_of_line) {
      state_ = State::done;
      return;
    }
    note(DataFault::bare_cr);
    emit("\r", out);
  } else if (octet == '\r') {
    state_ = State::dot_cr;
    return;
  } else if (end_of_line) {
    note(DataFault::bare_lf);
  }
  if (octet == '\0') note(DataFault::nul);
  line_bytes_ = 1;
  state_ = octet == '\r' ? State::cr : State::line;
  emit({&octet, 1}, out);
}

void DataReader::emit(std::string_view bytes, std::string& out) {
  size_ += bytes.size();
  if (size_ > limits_.size_max) note(DataFault::too_big);
  if (!fault_) out.append(bytes);
}

// A block of `count` octets has line ends at the bits of crlf. Lines that begin and end within the
// block are shorter than it, hence within the limit.
void DataReader::count_lines(std::uint64_t crlf, std::size_t count) {
  if (crlf == 0) {
    line_bytes_ += count;
    if (line_bytes_ > limits_.line_bytes_max) note(DataFault::line_too_long);
    return;
  }
  const auto first = static_cast<std::size_t>(std::countr_zero(crlf));
  if (line_bytes_ + first + 1 > limits_.line_bytes_max) note(DataFault::line_too_long);
  line_bytes_ = count - static_cast<std::size_t>(std::bit_width(crlf));
}

void DataReader::note(DataFault fault) {
  if (!fault_) fault_ = fault;
}

}  // namespace smtp
