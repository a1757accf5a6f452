// See provider_host.h.
#include "tools/simulate/wire/provider_host.h"

#include <fmt/format.h>

namespace simulate::wire {
namespace {

// Who sends too much, or is not wanted, hears it before he has named a recipient.
bool said_to_mail(Reason reason) {
  return reason == Reason::rate || reason == Reason::warmup || reason == Reason::blocked;
}

}  // namespace

ProviderHost::~ProviderHost() {
  if (open_) receiver_.closed();
}

Word ProviderHost::greet() {
  const Answer answer = receiver_.connect(parts_.now(), parts_.random);
  ProviderCounts& counts = parts_.account.of_provider(provider_);
  open_ = answer.reason == Reason::none;
  ++(open_ ? counts.connections : counts.connections_failed);
  if (open_) return {.text = "220 host ESMTP\r\n", .wait = answer.took};
  return {.text = answer.reply->wire(), .wait = answer.took, .closes = true};
}

Word ProviderHost::mail(std::string_view sender) {
  accepted_ = at_mail_ = false;
  inspection_ = {};
  const auto number = number_in(sender, 'm');
  if (!number || *number >= parts_.account.ledger().size()) {
    parts_.parcels.strange(fmt::format("a receiver got mail from {}", sender));
    at_mail_ = true;
    return {.text = "550 5.1.8 nobody sends that\r\n"};
  }
  number_ = *number;
  Letter letter = parts_.account.letter(number_);
  answer_ = receiver_.mail(letter, parts_.now(), parts_.random);
  parts_.account.ledger()[number_].first_tried = letter.first_tried;
  at_mail_ = said_to_mail(answer_.reason);
  if (!at_mail_) return {.text = "250 2.1.0 ok\r\n", .wait = answer_.took};
  return {.text = answer_.reply->wire(), .wait = answer_.took, .closes = !answer_.keeps_connection};
}

Word ProviderHost::rcpt(std::string_view recipient) {
  if (at_mail_) return {.text = "503 5.5.1 MAIL comes first\r\n"};
  const std::string_view key = parts_.account.domain(number_).key;
  if (recipient != recipient_of(number_, key.substr(key.find(':') + 1))) {
    parts_.parcels.strange(fmt::format("message {} went to {}", number_, recipient));
  }
  accepted_ = answer_.reason == Reason::none;
  return {.text = accepted_ ? "250 2.1.5 ok\r\n" : answer_.reply->wire()};
}

Word ProviderHost::data() {
  if (accepted_) return {.text = "354 go\r\n"};
  return {.text = at_mail_ ? "503 5.5.1 MAIL comes first\r\n" : "554 5.5.1 no recipient\r\n"};
}

Word ProviderHost::end() {
  accepted_ = false;
  ++messages_;
  parts_.parcels.came(number_, inspection_.finish());
  return {.text = answer_.reply->wire(),
          .wait = answer_.text_took,
          .closes = receiver_.ends_after(messages_)};
}

}  // namespace simulate::wire
