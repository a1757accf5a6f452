// See milter_conversation.h.
#include "policy/filters/milter_conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/milter/command.h"
#include "policy/filters/milter_changes.h"

namespace policy {
namespace {

using milter::ReplyKind;
using milter::Stage;

smtp::Reply reply_of(const milter::Refusal& refusal) {
  smtp::Reply out;
  out.code = refusal.code;
  const auto class_ = static_cast<std::uint8_t>(refusal.code / 100);
  out.enhanced = smtp::EnhancedCode{class_, 7, 1};
  if (refusal.enhanced) {
    out.enhanced = smtp::EnhancedCode{class_, refusal.enhanced->at(1), refusal.enhanced->at(2)};
  }
  for (const std::string& line : refusal.lines) out.lines.push_back(base::printable(line));
  return out;
}

MilterAnswer refuse(ReplyKind kind, smtp::Reply reply) {
  MilterAnswer out;
  out.kind = MilterAnswer::Kind::refuse;
  out.action = kind == ReplyKind::refusal ? (reply.permanent() ? "reject" : "tempfail")
                                          : std::string(to_string(kind));
  out.words = reply.text();
  out.reply = std::move(reply);
  return out;
}

// As libmilter hands a value on: LF alone ends a line. Without the flag the first space is not
// told.
std::string told_value(std::string_view value, bool leading_space) {
  if (!leading_space && value.starts_with(' ')) value.remove_prefix(1);
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n') continue;
    out += value[i];
  }
  return out;
}

std::unexpected<base::Error> out_of_place(const milter::Reply& reply) {
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" where it may not come", to_string(reply.kind)));
}

}  // namespace

MilterAnswer milter_decision(const milter::Reply& reply) {
  switch (reply.kind) {
    case ReplyKind::go_on: return {};
    case ReplyKind::accept: {
      MilterAnswer out;
      out.action = "accept";
      return out;
    }
    case ReplyKind::reject:
      return refuse(reply.kind, smtp::reply(550, {5, 7, 1},
                                            "Our mail filter does not let this in. If that is "
                                            "wrong, tell our postmaster"));
    case ReplyKind::tempfail:
      return refuse(reply.kind,
                    smtp::reply(451, {4, 7, 1}, "Our mail filter asks you to try again later"));
    case ReplyKind::shutdown:
      return refuse(
          reply.kind,
          smtp::reply(421, {4, 7, 1}, "Our mail filter ends the connection; try again later"));
    case ReplyKind::refusal: return refuse(reply.kind, reply_of(reply.refusal));
    case ReplyKind::discard: {
      MilterAnswer out;
      out.kind = MilterAnswer::Kind::discard;
      out.action = "discard";
      return out;
    }
    default: {
      MilterAnswer out;
      out.kind = MilterAnswer::Kind::trouble;
      out.words = out_of_place(reply).error().text();
      return out;
    }
  }
}

MacroFacts MilterConversation::facts(const Transaction& transaction) const {
  return {.transaction = transaction,
          .recipient = nullptr,
          .hostname = parts_.hostname,
          .client_name = client_name_};
}

void MilterConversation::say_macros(Stage stage, char letter, const MacroFacts& facts) {
  const auto& wanted = link_.agreed().macros.at(static_cast<std::size_t>(stage));
  const auto macros = milter_macros(facts, stage, wanted);
  if (!macros.empty()) link_.say(milter::macro_command(letter, macros));
}

MilterAnswer MilterConversation::lose(const base::Error& error) {
  link_.close();
  state_ = State::lost;
  MilterAnswer out;
  out.kind = MilterAnswer::Kind::trouble;
  out.words = error.text();
  out.ours = error.kind == base::ErrorKind::cancelled;
  return out;
}

io::Task<MilterAnswer> MilterConversation::begin(io::Ref<const Transaction> transaction) {
  const auto opened = co_await link_.open(parts_.settings.address, parts_.settings.connect_timeout);
  if (!opened) co_return lose(opened.error());
  state_ = State::ready;
  milter::Client client;
  client.host = client_name_.empty() ? unknown_client : client_name_;
  client.address = transaction->peer.address.text();
  client.port = transaction->peer.port;
  client.v6 = transaction->peer.address.is_v6();
  co_return co_await step(Stage::connect, milter::connect_command(client), facts(*transaction));
}

io::Task<MilterAnswer> MilterConversation::step(Stage stage, std::string command,
                                                MacroFacts facts) {
  const milter::Agreement& agreed = link_.agreed();
  if (!agreed.wants(stage)) co_return MilterAnswer();
  say_macros(stage, command.at(4), facts);  // the letter of a packet stands behind its length
  link_.say(std::move(command));
  if (!agreed.answers(stage)) co_return MilterAnswer();
  const auto reply = co_await link_.ask(parts_.settings.command_timeout);
  if (!reply) co_return lose(reply.error());
  co_return conclude(*reply, stage);
}

