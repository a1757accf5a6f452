// See input.h.
#include "cli/input.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>

namespace cli {
namespace {

constexpr std::size_t line_bytes_max = 4096;

}  // namespace

std::string read_line() {
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n' && line.size() < line_bytes_max;
       c = std::getchar()) {
    line += static_cast<char>(c);
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

base::Result<std::string> read_all(std::size_t bytes_max) {
  std::string text;
  std::array<char, 65536> buffer = {};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0;) {
    text.append(buffer.data(), got);
    if (text.size() > bytes_max) {
      return base::fail(base::ErrorKind::limit,
                        fmt::format("the message is larger than {} octets", bytes_max));
    }
  }
  return text;
}

}  // namespace cli
