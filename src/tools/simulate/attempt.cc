// See simulation.h: what delivery does with a message, and what the queue makes of it.
#include <algorithm>
#include <utility>

#include "delivery/connection_pool.h"
#include "delivery/replies.h"
#include "tools/simulate/simulation.h"

namespace simulate {
namespace {

// Where a reused connection turns out to be closed: the first command meets silence.
constexpr int stale_round_trips = 1;

}  // namespace

// --- one attempt ---------------------------------------------------------------------------------

void Simulation::begin(queue::Work work) {
  if (work.expired || work.late) return aside(work);
  Attempt* attempt = nullptr;
  if (free_attempts_.empty()) {
    attempt = &attempts_.emplace_back(*this);
  } else {
    attempt = free_attempts_.back();
    free_attempts_.pop_back();
  }
  const std::uint64_t number = work.id.value - 1;
  attempt->work = std::move(work);
  carry(number, *attempt);
  clock_.arm(*attempt, clock_.now() + attempt->answer.took);
}

// An end without an attempt, or a word to the sender.
void Simulation::aside(const queue::Work& work) {
  const std::uint64_t number = work.id.value - 1;
  queue::Ending ending;
  if (work.late) {
    ending = {.left = work.recipients, .interrupted = true, .delay_told = tell_of_delay(number)};
  }
  schedule_.finish(work.ticket, ending, clock_.wall(), random_.number());
  if (work.expired) account_.ended(number, Fate::expired, now());
}

// As delivery's attempt(): one address after the other, until a host answers MAIL.
void Simulation::carry(std::uint64_t number, Attempt& attempt) {
  account_.attempted(number);
  const delivery::Settings& settings = *plan_.delivery;
  const Provider& provider = plan_.scenario.providers[account_.domain(number).provider];
  const unsigned tried = std::max(1U, std::min(provider.addresses, settings.addresses_tried_max));
  base::Duration took = {};
  bool all_permanent = true;
  for (unsigned i = 0; i < tried; ++i) {
    attempt.answer = try_address(number, attempt);
    took += attempt.answer.took_in_all();
    attempt.result = delivery::result_of(*attempt.answer.reply);
    if (attempt.answer.said_hello) break;
    all_permanent = all_permanent && attempt.result == queue::Result::failed;
    attempt.result = all_permanent ? queue::Result::failed : queue::Result::deferred;
  }
  attempt.answer.took = std::min(took, settings.attempt_timeout);
}

Answer Simulation::try_address(std::uint64_t number, Attempt& attempt) {
  base::Duration before = {};  // until there is a connection
  if (attempt.connection = idle_.take(account_.domain(number).receiver); attempt.connection) {
    if (const auto answer = try_kept(number, attempt)) return *answer;
    before = plan_.scenario.providers[account_.domain(number).provider].latency * stale_round_trips;
  }
  Answer opened = open(number, attempt);
  opened.took += before;
  if (opened.reason != Reason::none) return opened;
  Answer answer = send(number);
  answer.took += opened.took;
  if (!answer.said_hello) hang_up(attempt);
  return answer;
}

// None: it was dead, or the first word of its host was 421, which is taken for the same.
std::optional<Answer> Simulation::try_kept(std::uint64_t number, Attempt& attempt) {
  const Receiver& receiver = receivers_[attempt.connection->receiver];
  ProviderCounts& counts = account_.of(number);
  ++counts.connections_reused;
  if (!receiver.ends_after(attempt.connection->messages) && !receiver.down(now())) {
    const Answer answer = send(number);
    if (answer.said_hello) return answer;
  }
  ++counts.connections_stale;
  hang_up(attempt);
  return std::nullopt;
}

Answer Simulation::open(std::uint64_t number, Attempt& attempt) {
  const std::uint32_t receiver = account_.domain(number).receiver;
  Answer answer = receivers_[receiver].connect(now(), random_);
  if (answer.reason == Reason::none) {
    attempt.connection = std::make_unique<Connection>(Connection{.receiver = receiver});
    ++account_.of(number).connections;
    return answer;
  }
  ++account_.of(number).connections_failed;
  const Provider& provider = plan_.scenario.providers[domains_.receivers()[receiver]];
  if (answer.reason == Reason::unreachable && provider.down == Down::timeout) {
    answer.took = plan_.delivery->connect_timeout;
  }
  return answer;
}

Answer Simulation::send(std::uint64_t number) {
  Letter sent = account_.letter(number);
  const Answer answer = receivers_[account_.domain(number).receiver].mail(sent, now(), random_);
  account_.ledger()[number].first_tried = sent.first_tried;
  return answer;
}

void Simulation::hang_up(Attempt& attempt) {
  receivers_[attempt.connection->receiver].closed();
  attempt.connection.reset();
}

// --- what comes of it ----------------------------------------------------------------------------

void Simulation::ended(Attempt& attempt) {
  keep_or_close(attempt);
  settle(attempt);
  free_attempts_.push_back(&attempt);
  pump();
}

void Simulation::keep_or_close(Attempt& attempt) {
  if (!attempt.connection) return;
  Connection& connection = *attempt.connection;
  if (attempt.answer.reason == Reason::none) ++connection.messages;
  if (attempt.answer.keeps_connection &&
      delivery::worth_keeping(*plan_.delivery, connection.messages, std::nullopt)) {
    const std::uint32_t receiver = connection.receiver;
    idle_.keep(receiver, std::move(attempt.connection), delivery::idle_limits(*plan_.delivery));
    return;
  }
  hang_up(attempt);
}

// As queue::LocalQueue::settle() and delivery's conclude(): a deferral of a host that was not
// reached is one of the whole destination; one after its time is an end.
void Simulation::settle(const Attempt& attempt) {
  const queue::Work& work = attempt.work;
  const Answer& answer = attempt.answer;
  const std::uint64_t number = work.id.value - 1;
  const base::Time wall = clock_.wall();
  queue::Ending ending;
  Fate fate = Fate::queued;
  if (attempt.result == queue::Result::delivered) {
    fate = Fate::delivered;
  } else if (attempt.result == queue::Result::failed) {
    fate = Fate::bounced;
    account_.bounced(number, answer.reason);
  } else {
    ending.whole_destination = !answer.said_hello;
    if (ending.whole_destination) ending.reply = answer.reply->lines.front();
    if (work.expires <= wall) fate = Fate::expired;
    account_.deferred(number, answer.reason);
  }
  if (fate == Fate::queued) {
    ending.left = work.recipients;
    ending.delay_told = tell_of_delay(number);
  }
  const queue::Ended ended = schedule_.finish(work.ticket, ending, wall, random_.number());
  account_.of(number).blocked += ended.destination_blocked ? 1 : 0;
  if (fate != Fate::queued) account_.ended(number, fate, now());
}

// As queue::LocalQueue::tell_of_delay(): once, when it has waited for long.
bool Simulation::tell_of_delay(std::uint64_t number) {
  const base::Duration after = plan_.queue->delay_notice_after;
  Line& line = account_.ledger()[number];
  const auto accepted = std::chrono::floor<std::chrono::seconds>(line.accepted);
  if (after.count() == 0 || now() < accepted + after) return false;
  account_.counts().delay_notices += line.delay_told ? 0 : 1;
  line.delay_told = true;
  return true;
}

}  // namespace simulate
