// Fuzz target: a whole conversation that begins with a PROXY header, from a listed proxy that may
// say XCLIENT too, on the port for submissions.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/server_world.h"

namespace {

void believe_proxies(sim::Home& home) {
  auto& listener = fuzz::add_listener(home, 2587, session::Role::submission);
  listener.proxies = listener.xclient = {*io::IpNetwork::parse("198.51.100.9")};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(believe_proxies, 2587, {reinterpret_cast<const char*>(data), size});
  return 0;
}
