// See content.h.
#include "lib/message/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/check.h"

namespace message {
namespace {

// Byte 0 of the encoding. Then: count, and per piece its kind and either length and bytes (own) or
// offset and length (received); numbers are LEB128.
constexpr char format_version = 1;
constexpr std::uint64_t span_end_max = std::uint64_t{1} << 63U;

Piece own_piece(std::string bytes) { return {Piece::Kind::own, std::move(bytes), 0, 0}; }

Piece received_piece(std::uint64_t offset, std::uint64_t length) {
  return {Piece::Kind::received, {}, offset, length};
}

void put_number(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(0x80U | (number & 0x7fU));
    number >>= 7U;
  }
  out += static_cast<char>(number);
}

std::optional<std::uint64_t> take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto octet = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<std::uint64_t>(octet & 0x7fU) << shift;
    // A last group of zero would be a second way to write the same number.
    if (octet < 0x80) return octet == 0 && shift > 0 ? std::nullopt : std::optional(number);
  }
  return std::nullopt;
}

std::optional<Piece> take_piece(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const char kind = bytes.front();
  bytes.remove_prefix(1);
  const auto first = take_number(bytes);
  if (!first) return std::nullopt;
  if (kind == static_cast<char>(Piece::Kind::own)) {
    if (*first == 0 || *first > bytes.size()) return std::nullopt;
    Piece piece = own_piece(std::string(bytes.substr(0, *first)));
    bytes.remove_prefix(*first);
    return piece;
  }
  const auto length = take_number(bytes);
  if (kind != static_cast<char>(Piece::Kind::received) || !length) return std::nullopt;
  if (*length == 0 || *length > span_end_max - *first) return std::nullopt;
  return received_piece(*first, *length);
}

}  // namespace

Content Content::whole(std::uint64_t received_size) {
  Content content;
  content.append_received(0, received_size);
  return content;
}

void Content::prepend(std::string own) {
  if (!own.empty()) pieces_.insert(pieces_.begin(), own_piece(std::move(own)));
}

void Content::append(std::string own) {
  if (!own.empty()) pieces_.push_back(own_piece(std::move(own)));
}

void Content::append_received(std::uint64_t offset, std::uint64_t length) {
  CHECK(offset < span_end_max && length <= span_end_max - offset, "a span of received bytes");
  if (length > 0) pieces_.push_back(received_piece(offset, length));
}

void Content::insert(std::uint64_t received_offset, std::string own) {
  if (own.empty()) return;
  for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
    if (piece->kind != Piece::Kind::received || received_offset < piece->offset ||
        received_offset - piece->offset >= piece->length) {
      continue;
    }
    const std::uint64_t before = received_offset - piece->offset;
    if (before > 0) {
      const Piece head = received_piece(piece->offset, before);
      piece->offset += before;
      piece->length -= before;
      piece = pieces_.insert(piece, head) + 1;
    }
    pieces_.insert(piece, own_piece(std::move(own)));
    return;
  }
  append(std::move(own));
}

void Content::cut(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end =
      length > span_end_max - std::min(offset, span_end_max) ? span_end_max : offset + length;
  std::vector<Piece> kept;
  kept.reserve(pieces_.size() + 1);
  for (Piece& piece : pieces_) {
    const std::uint64_t piece_end = piece.offset + piece.length;
    if (piece.kind == Piece::Kind::own || piece_end <= offset || piece.offset >= end) {
      kept.push_back(std::move(piece));
      continue;
    }
    if (piece.offset < offset) kept.push_back(received_piece(piece.offset, offset - piece.offset));
    if (piece_end > end) kept.push_back(received_piece(end, piece_end - end));
  }
  pieces_ = std::move(kept);
}

void Content::apply(const std::vector<Edit>& edits) {
  for (const Edit& edit : edits) {
    if (!edit.bytes.empty()) insert(edit.offset, edit.bytes);
    cut(edit.offset, edit.length);
  }
}

std::uint64_t Content::size() const {
  std::uint64_t total = 0;
  for (const Piece& piece : pieces_) total += piece.size();
  return total;
}

std::string Content::assemble(std::string_view received) const {
  std::string out;
  out.reserve(size());
  for (const Piece& piece : pieces_) {
    if (piece.kind == Piece::Kind::own) {
      out += piece.bytes;
      continue;
    }
    CHECK(piece.offset + piece.length <= received.size(), "all spans lie in the received bytes");
    out += received.substr(piece.offset, piece.length);
  }
  return out;
}

std::string Content::encode() const {
  std::string out(1, format_version);
  put_number(out, pieces_.size());
  for (const Piece& piece : pieces_) {
    out += static_cast<char>(piece.kind);
    if (piece.kind == Piece::Kind::own) {
      put_number(out, piece.bytes.size());
      out += piece.bytes;
    } else {
      put_number(out, piece.offset);
      put_number(out, piece.length);
    }
  }
  return out;
}

base::Result<Content> Content::decode(std::string_view bytes) {
  const auto corrupt = [](std::string_view what) {
    return base::fail(base::ErrorKind::corrupt, fmt::format("content: {}", what));
  };
  if (!bytes.starts_with(format_version)) return corrupt("unknown version");
  bytes.remove_prefix(1);
  const auto count = take_number(bytes);
  if (!count || *count > pieces_max) return corrupt("number of pieces");
  Content content;
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto piece = take_piece(bytes);
    if (!piece) return corrupt("malformed piece");
    content.pieces_.push_back(*std::move(piece));
  }
  if (!bytes.empty()) return corrupt("bytes after the last piece");
  return content;
}

}  // namespace message
