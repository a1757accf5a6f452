// See trace_fields.h.
#include "lib/message/trace_fields.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/message/date.h"

namespace message {
namespace {

// What a name, address or id may consist of; anything else becomes a question mark, so that neither
// a comment nor a clause nor a line can be forged.
std::string name_only(std::string_view text) {
  constexpr std::string_view marks = "-._:[]";
  std::string out(text.substr(0, domain_bytes_max));
  for (char& c : out) {
    if (!base::is_alpha(c) && !base::is_digit(c) && !marks.contains(c)) c = '?';
  }
  return out;
}

// Text inside a comment (RFC 5322 §3.2.2 ctext).
std::string comment_text(std::string_view text) {
  constexpr std::string_view specials = "()\\";
  std::string out(text.substr(0, domain_bytes_max));
  for (char& c : out) {
    if (c < ' ' || c > '~' || specials.contains(c)) c = '?';
  }
  return out;
}

std::string literal(std::string_view peer) {
  return fmt::format(FMT_COMPILE("[{}{}]"), peer.contains(':') ? "IPv6:" : "", name_only(peer));
}

// RFC 5321 §4.4 From-domain: what the client said, then in a comment what we know.
std::string from_clause(const ReceivedInfo& info) {
  if (info.helo.empty() && info.peer.empty()) return {};
  std::string out = fmt::format(FMT_COMPILE("from {}"),
                                info.helo.empty() ? literal(info.peer) : name_only(info.helo));
  if (!info.peer.empty()) {
    const std::string name = name_only(info.reverse_name);
    out += fmt::format(FMT_COMPILE("\r\n\t({}{}{})"), name, name.empty() ? "" : " ",
                       literal(info.peer));
  }
  out += "\r\n\t";
  return out;
}

}  // namespace

std::string received_field(const ReceivedInfo& info) {
  std::string out = "Received: ";
  out += from_clause(info);
  out += fmt::format(FMT_COMPILE("by {} with {}"), name_only(info.by), name_only(info.protocol));
  if (!info.tls.empty()) out += fmt::format("\r\n\t({})", comment_text(info.tls));
  out += fmt::format(FMT_COMPILE("\r\n\tid {}"), name_only(info.id));
  if (info.for_address) out += fmt::format(FMT_COMPILE("\r\n\tfor <{}>"), info.for_address->text());
  out += fmt::format(FMT_COMPILE(";\r\n\t{}\r\n"), date_text(info.time));
  return out;
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
