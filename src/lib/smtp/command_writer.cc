// See command_writer.h.
#include "lib/smtp/command_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/smtp/command.h"
#include "lib/smtp/deliver_by.h"
#include "lib/smtp/utf8_address.h"
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

// "rfc822;a@b" with its value in xtext; "utf-8;ä@b" as the peer may read it (RFC 6533 §3).
std::string orcpt_value(std::string_view orcpt, const Extensions& peer) {
  const std::size_t semicolon = std::min(orcpt.find(';'), orcpt.size() - 1);
  const std::string_view address = orcpt.substr(semicolon + 1);
  const Utf8Form form = peer.smtputf8 ? Utf8Form::unitext : Utf8Form::xtext;
  const bool utf8 = base::istarts_with(orcpt, "utf-8;");
  return fmt::format("{}{}", orcpt.substr(0, semicolon + 1),
                     utf8 ? utf8_address(address, form) : xtext(address));
}

// RFC 3461 §5.2.1: what the sender gave; of an address that we have changed, the one he wrote, or
// he would be told of one that he does not know.
// A list's member answers to the list's owner, who knows him by this address (§5.2.7.1).
std::string original_recipient(const message::Recipient& recipient) {
  if (recipient.of_list) return {};
  const bool changed = !recipient.original.is_null() && !recipient.original.domain.empty() &&
                       recipient.original != recipient.address;
  if (!recipient.orcpt.empty() || !changed) return recipient.orcpt;
  return fmt::format("{};{}", recipient.original.is_ascii() ? "rfc822" : "utf-8",
                     recipient.original.text());
}

}  // namespace

std::optional<Reply> lacks(const Envelope& envelope, std::uint64_t size, const Extensions& peer) {
  if (envelope.smtputf8 && !peer.smtputf8) {
    return reply(550, {5, 6, 7}, "The next server does not offer SMTPUTF8");
  }
  if (envelope.binary && !(peer.binarymime && peer.chunking)) {
    return reply(554, {5, 6, 3},
                 "The next server does not offer BINARYMIME, which parts of the message need");
  }
  if (envelope.eight_bit && !envelope.binary && !peer.eightbitmime) {
    return reply(554, {5, 6, 3},
                 "The next server does not offer 8BITMIME, which the text of the message needs");
  }
  // RFC 1870 §3: a limit of 0 is none.
  if (peer.size.value_or(0) != 0 && size > *peer.size) {
    return reply(
        552, {5, 3, 4},
        fmt::format("The message has {} octets, the next server takes {}", size, *peer.size));
  }
  return std::nullopt;
}

std::string mail_line(const Envelope& envelope, std::uint64_t size, const Extensions& peer,
                      base::Time now) {
  std::string out = fmt::format("MAIL FROM:<{}>", envelope.sender.text());
  if (peer.size) out += fmt::format(" SIZE={}", size);
  if (envelope.binary) {
    out += " BODY=BINARYMIME";
  } else if (envelope.eight_bit && peer.eightbitmime) {
    out += " BODY=8BITMIME";
  }
  if (envelope.smtputf8 && peer.smtputf8) out += " SMTPUTF8";
  if (envelope.require_tls && peer.requiretls) out += " REQUIRETLS";
  if (envelope.by.given() && peer.deliver_by) out += " BY=" + by_text(envelope.by, now);
  // RFC 6710 §4: what is not said is 0.
  if (envelope.priority != 0 && peer.mt_priority) {
    out += fmt::format(" MT-PRIORITY={}", envelope.priority);
  }
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
    if (const std::string orcpt = original_recipient(recipient); !orcpt.empty()) {
      const std::string value = orcpt_value(orcpt, peer);
      if (value.size() <= orcpt_bytes_max) out += fmt::format(" ORCPT={}", value);
    }
  }
  return out + "\r\n";
}

}  // namespace smtp
