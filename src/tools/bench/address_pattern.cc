// See address_pattern.h.
#include "tools/bench/address_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lib/base/text.h"

namespace bench {

base::Result<AddressPattern> AddressPattern::parse(std::string_view text) {
  const auto invalid = [text](std::string_view why) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("the address \"{}\" {}", base::printable(text), why));
  };
  if (text.size() > pattern_bytes_max) return invalid("is too long");
  if (std::ranges::any_of(text, [](char c) { return c <= ' ' || c == 0x7f; })) {
    return invalid("has a space or control character in it");
  }
  AddressPattern pattern;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    Part part{.text = std::string(text.substr(0, open))};
    text.remove_prefix(std::min(open, text.size()));
    if (!text.empty()) {
      const std::size_t close = text.find('}');
      if (close == std::string_view::npos) return invalid("lacks a }");
      std::string_view inside = text.substr(1, close - 1);
      part.number = true;
      if (inside.starts_with("n%")) {
        part.remainder = base::parse_number(inside.substr(2)).value_or(0);
        if (part.remainder == 0) return invalid("has a {n%K} whose K is no number above 0");
      } else if (inside != "n") {
        return invalid("may have {n} and {n%K} in braces, nothing else");
      }
      text.remove_prefix(close + 1);
    }
    pattern.parts_.push_back(std::move(part));
  }
  return pattern;
}

void AddressPattern::append(std::uint64_t number, std::string& out) const {
  for (const Part& part : parts_) {
    out += part.text;
    if (!part.number) continue;
    fmt::format_to(std::back_inserter(out), "{}",
                   part.remainder == 0 ? number : number % part.remainder);
  }
}

std::string AddressPattern::of(std::uint64_t number) const {
  std::string out;
  append(number, out);
  return out;
}

}  // namespace bench
