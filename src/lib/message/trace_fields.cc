// See trace_fields.h.
#include "lib/message/trace_fields.h"

#include <fmt/format.h>

#include <array>

#include "lib/message/date.h"

namespace message {
namespace {

// What a name, address or id may consist of; anything else becomes a question mark, so that neither
// a comment nor a clause nor a line can be forged.
constexpr auto name_octets = [] {
  std::array<bool, 256> may{};
  for (const char c : std::string_view("-._:[]0123456789")) {
    may[static_cast<unsigned char>(c)] = true;
  }
  for (unsigned char c = 'a'; c <= 'z'; ++c) may[c] = may[c - 'a' + 'A'] = true;
  return may;
}();
// Text inside a comment (RFC 5322 §3.2.2 ctext), with spaces.
constexpr auto comment_octets = [] {
  std::array<bool, 256> may{};
  for (unsigned char c = ' '; c <= '~'; ++c) may[c] = c != '(' && c != ')' && c != '\\';
  return may;
}();

void append_only(std::string& out, const std::array<bool, 256>& may, std::string_view text) {
  for (const char c : text.substr(0, domain_bytes_max)) {
    out += may[static_cast<unsigned char>(c)] ? c : '?';
  }
}

void append_name(std::string& out, std::string_view text) { append_only(out, name_octets, text); }

std::string name_only(std::string_view text) {
  std::string out;
  append_name(out, text);
  return out;
}

void append_literal(std::string& out, std::string_view peer) {
  out += peer.contains(':') ? "[IPv6:" : "[";
  append_name(out, peer);
  out += ']';
}

// RFC 5321 §4.4 From-domain: what the client said, then in a comment what we know.
void append_from_clause(std::string& out, const ReceivedInfo& info) {
  if (info.helo.empty() && info.peer.empty()) return;
  out += "from ";
  if (info.helo.empty()) {
    append_literal(out, info.peer);
  } else {
    append_name(out, info.helo);
  }
  if (!info.peer.empty()) {
    out += "\r\n\t(";
    append_name(out, info.reverse_name);
    if (!info.reverse_name.empty()) out += ' ';
    append_literal(out, info.peer);
    out += ')';
  }
  out += "\r\n\t";
}

}  // namespace

std::string received_field(const ReceivedInfo& info) {
  constexpr std::size_t usual_bytes = 320;
  std::string out;
  out.reserve(usual_bytes);  // one for each message that passes
  out += "Received: ";
  append_from_clause(out, info);
  out += "by ";
  append_name(out, info.by);
  out += " with ";
  append_name(out, info.protocol);
  if (!info.tls.empty()) {
    out += "\r\n\t(";
    append_only(out, comment_octets, info.tls);
    out += ')';
  }
  out += "\r\n\tid ";
  append_name(out, info.id);
  if (info.for_address) out.append("\r\n\tfor <").append(info.for_address->text()).append(">");
  if (info.priority != 0) out += fmt::format("\r\n\tpriority {}", info.priority);
  return out.append(";\r\n\t").append(date_text(info.time)).append("\r\n");
}

std::string return_path_field(const Address& sender) {
  return fmt::format("Return-Path: <{}>\r\n", sender.text());
}

std::string delivered_to_field(const Address& recipient) {
  return fmt::format("Delivered-To: {}\r\n", recipient.text());
}

std::string message_id_field(std::string_view id, std::string_view host) {
  return fmt::format("Message-ID: <{}@{}>\r\n", name_only(id), name_only(host));
}

std::string date_field(base::Time time) { return fmt::format("Date: {}\r\n", date_text(time)); }

}  // namespace message
