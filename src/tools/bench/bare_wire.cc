// See bare_wire.h.
#include "tools/bench/bare_wire.h"

#include "lib/base/text.h"

namespace bench {
namespace {

constexpr std::string_view end_of_text = "\r\n.\r\n";

int code_of(std::string_view line) {
  return static_cast<int>(base::parse_number(line.substr(0, 3)).value_or(0));
}

}  // namespace

std::size_t find_end_of_text(std::string_view text, std::size_t seen) {
  if (text.starts_with(end_of_text.substr(2))) return end_of_text.size() - 2;
  const std::size_t from = seen < end_of_text.size() ? 0 : seen - end_of_text.size() + 1;
  const std::size_t at = text.find(end_of_text, from);
  return at == std::string_view::npos ? at : at + end_of_text.size();
}

std::optional<int> ReplyCodes::next() {
  std::string_view rest = waiting_;
  for (;;) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      return waiting_.size() > reply_line_bytes_max ? std::optional(0) : std::nullopt;
    }
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.size() > 3 && line[3] == '-') continue;
    const int code = code_of(line);
    waiting_.erase(0, waiting_.size() - rest.size());
    return code;
  }
}

}  // namespace bench
