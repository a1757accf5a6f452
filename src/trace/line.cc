// See line.h.
#include "trace/line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace trace {
namespace {

// How many octets of a printable character are at the front: 0 for a control character or an octet
// that begins no well-formed one (RFC 3629 §4).
std::size_t printable_octets(std::string_view text) {
  const auto octet = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xc0U) != 0x80) return 0;
  }
  const unsigned char second = octet(1);
  if (first == 0xc2 && second < 0xa0) return 0;  // C1 controls: some terminals obey them
  if (first == 0xe0 && second < 0xa0) return 0;  // overlong
  if (first == 0xed && second > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && second < 0x90) return 0;  // overlong
  if (first == 0xf4 && second > 0x8f) return 0;  // above U+10FFFF
  return size;
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = printable_octets(text);
    if (size > 0) {
      out += text.substr(0, size);
      text.remove_prefix(size);
      continue;
    }
    switch (text[0]) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(1);
  }
}

void append_json_field(std::string& out, std::string_view key, std::string_view value) {
  out += out.size() > 1 ? "," : "";
  append_json_text(out, key);
  out += ':';
  append_json_text(out, value);
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=") != std::string_view::npos;
}

constexpr std::array<std::string_view, 5> own_keys = {"ts", "level", "event", "session", "message"};

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t size = printable_octets(text);
    if (size == 1 && (text[0] == '"' || text[0] == '\\')) out += '\\';
    if (size > 0) {
      out += text.substr(0, size);
    } else if (static_cast<unsigned char>(text[0]) < 0x80) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(text[0]));
    } else {
      out += "\\ufffd";  // JSON has no octets that are no characters
    }
    text.remove_prefix(size > 0 ? size : 1);
  }
  out += '"';
}

std::string_view severity_name(base::Severity severity) {
  switch (severity) {
    case base::Severity::debug: return "debug";
    case base::Severity::info: return "info";
    case base::Severity::warning: return "warning";
    case base::Severity::error: return "error";
  }
  return "info";
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

std::string human_line(const StoredEvent& event) {
  return base::format_time(event.time) + " " + untimed_line(event);
}

std::string untimed_line(const StoredEvent& event) {
  std::string out;
  out.reserve(256);
  out += severity_name(event.severity);
  out += ' ';
  append_escaped(out, event.name);
  if (event.message) out += " " + event.message.text();
  if (event.session.value != 0) out += " " + event.session.text();
  for (const auto& [key, value] : event.fields) {
    out += ' ';
    append_escaped(out, key);
    out += '=';
    if (!needs_quotes(value)) {
      append_escaped(out, value);
      continue;
    }
    out += '"';
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t quote = std::min(value.find('"', begin), value.size());
      append_escaped(out, std::string_view(value).substr(begin, quote - begin));
      if (quote < value.size()) out += "\\\"";
      begin = quote + 1;
    }
    out += '"';
  }
  return out;
}

std::string json_line(const StoredEvent& event) {
  std::string out = "{";
  out.reserve(256);
  append_json_field(out, "ts", base::format_time(event.time));
  append_json_field(out, "level", severity_name(event.severity));
  append_json_field(out, "event", event.name);
  if (event.session.value != 0) append_json_field(out, "session", event.session.text());
  if (event.message) append_json_field(out, "message", event.message.text());
  for (const auto& [key, value] : event.fields) {
    const bool taken = std::ranges::find(own_keys, key) != own_keys.end();
    append_json_field(out, taken ? key + "_" : key, value);
  }
  out += '}';
  return out;
}

}  // namespace trace
