// lib/message/header.h: the header fields of a message, read without copying (RFC 5322 §2.2).
//
// What:    read_header gives the fields as views; HeaderScanner takes the message in chunks as it
//          streams, keeps the header, counts trace fields and notices 8-bit octets and the longest
//          line.
// In/Out:  raw bytes → FieldView list and the offset of the body.
// Errors:  none: a line that is no field becomes a FieldView with an empty name. A lone LF also
//          ends a line.
// Limits:  HeaderLimits: bytes and fields; what is beyond is not read as header.
// Not here: structured values such as addresses and MIME types, canonicalization (lib/mailauth).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace message {

struct FieldView {
  std::string_view name;   // without spaces before the colon; empty for a line that is no field
  std::string_view value;  // all after the colon, folds kept, without the final CRLF
  std::string_view whole;  // from the name to the final CRLF, both included
};

struct HeaderLimits {
  std::size_t header_bytes_max = 256UL * 1024;
  std::size_t fields_max = 2000;
};

// body_offset becomes the place after the empty line, or message.size() if there is none.
[[nodiscard]] std::vector<FieldView> read_header(std::string_view message, std::size_t& body_offset,
                                                 HeaderLimits limits = {});
[[nodiscard]] std::vector<FieldView> read_header(std::string_view message,
                                                 HeaderLimits limits = {});

// The first field of that name, upper or lower case; nullptr if there is none.
[[nodiscard]] const FieldView* find_field(const std::vector<FieldView>& fields,
                                          std::string_view name);
[[nodiscard]] std::size_t count_fields(const std::vector<FieldView>& fields, std::string_view name);
[[nodiscard]] std::size_t count_fields(std::string_view message, std::string_view name);

// The name as a lenient reader could take it: all before the first colon, also of a line that is no
// field, without spaces, line ends, control and 8-bit octets; lower case. For what must not be
// forged.
[[nodiscard]] std::string lenient_name(const FieldView& field);

// The value on one line: line ends removed (RFC 5322 §2.2.3), no spaces at the ends.
[[nodiscard]] std::string unfold(std::string_view value);

class HeaderScanner {
 public:
  explicit HeaderScanner(HeaderLimits limits = {}) : limits_(limits) {}

  void feed(std::string_view chunk);

  // The empty line has come (it belongs to neither header() nor the body).
  [[nodiscard]] bool header_ended() const { return state_ == State::body; }
  // The fields so far, at most header_bytes_max; whole lines only once the header has ended.
  [[nodiscard]] const std::string& header() const { return header_; }
  // header_bytes_max went by without an empty line.
  [[nodiscard]] bool header_too_large() const { return too_large_; }
  // Where the body begins in all bytes fed; only when header_ended().
  [[nodiscard]] std::uint64_t body_offset() const { return body_offset_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  [[nodiscard]] std::size_t received_count() const { return received_count_; }
  [[nodiscard]] std::size_t delivered_to_count() const { return delivered_to_count_; }
  [[nodiscard]] bool eight_bit_header() const { return eight_bit_header_; }
  [[nodiscard]] bool eight_bit_body() const { return eight_bit_body_; }
  [[nodiscard]] bool eight_bit() const { return eight_bit_header_ || eight_bit_body_; }

 private:
  enum class State : std::uint8_t { header, body };

  void scan_header(std::string_view& chunk);
  [[nodiscard]] std::optional<std::uint64_t> count(std::string_view part);
  void end_header_line();
  void keep(std::string_view bytes);

  HeaderLimits limits_;
  State state_ = State::header;
  std::string header_;
  std::size_t line_start_ = 0;    // where in header_ the current line begins
  std::uint64_t line_bytes_ = 0;  // octets of the current line so far
  std::uint64_t size_ = 0;
  std::uint64_t body_offset_ = 0;
  std::size_t received_count_ = 0;
  std::size_t delivered_to_count_ = 0;
  bool last_was_cr_ = false;
  bool too_large_ = false;
  bool eight_bit_header_ = false;
  bool eight_bit_body_ = false;
};

}  // namespace message
