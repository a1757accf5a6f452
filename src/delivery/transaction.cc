// See transaction.h.
#include "delivery/transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "delivery/adapt.h"
#include "delivery/content.h"
#include "delivery/envelope.h"
#include "delivery/replies.h"

namespace delivery {
namespace {

// What one MAIL…DATA came to.
struct Round {
  std::vector<std::size_t> recipients;
  EnvelopeAnswers answers;
  base::Result<> envelope;
  std::optional<ContentEnd> content;
};

queue::Result rcpt_result(const Client& client, const smtp::Reply& reply) {
  // RFC 5321 §4.5.3.1.10: 552 to RCPT is an old way to say "too many recipients".
  // An LMTP server means the mailbox, which is full for good (5.2.2).
  if (reply.code == 552 && !client.is_lmtp()) return queue::Result::deferred;
  return result_of(reply);
}

// The server has had enough recipients for one transaction, and takes the rest in the next.
bool is_too_many(const smtp::Reply& reply) {
  if (reply.code != 452 && reply.code != 552) return false;
  return !reply.enhanced || (reply.enhanced->subject == 5 && reply.enhanced->detail == 3);
}

// Of the accepted recipient of that number.
smtp::Reply content_reply(const Client& client, const ContentEnd& content, std::size_t accepted) {
  if (content.reply) return *content.reply;
  if (accepted < content.each.size()) return content.each[accepted];
  if (content.local) return unreadable_reply();
  if (!content.dot_sent) return lost_reply(client.where(), "sending the text", content.error);
  // RFC 5321 §4.2.5 and §6.1: without a reply the message is still ours to deliver (invariant 2).
  return smtp::reply(
      451, {4, 4, 2},
      fmt::format("{} did not answer the end of the message; it may arrive twice", client.where()));
}

// Gives verdicts to those of a round that have one; the others go to `next` or `unanswered`.
class Judge {
 public:
  Judge(const Client& client, const Round& round, TransactionEnd& end,
        std::vector<std::size_t>& next)
      : client_(client), round_(round), end_(end), next_(next) {}

  void judge() {
    for (std::size_t i = 0; i < round_.recipients.size(); ++i) judge(i);
  }

 private:
  void judge(std::size_t i) {
    const EnvelopeAnswers& answers = round_.answers;
    if (answers.mail && !answers.mail->positive()) {
      return add(i, result_of(*answers.mail), *answers.mail);
    }
    if (i < answers.rcpt.size() && !answers.rcpt[i].positive()) {
      const smtp::Reply& rcpt = answers.rcpt[i];
      if (is_too_many(rcpt) && delivered()) return next_.push_back(round_.recipients[i]);
      return add(i, rcpt_result(client_, rcpt), rcpt);
    }
    if (!round_.envelope || i >= answers.rcpt.size()) {
      return end_.unanswered.push_back(round_.recipients[i]);
    }
    if (!round_.content) return add(i, data_result(), *answers.data);
    const smtp::Reply reply = content_reply(client_, *round_.content, accepted_++);
    add(i, result_of(reply), reply);
  }

  // A 2yz to DATA is nonsense, and nothing was delivered.
  [[nodiscard]] queue::Result data_result() const {
    return round_.answers.data->permanent() ? queue::Result::failed : queue::Result::deferred;
  }
  [[nodiscard]] bool delivered() const {
    if (!round_.content) return false;
    if (!round_.content->each.empty()) return true;  // LMTP: each has an answer of its own
    return round_.content->reply && round_.content->reply->positive();
  }
  void add(std::size_t i, queue::Result result, smtp::Reply reply) {
    end_.verdicts.push_back({round_.recipients[i], result, std::move(reply), handover(),
                             client_.offers.deliver_by.has_value()});
  }
  // RFC 3461 §5.2.2: who speaks DSN was told what to report. Behind LMTP there are only mailboxes.
  [[nodiscard]] queue::Handover handover() const {
    if (client_.is_lmtp()) return queue::Handover::final;
    return client_.offers.dsn ? queue::Handover::passed_on : queue::Handover::relayed;
  }

