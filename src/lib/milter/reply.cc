// See reply.h.
#include "lib/milter/reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/milter/protocol.h"

namespace milter {
namespace {

using base::ErrorKind;

struct Letter {
  char letter;
  ReplyKind kind;
  std::string_view word;
};
constexpr std::array<Letter, 20> letters = {{
    {'c', ReplyKind::go_on, "continue"},
    {'a', ReplyKind::accept, "accept"},
    {'r', ReplyKind::reject, "reject"},
    {'d', ReplyKind::discard, "discard"},
    {'t', ReplyKind::tempfail, "tempfail"},
    {'y', ReplyKind::refusal, "reply code"},
    {'s', ReplyKind::skip, "skip"},
    {'4', ReplyKind::shutdown, "shutdown"},
    {'f', ReplyKind::fail, "connection failure"},
    {'O', ReplyKind::options, "options"},
    {'p', ReplyKind::progress, "progress"},
    {'h', ReplyKind::add_header, "add header"},
    {'i', ReplyKind::insert_header, "insert header"},
    {'m', ReplyKind::change_header, "change header"},
    {'b', ReplyKind::replace_body, "replace body"},
    {'+', ReplyKind::add_recipient, "add recipient"},
    {'2', ReplyKind::add_recipient, "add recipient"},
    {'-', ReplyKind::delete_recipient, "delete recipient"},
    {'e', ReplyKind::change_sender, "change sender"},
    {'q', ReplyKind::quarantine, "quarantine"},
}};

std::unexpected<base::Error> broken(ReplyKind kind, std::string_view why) {
  return base::fail(ErrorKind::invalid, fmt::format("a broken \"{}\": {}", to_string(kind), why));
}

// RFC 5322 §2.2: what may stand before the colon.
bool is_field_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

// "5.7.1 " at the front, for a code of that class.
std::optional<std::array<std::uint16_t, 3>> take_enhanced(std::string_view& text, char class_) {
  const std::string_view word = text.substr(0, text.find(' '));
  const auto parts = base::split(word, '.');
  if (parts.size() != 3 || parts[0] != std::string_view(&class_, 1)) return std::nullopt;
  std::array<std::uint16_t, 3> out = {};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto number = base::parse_number(parts[i]);
    if (!number || parts[i].size() > 3) return std::nullopt;
    out.at(i) = static_cast<std::uint16_t>(*number);
  }
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return out;
}

// One line of a reply code: "550-5.7.1 words"; all lines have the same code (RFC 5321 §4.2.1).
bool add_line(std::string_view line, bool last, Refusal& refusal) {
  if (line.size() < 3 || line.size() > refusal_line_bytes_max) return false;
  const auto code = base::parse_number(line.substr(0, 3));
  if (!code || *code < 400 || *code > 599) return false;
  if (!refusal.lines.empty() && static_cast<int>(*code) != refusal.code) return false;
  if (line.size() > 3 && line[3] != (last ? ' ' : '-')) return false;
  refusal.code = static_cast<int>(*code);
  std::string_view text = line.size() > 3 ? line.substr(4) : std::string_view();
  const auto enhanced = take_enhanced(text, line.front());
  if (refusal.lines.empty()) refusal.enhanced = enhanced;
  refusal.lines.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    refusal.lines.back() += text[i];
    // libmilter's callers write a percent sign twice.
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] == '%') ++i;
  }
  return true;
}

base::Result<Reply> read_refusal(Reply reply, PayloadReader reader) {
  const auto text = reader.text();
  if (!text || !reader.done()) return broken(reply.kind, "no text");
  std::string_view rest = *text;
  while (rest.ends_with('\n') || rest.ends_with('\r')) rest.remove_suffix(1);
  for (bool last = false; !last;) {
    const std::size_t end = rest.find('\n');
    last = end == std::string_view::npos;
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (reply.refusal.lines.size() >= refusal_lines_max || !add_line(line, last, reply.refusal)) {
      return broken(reply.kind, base::printable(line, 80));
    }
    if (!last) rest.remove_prefix(end + 1);
  }
  return reply;
}

base::Result<Reply> read_field(Reply reply, PayloadReader reader) {
  if (reply.kind != ReplyKind::add_header) {
    const auto index = reader.number();
    if (!index || *index > index_max) return broken(reply.kind, "no index");
    reply.index = *index;
  }
  const auto name = reader.text();
  const auto value = reader.text();
  if (!name || !value || !reader.done()) return broken(reply.kind, "not name and value");
  if (!is_field_name(*name)) return broken(reply.kind, base::printable(*name, 80));
  reply.name = *name;
  reply.text = *value;
  return reply;
}

// An address, and with some of them parameters.
base::Result<Reply> read_address(Reply reply, PayloadReader reader) {
  const auto address = reader.text();
  if (!address || address->empty()) return broken(reply.kind, "no address");
  reply.text = *address;
  if (!reader.done()) {
    const auto parameters = reader.text();
    const bool plain = reply.kind == ReplyKind::delete_recipient;
    if (plain || !parameters || !reader.done()) return broken(reply.kind, "octets behind it");
    reply.parameters = *parameters;
  }
  return reply;
}

base::Result<Reply> read_plain(Reply reply, PayloadReader reader) {
  if (!reader.done()) return broken(reply.kind, "octets behind it");
  return reply;
}

}  // namespace

std::string_view to_string(ReplyKind kind) {
  return std::ranges::find(letters, kind, &Letter::kind)->word;
}

base::Result<Reply> read_reply(const Packet& packet) {
  const auto* found = std::ranges::find(letters, packet.letter, &Letter::letter);
  if (found == letters.end()) {
    return base::fail(ErrorKind::invalid, fmt::format("a reply that nobody knows: {}",
                                                      base::printable({&packet.letter, 1})));
  }
  Reply reply;
  reply.kind = found->kind;
  const PayloadReader reader(packet.payload);
  switch (reply.kind) {
    case ReplyKind::refusal: return read_refusal(std::move(reply), reader);
    case ReplyKind::add_header:
    case ReplyKind::insert_header:
    case ReplyKind::change_header: return read_field(std::move(reply), reader);
    case ReplyKind::add_recipient:
    case ReplyKind::delete_recipient:
    case ReplyKind::change_sender: return read_address(std::move(reply), reader);
    case ReplyKind::quarantine: {
      PayloadReader why = reader;
      const auto text = why.text();
      if (!text || !why.done()) return broken(reply.kind, "no reason");
      reply.text = *text;
      return reply;
    }
    case ReplyKind::replace_body:
      if (packet.payload.size() > chunk_bytes_max) return broken(reply.kind, "too much at once");
      [[fallthrough]];
    case ReplyKind::options: reply.text = packet.payload; return reply;
    default: return read_plain(std::move(reply), reader);
  }
}

}  // namespace milter
