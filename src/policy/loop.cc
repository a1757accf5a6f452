// See loop.h.
#include "policy/loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/mailauth/dkim_verifier.h"

namespace policy {
namespace {

bool same_mailbox(const message::Address& a, const message::Address& b) {
  return message::local_key(a.local) == message::local_key(b.local) &&
         message::domain_key(a.domain) == message::domain_key(b.domain);
}

// The recipient who had it before; nullptr: nobody.
const message::Recipient* find_circle(const Transaction& transaction) {
  for (const message::FieldView& field : mailauth::all_fields(transaction.header)) {
    if (!base::iequals(field.name, "Delivered-To")) continue;
    const std::string value = message::unfold(field.value);
    std::string_view text = value;
    if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
    const auto address = message::parse_address(text, {.utf8 = true});
    if (!address) continue;
    const auto& recipients = transaction.envelope.recipients;
    const auto at = std::ranges::find_if(
        recipients, [&](const auto& one) { return same_mailbox(one.address, *address); });
    if (at != recipients.end()) return &*at;
  }
  return nullptr;
}

Verdict circle(std::string words) {
  Verdict verdict = reject(smtp::reply(554, {5, 4, 6}, words));
  verdict.rule = "loop";
  verdict.reasons.push_back(std::move(words));
  return verdict;
}

}  // namespace

Verdict check_loop(const Settings& settings, const Transaction& transaction) {
  if (transaction.received_fields > settings.received_fields_max) {
    return circle(
        fmt::format("This message has passed {} servers and is going in a circle: check your "
                    "forwarding",
                    transaction.received_fields));
  }
  if (transaction.delivered_to_fields == 0) return {};
  if (const message::Recipient* had = find_circle(transaction); had != nullptr) {
    return circle(
        fmt::format("{} has had this message already, its Delivered-To says: it is going "
                    "in a circle; check your forwarding",
                    had->address.text()));
  }
  return {};
}

}  // namespace policy
