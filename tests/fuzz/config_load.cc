// Fuzz target: the configuration file. Any text is a configuration or a list of mistakes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "lib/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = config::load(text, "fuzz.toml", "/home");
  if (config) {
    CHECK(!config->session.hostname.empty(), "a good configuration has a host name");
    CHECK(!config->session.listeners.empty(), "a good configuration has a listener");
  } else {
    CHECK(config.error().detail.starts_with("fuzz.toml"), "a mistake names its file");
  }
  return 0;
}
