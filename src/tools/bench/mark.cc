// See mark.h.
#include "tools/bench/mark.h"

#include <fmt/format.h>
#include <isa-l.h>

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"

namespace bench {
namespace {

constexpr std::size_t digits_max = 18;
// The library counts in int.
constexpr std::size_t crc_step_bytes = 1UL << 30;

std::optional<std::uint64_t> number_after(std::string_view word, std::string_view name) {
  if (!word.starts_with(name)) return std::nullopt;
  const std::string_view digits = word.substr(name.size());
  return digits.size() <= digits_max ? base::parse_number(digits) : std::nullopt;
}

std::optional<std::uint32_t> sum_after(std::string_view word) {
  constexpr std::string_view name = "sum=";
  if (!word.starts_with(name) || word.size() != name.size() + 8) return std::nullopt;
  const std::string_view digits = word.substr(name.size());
  std::uint32_t sum = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), sum, 16);
  return error == std::errc() && end == digits.end() ? std::optional(sum) : std::nullopt;
}

}  // namespace

std::string mark_text(const Mark& mark) {
  return fmt::format("number={:0{}} size={:0{}} sum={:08x}", mark.number, mark_digits, mark.size,
                     mark_digits, mark.sum);
}

std::optional<Mark> parse_mark(std::string_view value) {
  std::string unfolded(value);
  std::erase_if(unfolded, [](char c) { return c == '\r' || c == '\n'; });
  const auto words = base::words(unfolded);
  if (words.size() != 3) return std::nullopt;
  const auto number = number_after(words[0], "number=");
  const auto size = number_after(words[1], "size=");
  const auto sum = sum_after(words[2]);
  if (!number || !size || !sum) return std::nullopt;
  return Mark{.number = *number, .size = *size, .sum = *sum};
}

std::optional<Mark> find_mark(std::string_view header) {
  while (!header.empty()) {
    // A field goes on in lines that begin with a space (RFC 5322 §2.2.3).
    std::size_t end = header.find("\r\n");
    while (end != std::string_view::npos && end + 2 < header.size() &&
           base::is_space(header[end + 2])) {
      end = header.find("\r\n", end + 2);
    }
    const std::string_view field = header.substr(0, end);
    if (field.size() > mark_name.size() && field[mark_name.size()] == ':' &&
        base::iequals(field.substr(0, mark_name.size()), mark_name)) {
      return parse_mark(field.substr(mark_name.size() + 1));
    }
    if (end == std::string_view::npos) break;
    header.remove_prefix(end + 2);
  }
  return std::nullopt;
}

void Crc32c::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view step = bytes.substr(0, crc_step_bytes);
    auto* data =
        const_cast<unsigned char*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast): its C API
            reinterpret_cast<const unsigned char*>(step.data()));
    state_ = crc32_iscsi(data, static_cast<int>(step.size()), state_);
    bytes.remove_prefix(step.size());
  }
}

}  // namespace bench
