// See adapt.h.
#include "delivery/adapt.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "delivery/look_through.h"
#include "delivery/replies.h"
#include "lib/smtp/command_writer.h"
#include "lib/smtp/deliver_by.h"

namespace delivery {
namespace {

using message::Envelope;

bool all_ascii(const Shipment& shipment, const message::Address& sender) {
  const Envelope& envelope = shipment.message.envelope;
  return sender.is_ascii() && std::ranges::all_of(shipment.recipients, [&](auto index) {
           return envelope.recipients[index].address.is_ascii();
         });
}

void give_all(Adapted& out, queue::Result result, const smtp::Reply& reply) {
  for (const std::size_t recipient : std::exchange(out.recipients, {})) {
    out.verdicts.push_back({.recipient = recipient, .result = result, .reply = reply});
  }
}

smtp::Reply needs_utf8(std::string_view what) {
  return smtp::reply(
      550, {5, 6, 7},
      "The next server does not offer SMTPUTF8, which " + std::string(what) + " needs");
}

// The addresses as they stand on the wire; what remains beyond ASCII is a local part.
void use_a_labels(Envelope& envelope, const std::vector<std::size_t>& recipients) {
  envelope.sender = envelope.sender.with_a_labels();
  for (const std::size_t index : recipients) {
    auto& address = envelope.recipients[index].address;
    // RFC 3461 §5.2.1: what we change must not become what the sender is told.
    if (envelope.recipients[index].original.is_null()) {
      envelope.recipients[index].original = address;
    }
    address = address.with_a_labels();
  }
}

// RFC 6531 §3.4: only where SMTPUTF8 is offered may go what needs it. It is said when it was said
// to us, or when an address that we have put in needs it.
void settle_utf8(Adapted& out, const Client& client, bool header_needs) {
  Envelope& envelope = *out.changed;
  const auto needs = [&](std::size_t index) {
    return !envelope.recipients[index].address.is_ascii();
  };
  // An LMTP server answers for each recipient and reports to nobody: rather without the sender's
  // name than not at all.
  if (client.is_lmtp() && !client.offers.smtputf8 && !envelope.sender.is_ascii()) {
    envelope.sender = {};
  }
  const bool sender_needs = !envelope.sender.is_ascii();
  if (client.offers.smtputf8) {
    envelope.smtputf8 =
        envelope.smtputf8 || sender_needs || std::ranges::any_of(out.recipients, needs);
    return;
  }
  if (sender_needs) return give_all(out, queue::Result::failed, needs_utf8("the sender's address"));
  if (envelope.smtputf8 && header_needs) {
    return give_all(out, queue::Result::failed, needs_utf8("the message's header"));
  }
  envelope.smtputf8 = false;
  std::vector<std::size_t> can;
  for (const std::size_t index : out.recipients) {
    if (!needs(index)) {
      can.push_back(index);
      continue;
    }
    out.verdicts.push_back(
        {.recipient = index, .result = queue::Result::failed, .reply = needs_utf8("this address")});
  }
  out.recipients = std::move(can);
}

// RFC 2852 §4.1.4.2: a server that does not know the deadline is asked to tell of delays.
bool asks_for_delays(const Envelope& envelope, const Client& client) {
  return envelope.by.mode == message::DeliverBy::Mode::notify && client.offers.dsn &&
         !client.offers.deliver_by;
}

void ask_for_delays(Envelope& envelope, const std::vector<std::size_t>& recipients) {
  for (const std::size_t index : recipients) {
    std::uint8_t& notify = envelope.recipients[index].notify;
    if ((notify & message::notify_never) != 0) continue;
    if (notify == message::notify_default) notify = message::notify_failure;
    notify |= message::notify_delay;
  }
}

// RFC 3461 §5.2.7.1: nothing that goes to a list's members is derived from what its sender asked.
void speak_for_list(Envelope& envelope, const message::Address& sender,
                    const message::Recipient& member) {
  envelope.sender = sender;
  if (!member.of_list) return;
  envelope.envid.clear();
  envelope.ret = Envelope::Ret::unset;
}

}  // namespace

io::Task<Adapted> adapt(io::Ref<Client> client, io::Ref<Shipment> shipment) {
  Adapted out;
  out.recipients = shipment->recipients;
  const Envelope& own = shipment->message.envelope;
  const smtp::Extensions& offers = client->offers;
  const message::Address& sender =
      shipment->mail_from != nullptr ? *shipment->mail_from : own.sender;
  const bool utf8_matters = own.smtputf8 || !all_ascii(*shipment, sender);
  // The envelope's word may only be what the sender said: many say it of what needs it not.
  const bool eight_bit_matters = own.eight_bit && !own.binary && !offers.eightbitmime;
  const bool binary_matters = own.binary && !(offers.binarymime && offers.chunking);
  const bool other_sender = sender != own.sender;
  const bool by_matters = asks_for_delays(own, *client);
  if (utf8_matters || eight_bit_matters || binary_matters || other_sender || by_matters) {
    out.changed = own;
  }
  if (other_sender) speak_for_list(*out.changed, sender, own.recipients[out.recipients.front()]);
  if (by_matters) ask_for_delays(*out.changed, out.recipients);
  Substance found;
  if (eight_bit_matters || binary_matters || (own.smtputf8 && !offers.smtputf8)) {
    const auto looked = co_await look_through(shipment->body, binary_matters);
    if (!looked) {
      give_all(out, queue::Result::deferred, unreadable_reply());
      co_return out;
    }
    found = *looked;
    out.changed->eight_bit = own.eight_bit && found.beyond_ascii;
    // RFC 3030 §3: what is not binary may go as what it is.
    out.changed->binary = own.binary && (!binary_matters || found.binary);
  }
  if (utf8_matters) {
    use_a_labels(*out.changed, out.recipients);
    settle_utf8(out, *client, found.header_beyond_ascii);
  }
  const Envelope& envelope = out.changed ? *out.changed : own;
  if (const auto reply = smtp::lacks(envelope, shipment->body.size(), offers)) {
    give_all(out, queue::Result::failed, *reply);
  }
  if (!own.by.given() || client->is_lmtp()) co_return out;  // mailboxes are the end of the way
  if (const auto reply = smtp::too_late(own.by, offers.deliver_by, client->clock().wall())) {
    give_all(out, queue::Result::failed, *reply);
  }
  co_return out;
}

}  // namespace delivery
