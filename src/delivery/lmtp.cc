// See lmtp.h.
#include "delivery/lmtp.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/message/utf8.h"

namespace delivery {
namespace {

// An LMTP server is the last stop: it stores the octets as they are. Where every address is ASCII,
// what the header holds needs no extension of it (RFC 6531 §3.4 speaks of the next relay).
bool needs_smtputf8(const message::Envelope& envelope, const std::vector<std::size_t>& recipients) {
  const auto odd = [](const message::Address& address) {
    return !message::is_ascii(address.local) || !message::is_ascii(address.domain);
  };
  return odd(envelope.sender) || std::ranges::any_of(recipients, [&](std::size_t index) {
           return odd(envelope.recipients[index].address);
         });
}

}  // namespace

Route lmtp_route(const Settings& settings, const queue::Destination& destination) {
  Route route;
  route.kind = RouteKind::lmtp;
  route.key = destination.key;
  route.host = settings.lmtp.path.empty() ? settings.lmtp.host : settings.lmtp.text();
  if (const auto address = settings.lmtp.address()) route.host = address->literal();
  route.unix_path = settings.lmtp.path;
  route.port = settings.lmtp.port;
  // Nobody stands between us and a socket file.
  route.tls = route.unix_path.empty() ? TlsDemand::opportunistic : TlsDemand::none;
  return route;
}

io::Task<LmtpParcel> prepare_lmtp(queue::Parcel parcel, std::vector<MailboxDelivery> deliveries) {
  LmtpParcel out;
  auto info = std::make_shared<queue::MessageInfo>(*parcel.message);
  parcel.recipients.clear();
  const auto header = co_await read_head(*parcel.body);
  for (MailboxDelivery& delivery : deliveries) {
    if (!header) {
      out.verdicts.push_back(mailbox_trouble(delivery.recipient, header.error()));
    } else if (was_delivered_to(*header, delivery.mailbox)) {
      out.verdicts.push_back(loop_verdict(delivery));  // invariant 3
    } else {
      info->envelope.recipients[delivery.recipient].address = std::move(delivery.mailbox);
      parcel.recipients.push_back(delivery.recipient);
    }
  }
  info->envelope.smtputf8 =
      info->envelope.smtputf8 && needs_smtputf8(info->envelope, parcel.recipients);
  parcel.message = std::move(info);
  out.parcel = std::move(parcel);
  co_return out;
}

}  // namespace delivery
