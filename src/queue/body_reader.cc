// See body_reader.h.
#include "queue/body_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace queue {

io::Task<base::Result<std::string_view>> ContentReader::next() {
  const auto& pieces = message_->content.pieces();
  while (piece_ < pieces.size() && offset_ >= pieces[piece_].size()) {
    ++piece_;
    offset_ = 0;
  }
  if (piece_ == pieces.size()) {
    octets_ = {};
    co_return std::string_view();
  }
  const message::Piece& piece = pieces[piece_];
  if (piece.kind == message::Piece::Kind::own) {
    offset_ = piece.size();
    co_return std::string_view(piece.bytes);
  }
  const std::uint64_t length = std::min(read_bytes_max, piece.length - offset_);
  auto bytes = co_await store_.read_body(message_->id, piece.offset + offset_, length);
  if (!bytes) co_return std::unexpected(std::move(bytes.error()));
  if (bytes->view().size() != length) {
    co_return base::fail(base::ErrorKind::corrupt,
                         fmt::format("the body of {} ends before octet {}", message_->id.text(),
                                     piece.offset + offset_ + length));
  }
  octets_ = std::move(*bytes);
  offset_ += length;
  co_return octets_.view();
}

void ContentReader::rewind() {
  piece_ = 0;
  offset_ = 0;
}

io::Task<std::string> read_header_part(Store* store, std::shared_ptr<const MessageInfo> message,
                                       std::size_t bytes_max) {
  ContentReader reader(*store, std::move(message));
  std::string header;
  while (header.size() < bytes_max && !header.contains("\r\n\r\n")) {
    auto bytes = co_await reader.next();
    if (!bytes || bytes->empty()) break;
    header += bytes->substr(0, bytes_max - header.size());
  }
  co_return header;
}

}  // namespace queue
