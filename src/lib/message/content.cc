// See content.h.
#include "lib/message/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
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

// One pass, however many there are: a header may have thousands of fields to remove.
void Content::apply(std::vector<Edit> edits) {
  std::vector<Edit*> order;
  order.reserve(edits.size());
  for (Edit& edit : edits) order.push_back(&edit);
  // What is put before an octet comes before that octet's own replacement.
  std::ranges::sort(
      order, {}, [](const Edit* edit) { return std::tuple(edit->offset, edit->length > 0, edit); });
  std::vector<bool> placed(order.size());
  std::vector<Piece> pieces;
  pieces.reserve(pieces_.size() + order.size() * 2);
  for (Piece& piece : pieces_) {
    if (piece.kind == Piece::Kind::own) {
      pieces.push_back(std::move(piece));
    } else {
      apply_to(piece, order, placed, pieces);
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!placed[i] && !order[i]->bytes.empty())
      pieces.push_back(own_piece(std::move(order[i]->bytes)));
  }
  pieces_ = std::move(pieces);
}

void Content::apply_to(const Piece& piece, const std::vector<Edit*>& order,
                       std::vector<bool>& placed, std::vector<Piece>& out) {
  const std::uint64_t end = piece.offset + piece.length;
  std::uint64_t at = piece.offset;
  const auto end_of = [](const Edit& edit) {
    return edit.offset + std::min(edit.length, span_end_max - std::min(edit.offset, span_end_max));
  };
  const auto first = std::ranges::lower_bound(order, piece.offset, {}, &Edit::offset);
  auto i = static_cast<std::size_t>(first - order.begin());
  if (i > 0) at = std::clamp(end_of(*order[i - 1]), at, end);
  for (; i < order.size() && order[i]->offset < end; ++i) {
    Edit& edit = *order[i];
    if (edit.offset > at) out.push_back(received_piece(at, edit.offset - at));
    at = std::clamp(end_of(edit), std::max(at, edit.offset), end);
    if (!edit.bytes.empty()) out.push_back(own_piece(std::move(edit.bytes)));
    placed[i] = true;
  }
  if (at < end) out.push_back(received_piece(at, end - at));
}

std::vector<std::string> Content::set_aside(std::size_t bytes_min, std::uint64_t received_size) {
  std::vector<std::string> out;
  for (Piece& piece : pieces_) {
    if (piece.kind != Piece::Kind::own || piece.bytes.size() < bytes_min) continue;
    const std::uint64_t bytes = piece.bytes.size();
    out.push_back(std::move(piece.bytes));
    piece = received_piece(received_size, bytes);
    received_size += bytes;
  }
  return out;
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
