// See transaction.h.
#include "tools/bench/transaction.h"

#include <fmt/format.h>

namespace bench {
namespace {

using ReplyResult = base::Result<smtp::Reply>;

// What the server has said to MAIL and RCPT.
struct Envelope {
  std::optional<Outcome> refusal;  // the first
  bool mail = false;
  std::size_t recipients = 0;
  unsigned recipients_refused = 0;
  bool closing = false;  // 421: nothing more will be answered (RFC 5321 §3.8)

  void note_mail(smtp::Reply reply) {
    mail = reply.positive();
    if (!mail) refuse(std::move(reply), "MAIL");
  }
  void note_rcpt(smtp::Reply reply) {
    if (reply.positive()) {
      ++recipients;
      return;
    }
    ++recipients_refused;
    refuse(std::move(reply), "RCPT");
  }
  void refuse(smtp::Reply reply, std::string_view said_at) {
    closing = reply.code == 421;
    if (!refusal || closing) refusal = Outcome{.reply = std::move(reply), .said_at = said_at};
  }
  [[nodiscard]] bool good() const { return mail && recipients > 0; }
  [[nodiscard]] Outcome refused() const {
    Outcome outcome = refusal.value_or(Outcome{});
    outcome.recipients_refused = recipients_refused;
    return outcome;
  }
};

std::vector<std::string_view> command_pieces(const Outgoing& message) {
  std::vector<std::string_view> pieces{message.mail};
  pieces.insert(pieces.end(), message.rcpt.begin(), message.rcpt.end());
  return pieces;
}

io::Task<base::Result<Envelope>> read_envelope(io::Ref<Conversation> talk, std::size_t recipients) {
  Envelope envelope;
  auto mail = co_await talk->reply();
  if (!mail) co_return std::unexpected(std::move(mail.error()));
  envelope.note_mail(std::move(*mail));
  for (std::size_t i = 0; i < recipients && !envelope.closing; ++i) {
    auto rcpt = co_await talk->reply();
    if (!rcpt) co_return std::unexpected(std::move(rcpt.error()));
    envelope.note_rcpt(std::move(*rcpt));
  }
  co_return envelope;
}

io::Task<ReplyResult> exchange(io::Ref<Conversation> talk,
                               std::span<const std::string_view> pieces) {
  if (auto sent = co_await talk->write(pieces); !sent) {
    co_return std::unexpected(std::move(sent.error()));
  }
  co_return co_await talk->reply();
}

// One command at a time.
io::Task<base::Result<Envelope>> step_by_step(io::Ref<Conversation> talk,
                                              io::Ref<const Outgoing> message) {
  Envelope envelope;
  const std::string_view mail_line = message->mail;
  auto mail = co_await exchange(talk, {&mail_line, 1});
  if (!mail) co_return std::unexpected(std::move(mail.error()));
  envelope.note_mail(std::move(*mail));
  if (!envelope.mail) co_return envelope;
  for (const std::string_view line : message->rcpt) {
    auto rcpt = co_await exchange(talk, {&line, 1});
    if (!rcpt) co_return std::unexpected(std::move(rcpt.error()));
    envelope.note_rcpt(std::move(*rcpt));
    if (envelope.closing) break;
  }
  co_return envelope;
}

// The server still waits for a message that will not come.
io::Task<base::Result<Outcome>> give_up(io::Ref<Conversation> talk, Outcome refused) {
  constexpr std::string_view rset = "RSET\r\n";
  const auto reset = co_await exchange(talk, {&rset, 1});
  if (!reset) co_return std::unexpected(reset.error());
  co_return refused;
}

Outcome decided(smtp::Reply reply, const Envelope& envelope, std::string_view said_at) {
  if (!envelope.good()) return envelope.refused();
  return {.reply = std::move(reply),
          .said_at = said_at,
          .recipients_refused = envelope.recipients_refused};
}

// RFC 3030 §2: everything may go at once; a server that refused the envelope throws the chunk away.
io::Task<base::Result<Outcome>> send_bdat(io::Ref<Conversation> talk,
                                          io::Ref<const Outgoing> message, bool pipelining) {
  const std::string bdat =
      fmt::format("BDAT {} LAST\r\n", message->text.header.size() + message->text.body.size());
  base::Result<Envelope> envelope;
  std::vector<std::string_view> pieces;
  if (pipelining) {
    pieces = command_pieces(*message);
  } else {
    envelope = co_await step_by_step(talk, message);
    if (!envelope) co_return std::unexpected(std::move(envelope.error()));
    if (!envelope->mail || envelope->closing) co_return envelope->refused();
    if (!envelope->good()) co_return co_await give_up(talk, envelope->refused());
  }
  pieces.insert(pieces.end(), {bdat, message->text.header, message->text.body});
  if (auto sent = co_await talk->write(pieces); !sent) {
    co_return std::unexpected(std::move(sent.error()));
  }
  if (pipelining) envelope = co_await read_envelope(talk, message->rcpt.size());
  if (!envelope) co_return std::unexpected(std::move(envelope.error()));
  if (envelope->closing) co_return envelope->refused();
  auto reply = co_await talk->reply();
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return decided(std::move(*reply), *envelope, "BDAT");
}

io::Task<base::Result<Outcome>> send_data(io::Ref<Conversation> talk,
                                          io::Ref<const Outgoing> message, bool pipelining) {
  constexpr std::string_view data = "DATA\r\n";
  constexpr std::string_view dot = ".\r\n";
  base::Result<Envelope> envelope;
  if (pipelining) {
    auto pieces = command_pieces(*message);
    pieces.push_back(data);
    if (auto sent = co_await talk->write(pieces); !sent) {
      co_return std::unexpected(std::move(sent.error()));
    }
    envelope = co_await read_envelope(talk, message->rcpt.size());
  } else {
    envelope = co_await step_by_step(talk, message);
  }
  if (!envelope) co_return std::unexpected(std::move(envelope.error()));
  if (envelope->closing || (!pipelining && !envelope->mail)) co_return envelope->refused();
  if (!pipelining && !envelope->good()) co_return co_await give_up(talk, envelope->refused());
  auto go = pipelining ? co_await talk->reply() : co_await exchange(talk, {&data, 1});
  if (!go) co_return std::unexpected(std::move(go.error()));
  if (!go->intermediate()) {
    const bool closing = go->code == 421;
    Outcome outcome = decided(std::move(*go), *envelope, "DATA");
    if (!envelope->mail || closing) co_return outcome;
    co_return co_await give_up(talk, std::move(outcome));
  }
  // RFC 2920 §3.1: a 354 although nobody was accepted is answered with an empty message.
  const std::array<std::string_view, 3> text{message->text.header, message->text.body, dot};
  const std::span<const std::string_view> pieces(text);
  auto reply = co_await exchange(talk, envelope->good() ? pieces : pieces.last(1));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return decided(std::move(*reply), *envelope, "the end of the text");
}

}  // namespace

io::Task<base::Result<Outcome>> send_message(io::Ref<Conversation> talk,
                                             io::Ref<const Outgoing> message) {
  const bool pipelining = message->pipelining && talk->offered().pipelining;
  return message->bdat ? send_bdat(talk, message, pipelining)
                       : send_data(talk, message, pipelining);
}

}  // namespace bench
