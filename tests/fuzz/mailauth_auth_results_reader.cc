// Fuzz target: Authentication-Results of a trusted sealer. What is written from it reads the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/mailauth/auth_results_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto results = mailauth::read_auth_results(text);
  CHECK(results.size() <= mailauth::auth_results_max, "bounded");
  for (const mailauth::AuthResult& result : results) {
    CHECK(result.properties.size() <= mailauth::auth_properties_max, "bounded");
  }
  return 0;
}
