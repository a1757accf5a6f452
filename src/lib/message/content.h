// lib/message/content.h: what a message consists of: bytes of ours and spans of what was received.
//
// What:    Content is an ordered list of pieces. The received bytes never change; an edit adds a
//          piece of our own or cuts a span out, so accepting a message copies nothing.
// In/Out:  whole(size), prepend, append, insert, cut → pieces(); encode/decode for the journal.
// Errors:  decode gives corrupt for anything that encode does not write. A cut beyond the received
//          bytes, or of bytes already cut, does nothing there.
// Limits:  pieces_max in decode; spans end below 2^63.
// Not here: where the received bytes are stored and how they are read (queue/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace message {

struct Piece {
  enum class Kind : std::uint8_t { own, received };

  Kind kind = Kind::own;
  std::string bytes;         // own: the bytes
  std::uint64_t offset = 0;  // received: the span
  std::uint64_t length = 0;

  bool operator==(const Piece&) const = default;
  [[nodiscard]] std::uint64_t size() const { return kind == Kind::own ? bytes.size() : length; }
};

// One change of the received octets: [offset, offset + length) goes, `bytes` come in its place.
struct Edit {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string bytes;

  bool operator==(const Edit&) const = default;
};

class Content {
 public:
  static constexpr std::size_t pieces_max = 100'000;

  // All of the received bytes, nothing of ours.
  [[nodiscard]] static Content whole(std::uint64_t received_size);

  bool operator==(const Content&) const = default;

  void prepend(std::string own);
  void append(std::string own);
  void append_received(std::uint64_t offset, std::uint64_t length);
  // Puts our bytes in front of the received octet at `received_offset`, or at the end if that octet
  // is not (or no longer) part of the content.
  void insert(std::uint64_t received_offset, std::string own);
  // Takes the received bytes [offset, offset + length) out, wherever they stand.
  void cut(std::uint64_t offset, std::uint64_t length);

  // Each edit speaks of the octets as they were received, in any order; cuts do not overlap. Of
  // several at one offset those that cut nothing come first, in their order here.
  void apply(std::vector<Edit> edits);

  // Takes our bytes out of pieces that have at least so many; they become spans of the received
  // bytes, which whoever calls appends in this order to those at `received_size`.
  [[nodiscard]] std::vector<std::string> set_aside(std::size_t bytes_min,
                                                   std::uint64_t received_size);

  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  // The message itself, for content small enough to be in memory. `received` holds all its spans.
  [[nodiscard]] std::string assemble(std::string_view received) const;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static base::Result<Content> decode(std::string_view bytes);

 private:
  static void apply_to(const Piece& piece, const std::vector<Edit*>& order,
                       std::vector<bool>& placed, std::vector<Piece>& out);

  std::vector<Piece> pieces_;
};

}  // namespace message
