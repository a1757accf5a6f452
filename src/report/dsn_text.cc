// See dsn_text.h.
#include "report/dsn_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lib/base/text.h"
#include "lib/message/address.h"
#include "lib/message/utf8.h"
#include "lib/smtp/utf8_address.h"

namespace report {
namespace {

constexpr std::size_t columns_max = 72;

bool is_control(char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }

// Not in the middle of a UTF-8 sequence.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80) {
    --bytes_max;
  }
  return text.substr(0, bytes_max);
}

void replace_eight_bit(std::string& text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
}

}  // namespace

std::string clean(std::string_view text, std::size_t bytes_max) {
  std::string out(text);
  if (!message::is_utf8(out)) replace_eight_bit(out);
  out = cut(out, bytes_max);
  std::ranges::replace_if(out, is_control, ' ');
  return std::string(base::trim(out));
}

std::string clean_ascii(std::string_view text) {
  std::string out = clean(text);
  replace_eight_bit(out);
  return out;
}

std::string wrap(std::string_view text, std::string_view indent) {
  std::string out;
  std::string line;
  for (const std::string_view word : base::words(text)) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > columns_max) {
      out += fmt::format("{}{}\r\n", indent, line);
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty()) out += fmt::format("{}{}\r\n", indent, line);
  return out;
}

std::string quoted_header(std::string_view content, std::size_t bytes_max) {
  std::string out;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    std::string kept(cut(line, line_bytes_max));
    // A fold's first tab or space is what it is; any other control character has no business here.
    std::ranges::replace_if(kept, [](char c) { return c != '\t' && is_control(c); }, ' ');
    if (!message::is_utf8(kept)) replace_eight_bit(kept);
    if (out.size() + kept.size() + 2 > bytes_max) break;
    out += kept;
    out += "\r\n";
  }
  return out;
}

smtp::EnhancedCode status_of(const queue::ReportedRecipient& report) {
  const smtp::Reply& reply = report.attempt.reply;
  std::optional<smtp::EnhancedCode> said = reply.enhanced;
  switch (report.action) {
    case queue::Action::delivered:
    case queue::Action::relayed:
    case queue::Action::expanded:
      return said && said->class_ == 2 ? *said : smtp::EnhancedCode{2, 0, 0};
    case queue::Action::failed:
      // RFC 2852 §4: what was last said matters less than that the time is over.
      if (report.by) return {5, 4, 7};
      break;
    case queue::Action::delayed:
      if (report.by) return {4, 4, 7};
      break;
  }
  const bool failed = report.action == queue::Action::failed && !report.expired;
  if (said && (said->class_ == 4 || said->class_ == 5)) {
    // A failure that a 5yz decided is permanent, whatever its enhanced code says; a delay is none.
    if (failed) said->class_ = 5;
    if (report.action == queue::Action::delayed) said->class_ = 4;
    return *said;
  }
  // RFC 3463 §3.5: X.4.7 when nothing better is known of a message that became too old.
  if (report.expired) return {4, 4, 7};
  return failed ? smtp::EnhancedCode{5, 0, 0} : smtp::EnhancedCode{4, 0, 0};
}

std::string remote_host(std::string_view remote) {
  const std::string_view first = remote.substr(0, remote.find(' '));
  if (first.starts_with('[')) {
    const std::string_view literal = first.substr(0, first.find(']') + 1);
    return message::is_address_literal(literal) ? std::string(literal) : std::string();
  }
  return message::is_domain(first) ? std::string(first) : std::string();
}

std::string typed_address(std::string_view address, bool utf8) {
  const std::string text = clean(address);
  if (message::is_ascii(text)) return fmt::format("rfc822; {}", text);
  return fmt::format("utf-8; {}", utf8 ? text : smtp::utf8_address(text, smtp::Utf8Form::xtext));
}

std::string typed_orcpt(std::string_view orcpt, bool utf8) {
  std::string text = clean(orcpt);
  const std::size_t semicolon = text.find(';');
  if (semicolon == std::string::npos) return {};
  if (message::is_ascii(text)) return text;
  if (utf8) return text;
  const std::string_view address = std::string_view(text).substr(semicolon + 1);
  return text.substr(0, semicolon + 1) + smtp::utf8_address(address, smtp::Utf8Form::xtext);
}

}  // namespace report
