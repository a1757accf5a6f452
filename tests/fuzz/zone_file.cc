// Fuzz target: zone-file text. Any text is a zone or a mistake with its line; a zone has answers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/dns/zone_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto zone = dns::ZoneFile::parse(text, {.text_bytes_max = 1UL << 20, .records_max = 5'000});
  if (!zone) {
    CHECK(zone.error().detail.starts_with("line "), "a mistake names its line");
    return 0;
  }
  const std::string_view asked = text.substr(0, text.find_first_of(" \n"));
  for (const std::string_view name : {asked, std::string_view("a.example"), std::string_view()}) {
    for (const dns::Type type : {dns::Type::a, dns::Type::mx, dns::Type::txt, dns::Type::cname}) {
      const dns::Answer answer = (*zone)->lookup(name, type);
      CHECK((answer.status == dns::Status::ok) == !answer.records.empty(), "ok means records");
      CHECK(answer.status != dns::Status::trouble || !answer.why.empty(), "trouble says why");
    }
  }
  return 0;
}
