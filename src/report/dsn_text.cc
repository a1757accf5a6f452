// See dsn_text.h.
#include "report/dsn_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/address.h"
#include "lib/message/utf8.h"

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

smtp::EnhancedCode status_of(const queue::FailedRecipient& failed) {
  const smtp::Reply& reply = failed.attempt.reply;
  if (reply.enhanced && (reply.enhanced->class_ == 4 || reply.enhanced->class_ == 5)) {
    smtp::EnhancedCode status = *reply.enhanced;
    // A failure that a 5yz decided is permanent, whatever its enhanced code says.
    if (!failed.expired) status.class_ = 5;
    return status;
  }
  // RFC 3463 §3.5: X.4.7 when nothing better is known of a message that became too old.
  if (failed.expired) return {4, 4, 7};
  return {5, 0, 0};
}

std::string remote_host(std::string_view remote) {
  const std::string_view first = remote.substr(0, remote.find(' '));
  if (first.starts_with('[')) {
    const std::string_view literal = first.substr(0, first.find(']') + 1);
    return message::is_address_literal(literal) ? std::string(literal) : std::string();
  }
  return message::is_domain(first) ? std::string(first) : std::string();
}

std::string typed_address(std::string_view address) {
  const std::string text = clean(address);
  return fmt::format("{}; {}", message::is_ascii(text) ? "rfc822" : "utf-8", text);
}

}  // namespace report
