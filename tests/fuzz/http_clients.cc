// Fuzz target: whole HTTP conversations: what mail programs may ask of the pages that set them up.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/admin_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(fuzz::HttpDoor::clients, {reinterpret_cast<const char*>(data), size});
  return 0;
}
