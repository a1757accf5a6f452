// Fuzz target: everything that the keeper of our mailboxes may say to the LMTP client.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/next_hop.h"

namespace {

fuzz::HopSettings by_lmtp() {
  fuzz::HopSettings settings = fuzz::hop_settings();
  settings.delivery.lmtp = {.path = {}, .host = "198.51.100.3", .port = 24};
  return settings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::HopSettings settings = by_lmtp();
  fuzz::deliver_to_hop(settings, {reinterpret_cast<const char*>(data), size});
  return 0;
}
