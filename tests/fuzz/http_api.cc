// Fuzz target: whole HTTP conversations of strangers with the API and the web interface, where one
// needs a token or a log-in. They change nothing.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/kit/admin_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::converse(fuzz::HttpDoor::api, {reinterpret_cast<const char*>(data), size});
  return 0;
}
