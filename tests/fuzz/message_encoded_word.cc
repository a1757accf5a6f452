// Fuzz target: encoded words and look-alike letters. What comes out is UTF-8 without control
// characters, and a skeleton is its own skeleton.
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/encoded_word.h"
#include "lib/message/look_alike.h"
#include "lib/message/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string decoded = message::decode_words(text);
  CHECK(message::is_utf8(decoded), "UTF-8 whatever came");
  for (const char c : decoded) {
    CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "nothing that ends a line");
  }
  const std::string seen = message::skeleton(text);
  CHECK(message::is_utf8(seen), "UTF-8 whatever came");
  CHECK(message::skeleton(seen) == seen, "seen once more it is the same");
  (void)message::name_key(decoded);
  (void)message::mixes_scripts(text);
  return 0;
}
