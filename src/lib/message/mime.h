// lib/message/mime.h: the MIME structure of a message (RFC 2045, RFC 2046), read as it streams.
//
// What:    MimeScanner finds the parts: type, charset, transfer encoding, where their header fields
//          and bodies lie; multiparts and message/rfc822 are entered.
// In/Out:  chunks → MimePart list; a MimeListener gets each leaf's octets as they come.
// Errors:  none: what is malformed becomes a leaf that is `opaque`, up to the end if need be.
// Limits:  MimeLimits; boundaries of boundary_bytes_max octets.
// Not here: decoding (recode.h), the header of the message itself (header.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/message/header.h"

namespace message {

inline constexpr std::size_t boundary_bytes_max = 200;  // RFC 2046 §5.1.1 has 70; some write more

struct MimeLimits {
  std::size_t depth_max = 32;
  std::size_t parts_max = 1'000;
  std::size_t header_bytes_max = 256UL * 1024;  // of each part
};

// Octets of the message from `offset` on; length 0: there is no such thing.
struct MimeSpan {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const MimeSpan&) const = default;
};

struct MimePart {
  enum class Kind : std::uint8_t { leaf, multipart, message };
  static constexpr std::uint32_t none = 0xffffffff;

  std::uint32_t parent = none;  // its place among parts(); none: the message itself
  Kind kind = Kind::leaf;
  std::string type;      // "text/plain", lower case; the default where no field says it
  std::string charset;   // lower case; empty: not given
  std::string encoding;  // of the transfer, lower case; empty: not given
  MimeSpan header;       // the fields; the empty line behind them is not among them
  MimeSpan type_field;
  MimeSpan encoding_field;
  MimeSpan body;          // of a leaf, without the line end that belongs to the next boundary
  bool sealed = false;    // in multipart/signed or multipart/encrypted: no octet may change
  bool embedded = false;  // in a message/rfc822
  bool opaque = false;    // it could not be understood in full

  // The octets stand for themselves: 7bit, 8bit, binary, or nothing said (RFC 2045 §6.2).
  [[nodiscard]] bool identity() const;
  bool operator==(const MimePart&) const = default;
};

class MimeListener {
 public:
  MimeListener() = default;
  MimeListener(const MimeListener&) = delete;
  MimeListener& operator=(const MimeListener&) = delete;
  virtual ~MimeListener() = default;
  // Its header has been read; the views live during this call.
  virtual void part_begins(const MimePart& part, const std::vector<FieldView>& fields) = 0;
  // The next octets of the body of the leaf that began last.
  virtual void leaf_octets(std::string_view octets) = 0;
  virtual void leaf_ended(const MimePart& part) = 0;
  // Octets before the first, between, and after the last part of a multipart, boundaries too.
  virtual void other_octets(std::string_view octets) = 0;
};

class MimeScanner {
 public:
  explicit MimeScanner(MimeListener* listener = nullptr, MimeLimits limits = {});

  void feed(std::string_view chunk);
  // After the last chunk; nothing may follow.
  void finish();

  [[nodiscard]] const std::vector<MimePart>& parts() const { return parts_; }
  // The line of the message, from 1, that the octets of a listener's call begin in.
  [[nodiscard]] std::uint64_t line() const { return line_; }

 private:
  enum class State : std::uint8_t { header, body, other };
  struct Open {
    std::uint32_t part = 0;
    std::string boundary;
  };

  // lines
  std::size_t take(std::string_view chunk);
  void take_line();
  void pass(std::string_view text);
  void pass_line_end();
  void emit_line_end();
  void emit(std::string_view octets);
  // boundaries
  [[nodiscard]] bool may_be_boundary(std::string_view line) const;
  bool boundary_line(std::string_view line);
  void give_up();
  void next_part(std::size_t level, bool closes, std::string_view line);
  void end_leaf();
  // parts
  void begin_part(std::uint32_t parent);
  [[nodiscard]] std::size_t depth(std::uint32_t part) const;
  void header_line();
  [[nodiscard]] bool only_mailbox_line() const;
  void end_header_at(std::string_view line);
  void end_header();
  [[nodiscard]] std::string read_fields(MimePart& part, const std::vector<FieldView>& fields);

  MimeListener* listener_;
  MimeLimits limits_;
  State state_ = State::header;
  std::vector<MimePart> parts_;
  std::vector<Open> open_;     // multiparts that are not closed, the outermost first
  std::uint32_t current_ = 0;  // the part whose header or body is being read
  std::string held_;           // the beginning of a line that is not decided yet
  bool holding_ = true;        // the line so far is in held_
  std::string line_end_;       // of the last line of a body: it may belong to a boundary
  std::string header_;         // of the current part
  std::uint64_t offset_ = 0;   // of the next octet to be given out or kept in header_
  std::uint64_t line_ = 1;
};

}  // namespace message
