// Fuzz target: Authentication-Results of strangers, and what is written with their words.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/mailauth/auth_results.h"
#include "lib/message/header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::uint64_t end = 0;
  for (const message::Edit& cut : mailauth::cut_forged_results(text, "mx.example.org")) {
    CHECK(cut.offset >= end && cut.offset + cut.length <= size, "cuts lie in order in the header");
    end = cut.offset + cut.length;
  }
  const std::string field = mailauth::auth_results_field(
      "mx.example.org", {{.method = "spf",
                          .result = "fail",
                          .reason = std::string(text),
                          .properties = {{"smtp.mailfrom", std::string(text)}}}});
  CHECK(message::read_header(field).size() == 1, "it stays one field");
  return 0;
}
