// See size.h.
#include "lib/base/size.h"

#include <fmt/format.h>

#include <array>

#include "lib/base/text.h"

namespace base {
namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array<SizeUnit, 9> size_units = {{{"B", 1},
                                                 {"KB", 1'000},
                                                 {"MB", 1'000'000},
                                                 {"GB", 1'000'000'000},
                                                 {"TB", 1'000'000'000'000},
                                                 {"KiB", 1ULL << 10U},
                                                 {"MiB", 1ULL << 20U},
                                                 {"GiB", 1ULL << 30U},
                                                 {"TiB", 1ULL << 40U}}};
constexpr std::uint64_t size_max = 1ULL << 63U;

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::string_view trimmed = trim(text);
  std::size_t digits = 0;
  while (digits < trimmed.size() && is_digit(trimmed[digits])) ++digits;
  const auto number = parse_number(trimmed.substr(0, digits));
  const std::string_view unit = trim(trimmed.substr(digits));
  if (number && unit.empty() && *number == 0) return 0;
  for (const SizeUnit& known : size_units) {
    if (number && iequals(known.name, unit) && *number <= size_max / known.bytes) {
      return *number * known.bytes;
    }
  }
  return fail(ErrorKind::invalid,
              fmt::format("\"{}\" is not a size; write a number with its unit, such as 512B, 50MB "
                          "or 64MiB",
                          text));
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> names = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  while (value >= 1024 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, names[unit]);
}

}  // namespace base
