// See toml_edit.h.
#include "admin/toml_edit.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace admin {
namespace {

std::string_view line_at(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return text.substr(at, end == std::string_view::npos ? end : end - at + 1);
}

// "[delivery] # words" is the head of that table; [[route]] is of no table.
bool is_head_of(std::string_view line, std::string_view table) {
  line = base::trim(line.substr(0, line.find('#')));
  if (!line.starts_with('[') || !line.ends_with(']')) return false;
  return base::trim(line.substr(1, line.size() - 2)) == table;
}

bool sets(std::string_view line, std::string_view key) {
  const std::size_t equals = line.find('=');
  return equals != std::string_view::npos && base::trim(line.substr(0, equals)) == key;
}

// A list may go over several lines.
std::size_t value_end(std::string_view text, std::size_t at) {
  const std::string_view first = line_at(text, at);
  const std::string_view value = base::trim(first.substr(first.find('=') + 1));
  std::size_t end = at + first.size();
  if (!value.starts_with('[')) return end;
  for (std::size_t line = at; line < text.size();) {
    const std::string_view one = line_at(text, line);
    end = line + one.size();
    if (one.contains(']')) break;
    line = end;
  }
  return end;
}

}  // namespace

std::string with_setting(std::string text, TomlKey where, std::string_view value) {
  const std::string line = fmt::format("{} = {}\n", where.key, value);
  if (!text.empty() && text.back() != '\n') text += '\n';
  std::size_t insert_at = std::string::npos;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view one = line_at(text, at);
    if (base::trim(one).starts_with('[') && !one.contains('=')) {
      inside = is_head_of(one, where.table);
      if (inside) insert_at = at + one.size();
    } else if (inside && sets(one, where.key)) {
      return text.replace(at, value_end(text, at) - at, line);
    }
    at += one.size();
  }
  if (insert_at == std::string::npos) {
    return fmt::format("{}\n[{}]\n{}", text, where.table, line);
  }
  return text.insert(insert_at, line);
}

}  // namespace admin
