// See envelope.h.
#include "delivery/envelope.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/smtp/command_writer.h"
#include "lib/smtp/limits.h"

namespace delivery {
namespace {

using Replied = base::Result<smtp::Reply>;

// A 421 is the end of the connection, whatever it answers.
io::Task<Replied> next_reply(io::Ref<Client> client, io::Ref<EnvelopeAnswers> answers,
                             base::Duration timeout) {
  auto reply = co_await client->read_reply(timeout);
  if (reply && reply->code == 421) {
    answers->closing = std::move(*reply);
    co_return base::fail(base::ErrorKind::closed, "the server said 421");
  }
  co_return reply;
}

// The lines of one write, and how many replies they ask for.
struct Batch {
  std::string lines;
  bool reset = false;
  bool mail = false;
  bool data = false;
  std::size_t recipients = 0;
};

Batch make_batch(const Client& client, const EnvelopeAsk& ask, std::size_t from,
                 std::size_t recipients_max) {
  Batch batch;
  if (from == 0) {
    batch.reset = client.needs_reset;
    batch.mail = true;
    if (batch.reset) batch.lines += "RSET\r\n";
    batch.lines += smtp::mail_line(ask.envelope, ask.size, client.offers, client.clock().wall());
  }
  batch.recipients = std::min(recipients_max, ask.recipients.size() - from);
  for (std::size_t i = from; i < from + batch.recipients; ++i) {
    batch.lines += smtp::rcpt_line(ask.envelope.recipients[ask.recipients[i]], client.offers);
  }
  batch.data = !ask.chunked && from + batch.recipients == ask.recipients.size();
  if (batch.data) batch.lines += "DATA\r\n";
  return batch;
}

io::Task<base::Result<>> read_batch(io::Ref<Client> client, Batch batch, base::Duration timeout,
                                    io::Ref<EnvelopeAnswers> answers) {
  if (batch.reset) {
    const auto reset = co_await next_reply(client, answers, timeout);
    if (!reset) co_return std::unexpected(reset.error());
    client->needs_reset = false;
  }
  if (batch.mail) {
    auto mail = co_await next_reply(client, answers, timeout);
    if (!mail) co_return std::unexpected(mail.error());
    client->needs_reset = mail->positive();
    answers->mail = std::move(*mail);
  }
  for (std::size_t i = 0; i < batch.recipients; ++i) {
    auto rcpt = co_await next_reply(client, answers, timeout);
    if (!rcpt) co_return std::unexpected(rcpt.error());
    answers->rcpt.push_back(std::move(*rcpt));
  }
  if (batch.data) {
    auto data = co_await next_reply(client, answers, smtp::data_init_timeout);
    if (!data) co_return std::unexpected(data.error());
    answers->data = std::move(*data);
  }
  co_return base::Result<>{};
}

// RFC 2920 §3.1: MAIL, RCPT and DATA may go together; DATA is the last of its group.
io::Task<base::Result<>> send_pipelined(io::Ref<Client> client, io::Ref<const EnvelopeAsk> ask,
                                        io::Ref<EnvelopeAnswers> answers) {
  for (std::size_t sent = 0; sent < ask->recipients.size();) {
    const Batch batch = make_batch(*client, *ask, sent, recipients_per_write);
    sent += batch.recipients;
    const std::array<std::string_view, 1> pieces{batch.lines};
    const auto written = co_await client->write(pieces, ask->timeout);
    if (!written) co_return written;
    const auto read = co_await read_batch(client, batch, ask->timeout, answers);
    if (!read) co_return read;
    if (!answers->mail->positive()) break;
  }
  co_return base::Result<>{};
}

io::Task<Replied> one_by_one(io::Ref<Client> client, std::string line, base::Duration timeout,
                             io::Ref<EnvelopeAnswers> answers) {
  const std::array<std::string_view, 1> pieces{line};
  const auto written = co_await client->write(pieces, timeout);
  if (!written) co_return std::unexpected(written.error());
  co_return co_await next_reply(client, answers, timeout);
}

io::Task<base::Result<>> send_in_turn(io::Ref<Client> client, io::Ref<const EnvelopeAsk> ask,
                                      io::Ref<EnvelopeAnswers> answers) {
  if (client->needs_reset) {
    const auto reset = co_await one_by_one(client, "RSET\r\n", ask->timeout, answers);
    if (!reset) co_return std::unexpected(reset.error());
    client->needs_reset = false;
  }
  auto mail = co_await one_by_one(
      client, smtp::mail_line(ask->envelope, ask->size, client->offers, client->clock().wall()),
      ask->timeout, answers);
  if (!mail) co_return std::unexpected(mail.error());
  client->needs_reset = mail->positive();
  answers->mail = std::move(*mail);
  if (!answers->mail->positive()) co_return base::Result<>{};
  for (const std::size_t index : ask->recipients) {
    auto rcpt = co_await one_by_one(
        client, smtp::rcpt_line(ask->envelope.recipients[index], client->offers), ask->timeout,
        answers);
    if (!rcpt) co_return std::unexpected(rcpt.error());
    answers->rcpt.push_back(std::move(*rcpt));
  }
  if (ask->chunked || !answers->any_accepted()) co_return base::Result<>{};
  auto data = co_await one_by_one(client, "DATA\r\n", smtp::data_init_timeout, answers);
  if (!data) co_return std::unexpected(data.error());
  answers->data = std::move(*data);
  co_return base::Result<>{};
}

}  // namespace

bool EnvelopeAnswers::any_accepted() const {
  return mail && mail->positive() &&
         std::ranges::any_of(rcpt, [](const smtp::Reply& reply) { return reply.positive(); });
}

io::Task<base::Result<>> send_envelope(io::Ref<Client> client, io::Ref<const EnvelopeAsk> ask,
                                       io::Ref<EnvelopeAnswers> answers) {
  answers->chunked = ask->chunked;
  if (client->offers.pipelining) return send_pipelined(client, ask, answers);
  return send_in_turn(client, ask, answers);
}

}  // namespace delivery
