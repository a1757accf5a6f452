// Runs kept inputs through their fuzz targets, each once and without libFuzzer.
//
// usage: fuzz_replay TARGET PATH…     files, and the files of folders
//        fuzz_replay --seeds FOLDER   FOLDER/TARGET/… through TARGET, for every target
// A target that fails ends the program; the input is named last.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

// targets.inc is made by CMakeLists.txt: FUZZ_TARGET(name) for each.
#define FUZZ_TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "targets.inc"  // NOLINT(bugprone-suspicious-include)
#undef FUZZ_TARGET

// There with a sanitizer only.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

namespace fs = std::filesystem;

struct Target {
  std::string_view name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

constexpr Target targets[] = {
#define FUZZ_TARGET(name) {#name, fuzz_##name},
#include "targets.inc"  // NOLINT(bugprone-suspicious-include)
#undef FUZZ_TARGET
};

std::string current;  // "TARGET FILE" that runs now

void name_current() { std::fprintf(stderr, "fuzz_replay: failed with %s\n", current.c_str()); }

void on_abort(int /*signal*/) { name_current(); }

void run_file(const Target& target, const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string octets((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  current = fmt::format("{} {}", target.name, path.string());
  // A copy of the right size, so that AddressSanitizer sees a read behind its end.
  const std::unique_ptr<std::uint8_t[]> data(new std::uint8_t[octets.size()]);
  std::ranges::copy(octets, data.get());
  (void)target.run(data.get(), octets.size());
}

std::size_t run_path(const Target& target, const fs::path& path) {
  if (fs::is_regular_file(path)) {
    run_file(target, path);
    return 1;
  }
  std::size_t count = 0;
  if (!fs::is_directory(path)) return count;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    run_file(target, entry.path());
    ++count;
  }
  return count;
}

int run_seeds(const fs::path& folder) {
  std::size_t count = 0;
  for (const Target& target : targets) count += run_path(target, folder / target.name);
  fmt::print("{} inputs through {} targets\n", count, std::size(targets));
  return count == 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (&__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(name_current);
  (void)std::signal(SIGABRT, on_abort);
  if (argc == 3 && std::string_view(argv[1]) == "--seeds") return run_seeds(argv[2]);
  for (const Target& target : targets) {
    if (argc < 3 || target.name != argv[1]) continue;
    for (int i = 2; i < argc; ++i) run_path(target, argv[i]);
    return 0;
  }
  fmt::print(stderr, "usage: fuzz_replay TARGET PATH...\n       fuzz_replay --seeds FOLDER\n");
  return 2;
}
