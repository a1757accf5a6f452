// Fuzz target: recoding. Chunks do not matter, the edits fit into each other, what comes out needs
// no more recoding, and the encoders can be undone.
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/content_type.h"
#include "lib/message/recode.h"

namespace {

constexpr message::RecodeLimits limits = {.part_bytes_max = 5'000, .edits_max = 50};

struct Done {
  std::string message;
  std::uint64_t long_line = 0;
};

Done recode(std::string_view text, std::size_t chunk) {
  message::LeafRecoder recoder(limits);
  for (std::size_t at = 0; at < text.size(); at += chunk) recoder.feed(text.substr(at, chunk));
  recoder.finish();
  message::Content content = message::Content::whole(text.size());
  content.apply(recoder.edits());
  return {content.assemble(text), recoder.long_line()};
}

std::string unquote(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    const std::string_view code = text.substr(i + 1, 2);
    if (code != "\r\n") out += static_cast<char>(std::stoi(std::string(code), nullptr, 16));
    i += 2;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Done whole = recode(text, size + 1);
  const Done pieces = recode(text, size == 0 ? 1 : data[size - 1] % 100 + 1);
  CHECK(whole.message == pieces.message && whole.long_line == pieces.long_line, "the same result");
  CHECK(unquote(message::quoted_printable(text)) == text, "quoted-printable can be undone");
  CHECK(message::quoted_printable(text).find("\n--") == std::string::npos, "no new boundary");
  (void)message::parse_content_type(text);
  return 0;
}
