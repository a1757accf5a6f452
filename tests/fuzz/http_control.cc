// Fuzz target: whole HTTP conversations: every route of the administration, as the command line
// reaches it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/admin_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(fuzz::HttpDoor::control, {reinterpret_cast<const char*>(data), size});
  return 0;
}
