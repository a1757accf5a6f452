// Fuzz target: the whole conversation of a mail server that hands on to us by LMTP (RFC 2033).
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/server_world.h"

namespace {

void speak_lmtp(sim::Home& home) {
  fuzz::add_listener(home, 24, session::Role::mx).protocol = session::Protocol::lmtp;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(speak_lmtp, 24, {reinterpret_cast<const char*>(data), size});
  return 0;
}