MilterAnswer MilterConversation::conclude(const milter::Reply& reply, Stage stage) {
  MilterAnswer answer = milter_decision(reply);
  const bool of_message = stage == Stage::mail || stage == Stage::rcpt || stage == Stage::data;
  const bool early = answer.kind == MilterAnswer::Kind::discard && !of_message;
  if (answer.kind == MilterAnswer::Kind::trouble || early) {
    return lose(out_of_place(reply).error());
  }
  if (reply.kind == ReplyKind::accept) {
    state_ = of_message ? State::message_accepted : State::no_interest;
  } else if (answer.kind == MilterAnswer::Kind::discard) {
    state_ = State::message_accepted;
  } else if (answer.kind == MilterAnswer::Kind::refuse && of_message && stage != Stage::rcpt) {
    state_ = State::ready;
  }
  return answer;
}

io::Task<MilterAnswer> MilterConversation::at_connect(io::Ref<const Transaction> transaction,
                                                      std::string client_name) {
  client_name_ = std::move(client_name);
  co_return co_await begin(transaction);
}

io::Task<MilterAnswer> MilterConversation::at_helo(io::Ref<const Transaction> transaction) {
  if (state_ != State::ready) co_return MilterAnswer();
  co_return co_await step(Stage::helo, milter::helo_command(transaction->helo),
                          facts(*transaction));
}

io::Task<MilterAnswer> MilterConversation::at_mail(io::Ref<const Transaction> transaction) {
  if (state_ == State::no_interest) co_return MilterAnswer();
  if (state_ == State::lost) {
    // It is told again what it has missed.
    MilterAnswer answer = co_await begin(transaction);
    if (answer.kind == MilterAnswer::Kind::go_on) answer = co_await at_helo(transaction);
    if (answer.kind != MilterAnswer::Kind::go_on || state_ == State::no_interest) co_return answer;
  }
  state_ = State::in_message;
  const message::Envelope& envelope = transaction->envelope;
  std::vector<std::string> arguments = {fmt::format("<{}>", envelope.sender.text())};
  if (transaction->declared_bytes > 0) {
    arguments.push_back(fmt::format("SIZE={}", transaction->declared_bytes));
  }
  if (envelope.eight_bit) arguments.emplace_back("BODY=8BITMIME");
  if (envelope.smtputf8) arguments.emplace_back("SMTPUTF8");
  co_return co_await step(Stage::mail, milter::mail_command(arguments), facts(*transaction));
}

io::Task<MilterAnswer> MilterConversation::at_rcpt(io::Ref<const Transaction> transaction,
                                                   io::Ref<const message::Recipient> recipient) {
  if (state_ == State::lost) {
    co_return lose(base::Error{base::ErrorKind::closed, "the connection was lost"});
  }
  if (state_ != State::in_message) co_return MilterAnswer();
  MacroFacts known = facts(*transaction);
  known.recipient = &*recipient;
  const std::vector<std::string> arguments = {fmt::format("<{}>", recipient->address.text())};
  co_return co_await step(Stage::rcpt, milter::rcpt_command(arguments), known);
}

io::Task<MilterAnswer> MilterConversation::at_data(io::Ref<const Transaction> transaction) {
  if (state_ == State::lost) {
    co_return lose(base::Error{base::ErrorKind::closed, "the connection was lost"});
  }
  if (state_ != State::in_message) co_return MilterAnswer();
  co_return co_await step(Stage::data, milter::data_command(), facts(*transaction));
}

io::Task<FilterOutcome> MilterConversation::judge(io::Ref<const Transaction> transaction,
                                                  PassingMessage message,
                                                  io::Ref<ReceivedOctets> octets) {
  FilterOutcome outcome(std::move(message));
  const Shown shown = co_await show(transaction, outcome, octets);
  if (shown) {
    state_ = State::ready;
    co_return outcome;
  }
  const MilterAnswer lost = lose(shown.error());
  outcome.trouble = lost.words;
  outcome.ours = lost.ours || shown.error().kind == base::ErrorKind::io;
  co_return outcome;
}

io::Task<MilterConversation::Shown> MilterConversation::show(io::Ref<const Transaction> transaction,
                                                             io::Ref<FilterOutcome> outcome,
                                                             io::Ref<ReceivedOctets> octets) {
  Shown next = co_await show_header(transaction, outcome);
  if (next && *next == Next::go_on) next = co_await show_body(outcome, octets);
  if (next && *next != Next::decided) next = co_await show_end(transaction, outcome);
  co_return next;
}

io::Task<MilterConversation::Shown> MilterConversation::pass(io::Ref<FilterOutcome> outcome,
                                                             bool answered, bool may_skip) {
  if (!answered) {
    if (!link_.should_send()) co_return Next::go_on;
    const auto sent = co_await link_.send(parts_.settings.content_timeout);
    if (!sent) co_return std::unexpected(sent.error());
    co_return Next::go_on;
  }
  const auto reply = co_await link_.ask(parts_.settings.content_timeout);
  if (!reply) co_return std::unexpected(reply.error());
  if (reply->kind == ReplyKind::go_on) co_return Next::go_on;
  if (reply->kind == ReplyKind::skip && may_skip) co_return Next::skip;
  co_return settle(*outcome, *reply);
}

