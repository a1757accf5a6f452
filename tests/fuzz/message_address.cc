// Fuzz target: addresses. What is accepted is within the limits and reads back as it was written.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool utf8 : {false, true}) {
    const auto address = message::parse_address(text, {.utf8 = utf8});
    if (!address) continue;
    const std::string written = address->text();
    CHECK(written.size() <= text.size(), "quoting adds nothing that was not there");
    CHECK(written.find_first_of("\r\n") == std::string::npos, "one line");
    CHECK(message::parse_address(written, {.utf8 = utf8}) == *address, "reads back");
    const std::string key = message::domain_key(address->domain);
    CHECK(message::domain_key(key) == key, "a key is its own key");
  }
  return 0;
}
