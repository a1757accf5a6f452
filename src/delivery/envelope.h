// delivery/envelope.h: MAIL, RCPT and DATA of one transaction (RFC 5321 §3.3, RFC 2920).
//
// What:    says who sends and who gets it, up to the reply to DATA.
// In/Out:  envelope and some of its recipients → EnvelopeAnswers, filled as replies come, so that
//          they count even when the connection breaks later.
// Errors:  the connection's; a 421 ends the step like a lost connection (answers.closing has it).
// Limits:  recipients_per_write RCPTs in one write (RFC 2920 §3.1: neither side may block the
//          other).
// Not here: the text (content.h), what the answers mean (transaction.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "delivery/client.h"
#include "lib/message/envelope.h"
#include "lib/smtp/reply.h"

namespace delivery {

inline constexpr std::size_t recipients_per_write = 100;

struct EnvelopeAsk {
  const message::Envelope& envelope;
  std::vector<std::size_t> recipients;  // indexes into envelope.recipients
  std::uint64_t size = 0;               // of the text
  base::Duration timeout;               // for each reply
  bool chunked = false;                 // BDAT follows (RFC 3030): DATA is not asked
};

struct EnvelopeAnswers {
  std::optional<smtp::Reply> mail;
  std::vector<smtp::Reply> rcpt;  // as many as were answered, in order of the ask
  std::optional<smtp::Reply> data;
  std::optional<smtp::Reply> closing;  // a 421: the server ends the connection
  bool chunked = false;                // nothing was asked: BDAT needs no leave

  [[nodiscard]] bool any_accepted() const;
  [[nodiscard]] bool may_send() const {
    return any_accepted() && (chunked || (data && data->code == 354));
  }
};

io::Task<base::Result<>> send_envelope(io::Ref<Client> client, io::Ref<const EnvelopeAsk> ask,
                                       io::Ref<EnvelopeAnswers> answers);

}  // namespace delivery
