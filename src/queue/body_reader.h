// queue/body_reader.h: a message's final content, piece by piece.
//
// What:    ContentReader walks the Content: our own pieces as they are, received spans from the
//          store.
// In/Out:  next() → the octets in order, empty at the end; rewind() for a second attempt.
// Errors:  the store's; corrupt when the received body is shorter than a span says.
// Limits:  read_bytes_max of a body in memory at once.
// Not here: dot-stuffing and conversions (lib/smtp, delivery/).
#pragma once

#include <memory>
#include <string>

#include "queue/courier.h"
#include "queue/message.h"
#include "queue/store.h"

namespace queue {

class ContentReader final : public BodyReader {
 public:
  // 500 attempts at once, each with such a buffer, are 64 MB.
  static constexpr std::uint64_t read_bytes_max = 128ULL << 10U;

  ContentReader(Store& store, std::shared_ptr<const MessageInfo> message)
      : store_(store), message_(std::move(message)), size_(message_->content.size()) {}

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  io::Task<base::Result<std::string_view>> next() override;
  void rewind() override;

 private:
  Store& store_;
  std::shared_ptr<const MessageInfo> message_;
  std::uint64_t size_;
  std::size_t piece_ = 0;
  std::uint64_t offset_ = 0;  // in the piece
  BodyOctets octets_;         // of the last next()
};

// The first octets, until the header's end has surely come, at most bytes_max. What cannot be read
// is left out: a report without the header is better than none.
io::Task<std::string> read_header_part(Store* store, std::shared_ptr<const MessageInfo> message,
                                       std::size_t bytes_max);

}  // namespace queue
