// queue/journal/codec.h: integers and texts as the journal writes them (docs/journal.md, "Bytes").
//
// What:    Writer appends to a string; Reader takes from a view.
// In/Out:  u8 … u64, i64 little-endian; varint LEB128; text = varint length and octets.
// Errors:  a Reader that runs out, or meets a bad varint, gives zeros and is not ok() any more.
// Limits:  count() refuses a number of elements that the octets left cannot hold.
// Not here: what the numbers mean (format.h, record.h, summary.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace queue::journal {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { fixed(value, 2); }
  void u32(std::uint32_t value) { fixed(value, 4); }
  void u64(std::uint64_t value) { fixed(value, 8); }
  void i64(std::int64_t value) { fixed(static_cast<std::uint64_t>(value), 8); }
  void varint(std::uint64_t value);
  void text(std::string_view value);
  void raw(std::string_view value) { out_.append(value); }

 private:
  void fixed(std::uint64_t value, unsigned octets);
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }
  // Everything was there and nothing is left over.
  [[nodiscard]] bool finished() const { return ok_ && bytes_.empty(); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(fixed(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() { return fixed(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(fixed(8)); }
  std::uint64_t varint();
  std::string_view text();
  // A varint number of elements of at least `octets_min` octets each; 0 when they cannot be there.
  std::size_t count(std::size_t octets_min);
  std::string_view raw(std::size_t octets);
  std::string_view rest() { return raw(bytes_.size()); }

 private:
  std::uint64_t fixed(unsigned octets);
  void fail();
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace queue::journal
