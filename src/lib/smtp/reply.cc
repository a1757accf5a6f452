// See reply.h.
#include "lib/smtp/reply.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/smtp/limits.h"

namespace smtp {
namespace {

bool is_control(char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }

// "550-5.1.1 ": what stands in front of every line; the separator after the code is at byte 3.
std::string line_prefix(const Reply& reply) {
  if (!reply.enhanced) return fmt::format(FMT_COMPILE("{:03} "), reply.code);
  return fmt::format(FMT_COMPILE("{:03} {}.{}.{} "), reply.code, reply.enhanced->class_,
                     reply.enhanced->subject, reply.enhanced->detail);
}

// How much of the text fits into `room` octets: up to a space if there is one, and never a part of
// a UTF-8 sequence.
std::size_t fitting(std::string_view text, std::size_t room) {
  if (text.size() <= room) return text.size();
  const std::size_t space = text.rfind(' ', room);
  if (space != std::string_view::npos && space > 0) return space;
  std::size_t cut = room;
  while (cut > 1 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80) --cut;
  return cut;
}

void append_text(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out += text;
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), is_control, ' ');
}

// The lines as they fit on the wire.
std::vector<std::string_view> wrapped(const std::vector<std::string>& lines, std::size_t room) {
  std::vector<std::string_view> out;
  for (std::string_view text : lines) {
    while (text.size() > room) {
      const std::size_t count = fitting(text, room);
      out.push_back(text.substr(0, count));
      text.remove_prefix(count);
      if (text.starts_with(' ')) text.remove_prefix(1);
    }
    out.push_back(text);
  }
  if (out.empty()) out.emplace_back();
  return out;
}

}  // namespace

std::string EnhancedCode::text() const {
  return fmt::format(FMT_COMPILE("{}.{}.{}"), class_, subject, detail);
}

std::string Reply::text() const {
  std::string out = line_prefix(*this);
  for (const std::string& line : lines) {
    append_text(out, line);
    out += ' ';
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string Reply::wire() const {
  std::string out;
  append_wire(out);
  return out;
}

void Reply::append_wire(std::string& out) const {
  CHECK(code >= 200 && code <= 599, "a reply code of RFC 5321 §4.2.1");
  const std::string prefix = line_prefix(*this);
  const std::size_t room = reply_line_bytes_max - prefix.size() - 2;
  // Nearly every reply is one short line.
  if (lines.size() == 1 && lines.front().size() <= room) {
    out += prefix;
    append_text(out, lines.front());
    out += "\r\n";
    return;
  }
  const auto parts = wrapped(lines, room);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t start = out.size();
    out += prefix;
    if (i + 1 < parts.size()) out[start + 3] = '-';
    append_text(out, parts[i]);
    out += "\r\n";
  }
}

Reply reply(int code, EnhancedCode enhanced, std::string text) {
  Reply out = reply(code, std::move(text));
  out.enhanced = enhanced;
  return out;
}

Reply reply(int code, std::string text) {
  Reply out;
  out.code = code;
  if (!text.contains('\n')) {
    out.lines.push_back(std::move(text));
    return out;
  }
  for (const std::string_view line : base::split(text, '\n')) out.lines.emplace_back(line);
  return out;
}

}  // namespace smtp
