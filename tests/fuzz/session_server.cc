// Fuzz target: a stranger's whole conversation with port 25. kit/server_world.h says what must hold
// afterwards; "\xff" in the input waits for an answer.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/server_world.h"

namespace {

void nothing_more(sim::Home& /*home*/) {}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(nothing_more, 25, {reinterpret_cast<const char*>(data), size});
  return 0;
}
