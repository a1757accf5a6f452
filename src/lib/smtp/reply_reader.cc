// See reply_reader.h.
#include "lib/smtp/reply_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace smtp {
namespace {

// RFC 5321 §4.2: three digits, of which the first is 2 to 5.
std::optional<int> parse_code(std::string_view line) {
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), base::is_digit)) {
    return std::nullopt;
  }
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  return code >= 200 && code <= 599 ? std::optional(code) : std::nullopt;
}

// RFC 3463 §2: class "." subject "." detail, one to three digits each; the class must be that of
// the reply (RFC 2034 §4). Takes it and the space after it off the text.
std::optional<EnhancedCode> take_enhanced(std::string_view& text, int code) {
  const std::string_view word = text.substr(0, text.find(' '));
  if (word.size() < 5 || word.size() > 9 || word[1] != '.') return std::nullopt;
  std::uint64_t numbers[3] = {};
  std::string_view rest = word;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t dot = i < 2 ? rest.find('.') : rest.size();
    if (dot == std::string_view::npos || dot > 3) return std::nullopt;
    const auto number = base::parse_number(rest.substr(0, dot));
    if (!number) return std::nullopt;
    numbers[i] = *number;
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  if (numbers[0] != static_cast<std::uint64_t>(code / 100) || numbers[0] == 3) return std::nullopt;
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return EnhancedCode{static_cast<std::uint8_t>(numbers[0]), static_cast<std::uint16_t>(numbers[1]),
                      static_cast<std::uint16_t>(numbers[2])};
}

}  // namespace

ReplyReader::Status ReplyReader::feed(std::string_view& input) {
  CHECK(status_ != Status::done, "take() comes between two replies");
  while (status_ == Status::need_more && !input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view part = input.substr(0, end);
    if (partial_.size() + part.size() + 1 > limits_.line_bytes_max) {
      return malformed(fmt::format("a reply line longer than {} octets", limits_.line_bytes_max));
    }
    if (end == std::string_view::npos) {
      partial_ += part;
      input = {};
      return status_;
    }
    input.remove_prefix(end + 1);
    if (partial_.empty()) {
      status_ = add_line(part);
    } else {
      partial_ += part;
      const std::string line = std::exchange(partial_, {});
      status_ = add_line(line);
    }
  }
  return status_;
}

// One line without its LF. Servers that end lines with LF alone exist; nothing can be smuggled by a
// reply, so they are understood.
ReplyReader::Status ReplyReader::add_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.contains('\0') || line.contains('\r')) return malformed("a NUL or bare CR in a reply");
  const auto code = parse_code(line);
  const char separator = line.size() > 3 ? line[3] : ' ';
  if (!code || (separator != ' ' && separator != '-')) {
    return malformed(fmt::format("no SMTP reply: \"{}\"", base::printable(line, 80)));
  }
  if (reply_.code != 0 && reply_.code != *code) {
    return malformed(fmt::format("codes {} and {} in one reply", reply_.code, *code));
  }
  if (reply_.lines.size() >= limits_.lines_max) {
    return malformed(fmt::format("a reply of more than {} lines", limits_.lines_max));
  }
  reply_.code = *code;
  add_text(line.size() > 4 ? line.substr(4) : std::string_view());
  return separator == ' ' ? Status::done : Status::need_more;
}

void ReplyReader::add_text(std::string_view text) {
  std::string_view rest = text;
  const auto enhanced = take_enhanced(rest, reply_.code);
  if (reply_.lines.empty()) reply_.enhanced = enhanced;
  // A line whose enhanced code differs from the first one's keeps it as text.
  const bool same = enhanced && enhanced == reply_.enhanced;
  reply_.lines.emplace_back(same ? rest : text);
}

Reply ReplyReader::take() {
  CHECK(status_ == Status::done, "there is a reply to take");
  status_ = Status::need_more;
  return std::exchange(reply_, {});
}

ReplyReader::Status ReplyReader::malformed(std::string what) {
  error_ = std::move(what);
  status_ = Status::malformed;
  return status_;
}

}  // namespace smtp
