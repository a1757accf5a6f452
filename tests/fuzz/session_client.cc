// Fuzz target: everything that a next hop may say to the SMTP client, from its greeting to the end,
// with STARTTLS. kit/next_hop.h says what must hold afterwards.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/next_hop.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::HopSettings settings = fuzz::hop_settings();
  fuzz::deliver_to_hop(settings, {reinterpret_cast<const char*>(data), size});
  return 0;
}
