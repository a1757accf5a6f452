// See tree.h.
#include "config/tree.h"

#include <algorithm>

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
  } else if (node.is_floating_point()) {
    out.kind = Value::Kind::real;
  } else {
    out.kind = Value::Kind::date;
  }
  out.line = line_of(node.source());
  return out;
}

}  // namespace

std::expected<Value, SyntaxError> parse(std::string_view text) {
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
