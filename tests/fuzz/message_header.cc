// Fuzz target: header fields. Views cover the header without gaps; the streaming scanner agrees.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/content.h"
#include "lib/message/date.h"
#include "lib/message/header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t body = 0;
  const auto fields = message::read_header(text, body);
  CHECK(body <= size, "the body lies in the message");
  const char* at = text.data();
  for (const auto& field : fields) {
    CHECK(field.whole.data() == at && !field.whole.empty(), "fields follow each other");
    at += field.whole.size();
    CHECK(message::unfold(field.value).find('\n') == std::string::npos, "one line");
  }
  message::HeaderScanner scanner;
  const std::size_t split = size == 0 ? 0 : data[0] % (size + 1);
  scanner.feed(text.substr(0, split));
  scanner.feed(text.substr(split));
  if (size < 10'000 && fields.size() < 2000 && scanner.header_ended()) {
    CHECK(scanner.body_offset() == body, "one body");
    CHECK(scanner.received_count() == message::count_fields(fields, "Received"), "same count");
  }
  (void)message::parse_date(text);
  if (const auto content = message::Content::decode(text)) {
    CHECK(content->encode() == text, "one way to write a content");
  }
  return 0;
}
