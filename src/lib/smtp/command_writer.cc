// See command_writer.h.
#include "lib/smtp/command_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/utf8.h"
#include "lib/smtp/xtext.h"

namespace smtp {
namespace {

using message::Envelope;

std::string notify_words(std::uint8_t notify) {
  if ((notify & message::notify_never) != 0) return "NEVER";
  std::string out;
  const auto add = [&](std::uint8_t bit, std::string_view word) {
    if ((notify & bit) == 0) return;
    if (!out.empty()) out += ',';
    out += word;
  };
  add(message::notify_success, "SUCCESS");
  add(message::notify_failure, "FAILURE");
  add(message::notify_delay, "DELAY");
  return out;
}

// "rfc822;a@b" with its value in xtext; the UTF-8 form of RFC 6533 goes out as it came in.
std::string orcpt_value(std::string_view orcpt) {
  if (base::istarts_with(orcpt, "utf-8;")) return std::string(orcpt);
  const std::size_t semicolon = std::min(orcpt.find(';'), orcpt.size() - 1);
  return fmt::format("{}{}", orcpt.substr(0, semicolon + 1), xtext(orcpt.substr(semicolon + 1)));
}

}  // namespace

std::optional<Reply> lacks(const Envelope& envelope, std::uint64_t size, const Extensions& peer) {
  if (envelope.smtputf8 && !peer.smtputf8) {
    return reply(550, {5, 6, 7}, "The next server does not offer SMTPUTF8");
  }
  if (envelope.eight_bit && !peer.eightbitmime) {
    return reply(554, {5, 6, 3}, "The next server does not offer 8BITMIME");
  }
  // RFC 1870 §3: a limit of 0 is none.
  if (peer.size.value_or(0) != 0 && size > *peer.size) {
    return reply(
        552, {5, 3, 4},
        fmt::format("The message has {} octets, the next server takes {}", size, *peer.size));
  }
  return std::nullopt;
}

std::string mail_line(const Envelope& envelope, std::uint64_t size, const Extensions& peer) {
  std::string out = fmt::format("MAIL FROM:<{}>", envelope.sender.text());
  if (peer.size) out += fmt::format(" SIZE={}", size);
  if (envelope.eight_bit && peer.eightbitmime) out += " BODY=8BITMIME";
  if (envelope.smtputf8 && peer.smtputf8) out += " SMTPUTF8";
  if (peer.dsn) {
    if (envelope.ret == Envelope::Ret::full) out += " RET=FULL";
    if (envelope.ret == Envelope::Ret::headers) out += " RET=HDRS";
    if (!envelope.envid.empty()) out += fmt::format(" ENVID={}", xtext(envelope.envid));
  }
  return out + "\r\n";
}

std::string rcpt_line(const message::Recipient& recipient, const Extensions& peer) {
  std::string out = fmt::format("RCPT TO:<{}>", recipient.address.text());
  if (peer.dsn) {
    if (recipient.notify != message::notify_default) {
      out += fmt::format(" NOTIFY={}", notify_words(recipient.notify));
    }
    // A UTF-8 ORCPT may only go where SMTPUTF8 is understood (RFC 6533 §3).
    if (!recipient.orcpt.empty() && (peer.smtputf8 || message::is_ascii(recipient.orcpt))) {
      out += fmt::format(" ORCPT={}", orcpt_value(recipient.orcpt));
    }
  }
  return out + "\r\n";
}

}  // namespace smtp
