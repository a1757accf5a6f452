// See content_reader.h.
#include "policy/signing/content_reader.h"

#include <algorithm>
#include <string_view>

#include "lib/message/header.h"

namespace policy {

std::optional<std::string> header_before_same_body(const message::Content& content,
                                                   const Transaction& transaction) {
  // What was received up to the first octet of the body: the fields and the empty line.
  const std::string received = transaction.header + "\r\n";
  const auto& pieces = content.pieces();
  if (!transaction.header_whole || transaction.received_bytes < received.size() || pieces.empty()) {
    return std::nullopt;
  }
  message::HeaderScanner scanner;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const message::Piece& piece = pieces[i];
    const bool last = i + 1 == pieces.size();
    const bool own = piece.kind == message::Piece::Kind::own;
    if (last) {
      // The body, and what of the header stands unchanged before it.
      if (own || piece.offset > received.size() ||
          piece.offset + piece.length != transaction.received_bytes) {
        return std::nullopt;
      }
      scanner.feed(std::string_view(received).substr(piece.offset));
    } else if (own) {
      scanner.feed(piece.bytes);
    } else if (piece.offset + piece.length <= received.size()) {
      scanner.feed(std::string_view(received).substr(piece.offset, piece.length));
    } else {
      return std::nullopt;
    }
  }
  // Not the place where it ended before: then a part of the body is header now, or the reverse.
  if (!scanner.header_ended() || scanner.body_offset() != scanner.size() ||
      scanner.header_too_large()) {
    return std::nullopt;
  }
  return scanner.header();
}

io::Task<base::Result<std::string>> ContentReader::next() {
  const auto& pieces = content_.pieces();
  while (piece_ < pieces.size() && done_ == pieces[piece_].size()) {
    ++piece_;
    done_ = 0;
  }
  if (piece_ == pieces.size()) co_return std::string();
  const message::Piece& piece = pieces[piece_];
  if (piece.kind == message::Piece::Kind::own) {
    done_ = piece.bytes.size();
    co_return piece.bytes;
  }
  const std::uint64_t wanted = std::min(piece.length - done_, ReceivedOctets::read_bytes_max);
  auto octets = co_await octets_.read(piece.offset + done_, wanted);
  if (octets && octets->size() != wanted) {
    co_return base::fail(base::ErrorKind::io, "the message ends before its content does");
  }
  done_ += wanted;
  co_return octets;
}

}  // namespace policy