// A decision on the message.
MilterConversation::Shown MilterConversation::settle(FilterOutcome& outcome,
                                                     const milter::Reply& reply) {
  MilterAnswer answer = milter_decision(reply);
  switch (answer.kind) {
    case MilterAnswer::Kind::trouble: return out_of_place(reply);
    case MilterAnswer::Kind::go_on: break;
    case MilterAnswer::Kind::discard: outcome.kind = Verdict::Kind::discard; break;
    case MilterAnswer::Kind::refuse:
      outcome.kind = answer.reply.permanent() ? Verdict::Kind::reject : Verdict::Kind::defer;
      outcome.reply = std::move(answer.reply);
      break;
  }
  outcome.action = answer.action.empty() ? "continue" : std::move(answer.action);
  outcome.words = std::move(answer.words);
  return Next::decided;
}

io::Task<MilterConversation::Shown> MilterConversation::show_header(
    io::Ref<const Transaction> transaction, io::Ref<FilterOutcome> outcome) {
  const milter::Agreement& agreed = link_.agreed();
  const bool answered = !agreed.has(milter::flag::no_reply_headers);
  const bool leading_space = agreed.has(milter::flag::header_leading_space);
  if (!agreed.has(milter::flag::no_headers)) {
    for (const PassingMessage::Field& field : outcome->message.fields()) {
      link_.say(milter::header_command(field.name, told_value(field.value, leading_space)));
      const Shown next = co_await pass(outcome, answered, false);
      if (!next || *next != Next::go_on) co_return next;
    }
  }
  if (!agreed.wants(Stage::end_of_headers)) co_return Next::go_on;
  say_macros(Stage::end_of_headers, 'N', facts(*transaction));
  link_.say(milter::end_of_headers_command());
  co_return co_await pass(outcome, agreed.answers(Stage::end_of_headers), false);
}

io::Task<MilterConversation::Shown> MilterConversation::show_body(io::Ref<FilterOutcome> outcome,
                                                                  io::Ref<ReceivedOctets> octets) {
  const milter::Agreement& agreed = link_.agreed();
  if (agreed.has(milter::flag::no_body)) co_return Next::go_on;
  const bool answered = !agreed.has(milter::flag::no_reply_body);
  const bool may_skip = agreed.has(milter::flag::skip);
  const std::vector<message::Piece> pieces = outcome->message.body();
  std::string chunk;
  for (const message::Piece& piece : pieces) {
    for (std::uint64_t at = 0; at < piece.size();) {
      const auto room =
          std::min<std::uint64_t>(milter::chunk_bytes_max - chunk.size(), piece.size() - at);
      if (piece.kind == message::Piece::Kind::own) {
        chunk += std::string_view(piece.bytes).substr(at, room);
      } else {
        const auto read = co_await octets->read(piece.offset + at, room);
        if (!read || read->size() != room) {
          co_return base::fail(base::ErrorKind::io, "the message could not be read again");
        }
        chunk += *read;
      }
      at += room;
      if (chunk.size() < milter::chunk_bytes_max) continue;
      link_.say(milter::body_command(std::exchange(chunk, {})));
      const Shown next = co_await pass(outcome, answered, may_skip);
      if (!next || *next != Next::go_on) co_return next;
    }
  }
  if (chunk.empty()) co_return Next::go_on;
  link_.say(milter::body_command(chunk));
  co_return co_await pass(outcome, answered, may_skip);
}

// Changes come now; none of them counts before the last word.
io::Task<MilterConversation::Shown> MilterConversation::show_end(
    io::Ref<const Transaction> transaction, io::Ref<FilterOutcome> outcome) {
  say_macros(Stage::end_of_message, 'E', facts(*transaction));
  link_.say(milter::end_of_body_command());
  const base::Instant until = parts_.doors.clock.now() + end_timeout_max;
  MilterBody body;
  body.bytes_max = parts_.replaced_body_bytes_max;
  for (;;) {
    const base::Duration left = until - parts_.doors.clock.now();
    if (left.count() <= 0) co_return base::fail(base::ErrorKind::timed_out, "progress without end");
    const auto reply = co_await link_.ask(std::min(left, parts_.settings.end_timeout));
    if (!reply) co_return std::unexpected(reply.error());
    if (reply->kind == ReplyKind::progress) continue;
    if (!reply->is_change()) {
      if (body.replaced) outcome->message.replace_body(body.octets);
      co_return settle(*outcome, *reply);
    }
    const auto made = make_change(*reply, link_.agreed(), *outcome, body);
    if (!made) co_return std::unexpected(made.error());
  }
}

io::Task<void> MilterConversation::abort() {
  const bool inside = state_ == State::in_message;
  if (inside || state_ == State::message_accepted) state_ = State::ready;
  if (!inside) co_return;
  link_.say(milter::abort_command());
  const auto sent = co_await link_.send(parts_.settings.command_timeout);
  if (!sent) (void)lose(sent.error());
}

io::Task<void> MilterConversation::end() {
  if (state_ != State::lost) co_await link_.quit();
  state_ = State::lost;
}

}  // namespace policy
