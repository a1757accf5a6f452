// Fuzz target: a whole conversation with a submission port that offers STARTTLS. What was said
// before the handshake is forgotten, and nothing that came with STARTTLS counts as said inside.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/server_world.h"

namespace {

void offer_starttls(sim::Home& home) {
  fuzz::add_listener(home, 588, session::Role::submission).tls = session::Tls::starttls;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(offer_starttls, 588, {reinterpret_cast<const char*>(data), size});
  return 0;
}
