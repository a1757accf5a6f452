// delivery/adapt.h: a message as this one server can take it, by what it offers after EHLO.
//
// What:    8BITMIME and SMTPUTF8 are asked for only where something needs them; domains go as
//          A-labels (RFC 6531 §3.2, RFC 5891), so that most international addresses need nothing.
//          BINARYMIME falls away where nothing is binary.
// In/Out:  Shipment and the server's offers → recipients that can go, the envelope that goes,
//          verdicts of the others.
// Errors:  5.6.7 for who needs SMTPUTF8, 5.6.3 for 8-bit and binary text, 5.3.4 for the size, 5.4.7
//          for a deadline that this server would not keep, 4.3.0 when the text cannot be read.
// Limits:  the text is read once, and only when the offers leave a question.
// Not here: MAIL and RCPT (envelope.h).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "delivery/transaction.h"
#include "lib/io/ref.h"
#include "lib/message/envelope.h"

namespace delivery {

struct Adapted {
  std::optional<message::Envelope> changed;  // none: the message's own will do
  std::vector<std::size_t> recipients;       // that can go
  std::vector<Verdict> verdicts;             // of those that cannot
};

io::Task<Adapted> adapt(io::Ref<Client> client, io::Ref<Shipment> shipment);

}  // namespace delivery
