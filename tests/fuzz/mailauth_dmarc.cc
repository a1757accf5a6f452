// Fuzz target: DMARC policy records.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/mailauth/dmarc_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record =
      mailauth::parse_dmarc(std::string_view(reinterpret_cast<const char*>(data), size));
  CHECK(!record || record->rua.size() <= mailauth::report_addresses_max, "addresses are bounded");
  return 0;
}
