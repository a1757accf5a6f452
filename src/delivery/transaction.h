// delivery/transaction.h: one message over one connection: envelope, text, each one's verdict.
//
// What:    runs send_envelope and send_content, as often as the server takes only some recipients
//          at a time, and once for each sender: a list's members are told its owner.
// In/Out:  Shipment → one Verdict per recipient in its order; TransactionEnd says how the
//          connection fared.
// Errors:  verdicts; what was not done is deferred.
// Limits:  RCPTMAX of the server (RFC 9422), else recipients_per_attempt_max of the queue.
// Not here: which server (attempt.h).
#pragma once

#include <vector>

#include "delivery/client.h"
#include "delivery/settings.h"
#include "lib/smtp/reply.h"
#include "queue/courier.h"

namespace delivery {

struct Verdict {
  std::size_t recipient = 0;  // index into envelope.recipients
  queue::Result result = queue::Result::deferred;
  smtp::Reply reply;
  queue::Handover handover = queue::Handover::final;
  bool by_kept = false;  // it was told the deadline (RFC 2852)
};

struct Shipment {
  const queue::MessageInfo& message;
  std::vector<std::size_t> recipients;  // indexes into message.envelope.recipients
  queue::BodyReader& body;
  const Settings& settings;
  const message::Address* mail_from = nullptr;  // of these recipients; null: the sender
};

struct TransactionEnd {
  std::vector<Verdict> verdicts;  // of those that have one
  std::vector<std::size_t>
      unanswered;          // the connection broke before the text: another target may do
  smtp::Reply trouble;     // what happened to the unanswered
  bool untouched = false;  // not even MAIL was answered: a stale connection, if it was reused
};

io::Task<TransactionEnd> run_transaction(io::Ref<Client> client, io::Ref<Shipment> shipment);

}  // namespace delivery
