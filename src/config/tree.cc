// See tree.h.
#include "config/tree.h"

#include <algorithm>
#include <optional>
#include <utility>

// toml++ 3.3 asserts in parse_key() what a file may well break ("[[#"), and then handles it as the
// error that it is; without its assertions that code is reached. The fuzz target watches over this.
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace config {
namespace {

int line_of(const toml::source_region& source) { return static_cast<int>(source.begin.line); }

Value convert(const toml::node& node);

Value convert_table(const toml::table& table) {
  Value out;
  for (const auto& [key, node] : table) {
    Entry entry;
    entry.key = std::string(key.str());
    entry.line = line_of(key.source());
    entry.value = convert(node);
    out.entries.push_back(std::move(entry));
  }
  std::ranges::sort(out.entries, {}, &Entry::line);
  return out;
}

Value convert(const toml::node& node) {
  Value out;
  if (const auto* table = node.as_table()) {
    out = convert_table(*table);
  } else if (const auto* array = node.as_array()) {
    out.kind = Value::Kind::list;
    for (const auto& element : *array) out.list.push_back(convert(element));
  } else if (const auto* text = node.as_string()) {
    out.kind = Value::Kind::text;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.kind = Value::Kind::integer;
    out.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.kind = Value::Kind::boolean;
    out.boolean = boolean->get();
  } else if (const auto* real = node.as_floating_point()) {
    out.kind = Value::Kind::real;
    out.real = real->get();
  } else {
    out.kind = Value::Kind::date;
  }
  out.line = line_of(node.source());
  return out;
}

// What a text in quotes may follow.
constexpr std::string_view before_text = " \t\r\n=[,{";

// toml++ 3.3 has undefined behaviour for characters beyond ASCII where it looks for a space. So
// they are let through in quotes and comments only (TOML has them nowhere else); and texts over
// several lines, which no setting needs, not at all.
std::optional<SyntaxError> find_unsafe(std::string_view text) {
  int line = 1;
  std::size_t line_begin = 0;
  char inside = '\0';  // the quote or # that we are behind
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto at = [&](std::string_view words) {
      return SyntaxError{line, static_cast<int>(i - line_begin) + 1, std::string(words)};
    };
    if (c == '\n') {
      ++line;
      line_begin = i + 1;
      inside = '\0';
    } else if (inside == '#') {
      continue;
    } else if (inside != '\0') {
      if (c == '\\' && inside == '"' && i + 1 < text.size() && text[i + 1] != '\n') ++i;
      if (c == inside) inside = '\0';
    } else if (c == '"' || c == '\'' || c == '#') {
      if (c != '#' && text.substr(i, 3) == std::string(3, c)) {
        return at("a text goes over several lines; write it on one, in single quotes");
      }
      if (c != '#' && i > 0 && before_text.find(text[i - 1]) == std::string_view::npos) {
        return at("a quote stands in the middle of a word");
      }
      inside = c;
    } else if (static_cast<unsigned char>(c) > 0x7e) {
      return at("there is a character other than ASCII outside of quotes and comments");
    }
  }
  return std::nullopt;
}

}  // namespace

std::expected<Value, SyntaxError> parse(std::string_view text) {
  if (auto error = find_unsafe(text)) return std::unexpected(std::move(*error));
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    const auto& error = result.error();
    return std::unexpected(SyntaxError{.line = line_of(error.source()),
                                       .column = static_cast<int>(error.source().begin.column),
                                       .words = std::string(error.description())});
  }
  return convert_table(result.table());
}

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::text: return "a text in quotes";
    case Value::Kind::integer: return "a whole number";
    case Value::Kind::real: return "a number with a fraction";
    case Value::Kind::boolean: return "true or false";
    case Value::Kind::date: return "a date";
    case Value::Kind::list: return "a list";
    case Value::Kind::table: return "a table";
  }
  return "a value";
}

}  // namespace config