  const Client& client_;
  const Round& round_;
  TransactionEnd& end_;
  std::vector<std::size_t>& next_;
  std::size_t accepted_ = 0;  // of those judged
};

// RFC 2920 §3.1: a server that says 354 although it took no recipient waits for a text; it gets
// none.
io::Task<void> end_empty_data(io::Ref<Client> client, base::Duration timeout) {
  if (client->is_lmtp()) {
    // RFC 2033 §4.2: it must have said 503, and would answer nothing now.
    client->give_up();
    co_return;
  }
  const auto reply = co_await client->command(".\r\n", timeout);
  if (reply) client->needs_reset = true;
}

io::Task<Round> run_round(io::Ref<Client> client, io::Ref<const message::Envelope> envelope,
                          std::vector<std::size_t> recipients, io::Ref<Shipment> shipment) {
  const Settings& settings = shipment->settings;
  Round round;
  round.recipients = std::move(recipients);
  // RFC 3030. An LMTP server gets what every one of them takes, unless the text needs more.
  const bool chunked = client->offers.chunking && (envelope->binary || !client->is_lmtp());
  const EnvelopeAsk ask{*envelope, round.recipients, shipment->body.size(),
                        settings.command_timeout, chunked};
  round.envelope = co_await send_envelope(client, ask, round.answers);
  if (!round.envelope) co_return round;
  if (round.answers.may_send()) {
    shipment->body.rewind();
    const auto accepted = static_cast<std::size_t>(std::ranges::count_if(
        round.answers.rcpt, [](const smtp::Reply& reply) { return reply.positive(); }));
    const ContentWay way{settings, accepted, chunked};
    round.content = co_await send_content(client, shipment->body, way);
    client->needs_reset = false;
    ++client->messages;
  } else if (round.answers.data && round.answers.data->code == 354) {
    co_await end_empty_data(client, settings.command_timeout);
  }
  co_return round;
}

void give_all(TransactionEnd& end, const std::vector<std::size_t>& recipients, Verdict verdict) {
  for (const std::size_t recipient : recipients) {
    verdict.recipient = recipient;
    end.verdicts.push_back(verdict);
  }
}

// What follows from a round for those who were not in it.
void conclude(const Client& client, const Round& round, TransactionEnd& end,
              std::vector<std::size_t>& left) {
  const EnvelopeAnswers& answers = round.answers;
  if (answers.mail && !answers.mail->positive()) {
    give_all(end, left, {0, result_of(*answers.mail), *answers.mail});
    left.clear();
  }
  if (!round.envelope) {
    end.trouble = answers.closing
                      ? *answers.closing
                      : lost_reply(client.where(), "sending the envelope", round.envelope.error());
  } else if (!client.usable()) {
    end.trouble = smtp::reply(451, {4, 4, 2}, fmt::format("connection to {} lost", client.where()));
  }
  if (!client.usable()) {
    end.unanswered.insert(end.unanswered.end(), left.begin(), left.end());
    left.clear();
  }
}

// Recipients that are told the same sender, in the order of the first of each.
std::vector<Shipment> by_sender(const Shipment& shipment) {
  const message::Envelope& envelope = shipment.message.envelope;
  std::vector<Shipment> groups;
  for (const std::size_t recipient : shipment.recipients) {
    const message::Address& sender = envelope.mail_from(envelope.recipients[recipient]);
    const auto same = std::ranges::find_if(
        groups, [&sender](const Shipment& group) { return *group.mail_from == sender; });
    if (same != groups.end()) {
      same->recipients.push_back(recipient);
    } else {
      groups.push_back({shipment.message, {recipient}, shipment.body, shipment.settings, &sender});
    }
  }
  return groups;
}

// Nothing was said before it.
bool is_first(const TransactionEnd& end) { return end.verdicts.empty() && end.unanswered.empty(); }

io::Task<void> run_group(io::Ref<Client> client, io::Ref<Shipment> shipment,
                         io::Ref<TransactionEnd> end) {
  bool first = is_first(*end);
  Adapted adapted = co_await adapt(client, shipment);
  std::ranges::move(adapted.verdicts, std::back_inserter(end->verdicts));
  const message::Envelope& envelope =
      adapted.changed ? *adapted.changed : shipment->message.envelope;
  std::vector<std::size_t> left = std::move(adapted.recipients);
  const auto round_max = static_cast<std::size_t>(std::clamp<std::uint64_t>(
      client->offers.rcpt_max.value_or(left.size()), 1, std::max<std::size_t>(1, left.size())));
  // Ends: a round takes recipients out of `left` for good, or gives some back after having
  // delivered.
  while (!left.empty()) {
    const auto split = left.begin() + static_cast<std::ptrdiff_t>(std::min(round_max, left.size()));
    std::vector<std::size_t> now(left.begin(), split);
    left.erase(left.begin(), split);
    const Round round = co_await run_round(client, envelope, std::move(now), shipment);
    Judge(*client, round, *end, left).judge();
    if (first) end->untouched = !round.envelope && !round.answers.mail;
    first = false;
    conclude(*client, round, *end, left);
  }
}

}  // namespace

io::Task<TransactionEnd> run_transaction(io::Ref<Client> client, io::Ref<Shipment> shipment) {
  TransactionEnd end;
  std::vector<Shipment> groups = by_sender(*shipment);
  for (Shipment& group : groups) {
    if (client->usable()) {
      co_await run_group(client, group, end);
    } else {
      end.unanswered.insert(end.unanswered.end(), group.recipients.begin(), group.recipients.end());
    }
  }
  co_return end;
}

}  // namespace delivery
