// Fuzz target: the whole conversation of a mail program inside TLS, where log-ins are offered.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/server_world.h"

namespace {

void offer_logins(sim::Home& home) {
  fuzz::add_listener(home, 465, session::Role::submission).tls = session::Tls::implicit;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(offer_logins, 465, {reinterpret_cast<const char*>(data), size});
  return 0;
}
