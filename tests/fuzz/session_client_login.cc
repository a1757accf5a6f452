// Fuzz target: everything that a relay host may say to who logs in to it. Whether its certificate
// is trusted is the first octet's to say; when it is not, the password is never shown as it is.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/next_hop.h"

namespace {

fuzz::HopSettings by_relay(bool trusted) {
  fuzz::HopSettings settings = fuzz::hop_settings();
  settings.delivery.routes = {fuzz::relay_route()};
  settings.trusted = trusted;
  settings.secret = !trusted;
  return settings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::HopSettings strange = by_relay(false);
  static const fuzz::HopSettings trusted = by_relay(true);
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  fuzz::deliver_to_hop(input[0] == 'T' ? trusted : strange, input.substr(1));
  return 0;
}
