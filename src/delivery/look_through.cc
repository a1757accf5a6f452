// See look_through.h.
#include "delivery/look_through.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/message/mime.h"
#include "lib/message/submission.h"
#include "lib/message/utf8.h"

namespace delivery {
namespace {

// Are there 8-bit octets before the empty line?
class HeaderWatch {
 public:
  void feed(std::string_view chunk) {
    if (over_) return;
    const std::string seen = tail_ + std::string(chunk);
    const std::size_t end = seen.find("\r\n\r\n");
    beyond_ascii_ = beyond_ascii_ || !message::is_ascii(std::string_view(seen).substr(0, end));
    over_ = end != std::string::npos;
    tail_ = seen.substr(seen.size() - std::min<std::size_t>(seen.size(), 3));
  }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] bool beyond_ascii() const { return beyond_ascii_; }

 private:
  bool over_ = false;
  bool beyond_ascii_ = false;
  std::string tail_;  // of the last chunk: the header's end may be cut in two
};

// Do lines end with CRLF and nothing else, are they short enough, and is no part labelled binary?
class BinaryWatch {
 public:
  void feed(std::string_view chunk) {
    scanner_.feed(chunk);
    for (const char c : chunk) take(c);
  }
  [[nodiscard]] bool binary() {
    scanner_.finish();
    return bad_ || column_ > 0 || after_cr_ ||
           std::ranges::any_of(scanner_.parts(), [](const message::MimePart& part) {
             return part.opaque || part.encoding == "binary";
           });
  }

 private:
  void take(char c) {
    if (c == '\n') {
      bad_ = bad_ || !after_cr_;
      column_ = 0;
    } else {
      bad_ = bad_ || after_cr_ || c == '\0';
      if (c != '\r') ++column_;
      bad_ = bad_ || column_ > message::text_line_bytes_max;
    }
    after_cr_ = c == '\r';
  }

  message::MimeScanner scanner_;
  std::size_t column_ = 0;
  bool after_cr_ = false;
  bool bad_ = false;
};

}  // namespace

io::Task<base::Result<Substance>> look_through(io::Ref<queue::BodyReader> body, bool lines) {
  Substance found;
  HeaderWatch header;
  BinaryWatch binary;
  body->rewind();
  for (;;) {
    const auto chunk = co_await body->next();
    if (!chunk) co_return std::unexpected(chunk.error());
    if (chunk->empty()) break;
    header.feed(*chunk);
    if (lines) binary.feed(*chunk);
    found.beyond_ascii = found.beyond_ascii || !message::is_ascii(*chunk);
    if (!lines && found.beyond_ascii && header.over()) break;
  }
  found.header_beyond_ascii = header.beyond_ascii();
  found.binary = lines && binary.binary();
  co_return found;
}

}  // namespace delivery
