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

double even(std::uint64_t number) { return static_cast<double>(number >> 11U) * 0x1.0p-53; }

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
  attempt->answer = carry(number, *attempt);
  clock_.arm(*attempt, clock_.now() + attempt->answer.took);
}

// An end without an attempt, or a word to the sender.
void Simulation::aside(const queue::Work& work) {
  queue::Ending ending;
  if (work.late) {
    ending = {.left = work.recipients,
              .interrupted = true,
              .delay_told = tell_of_delay(work.id.value - 1)};
  }
  schedule_.finish(work.ticket, ending, clock_.wall(), random_.number());
  if (work.expired) close(work.id.value - 1, Fate::expired);
}

Answer Simulation::carry(std::uint64_t number, Attempt& attempt) {
  Line& line = ledger_[number];
  const Domain& domain = domains_.domains()[line.domain];
  ProviderCounts& counts = counts_of(number);
  ++counts.attempts;
  ++line.attempts;
  counts.attempts_most = std::max<std::uint64_t>(counts.attempts_most, line.attempts);
  Receiver& receiver = receivers_[domain.receiver];
  const Provider& provider = plan_.scenario.providers[domain.provider];
  base::Duration before = {};  // until MAIL can be said
  attempt.connection = idle_.take(domain.receiver);
  if (attempt.connection) {
    ++counts.connections_reused;
    const bool ended = receiver.ends_after(attempt.connection->messages) || receiver.down(now());
    if (ended) {
      ++counts.connections_stale;
      before = provider.latency * stale_round_trips;
      attempt.connection.reset();
      receiver.closed();
    }
  }
  if (!attempt.connection) {
    Answer opened = open(domain.receiver, attempt);
    before += opened.took;
    ++(opened.reason == Reason::none ? counts.connections : counts.connections_failed);
    if (opened.reason != Reason::none) {
      opened.took = before;
      return opened;
    }
  }
  Letter sent = letter(number);
  Answer answer = receiver.mail(sent, now(), random_);
  line.first_tried = sent.first_tried;
  answer.took = std::min(answer.took + before, plan_.delivery->attempt_timeout);
  return answer;
}

Answer Simulation::open(std::uint32_t receiver, Attempt& attempt) {
  Answer answer = receivers_[receiver].connect(now(), random_);
  if (answer.reason == Reason::none) {
    attempt.connection = std::make_unique<Connection>(Connection{.receiver = receiver});
  } else if (answer.reason == Reason::unreachable) {
    const Provider& provider = plan_.scenario.providers[domains_.receivers()[receiver]];
    if (provider.down == Down::timeout) answer.took = wait_for_nobody(provider);
  }
  return answer;
}

// Each address has its connect_timeout.
base::Duration Simulation::wait_for_nobody(const Provider& provider) const {
  const delivery::Settings& settings = *plan_.delivery;
  const unsigned tried = std::min(provider.addresses, settings.addresses_tried_max);
  return std::min(settings.connect_timeout * std::max(1U, tried), settings.attempt_timeout);
}

// Its fortune depends on seed and number alone, so that another configuration meets the same mail.
Letter Simulation::letter(std::uint64_t number) const {
  const std::uint64_t own = io::sim::mix(plan_.seed) ^ io::sim::mix(number);
  const Line& line = ledger_[number];
  return {.address = even(io::sim::mix(own)),
          .mailbox = even(io::sim::mix(own + 1)),
          .temper = even(io::sim::mix(own + 2)),
          .accepted = line.accepted,
          .first_tried = line.first_tried};
}

// --- what comes of it ----------------------------------------------------------------------------

void Simulation::ended(Attempt& attempt) {
  keep_or_close(attempt);
  settle(attempt.work, attempt.answer);
  free_attempts_.push_back(&attempt);
  pump();
}

void Simulation::keep_or_close(Attempt& attempt) {
  if (!attempt.connection) return;
  Connection& connection = *attempt.connection;
  if (attempt.answer.reason == Reason::none) ++connection.messages;
  const std::uint32_t receiver = connection.receiver;
  if (attempt.answer.keeps_connection &&
      delivery::worth_keeping(*plan_.delivery, connection.messages, std::nullopt)) {
    idle_.keep(receiver, std::move(attempt.connection), delivery::idle_limits(*plan_.delivery));
    return;
  }
  attempt.connection.reset();
  receivers_[receiver].closed();
}

// As queue::LocalQueue::settle() and delivery's conclude(): a deferral of a host that was not
// reached is one of the whole destination; one after its time is an end.
void Simulation::settle(const queue::Work& work, const Answer& answer) {
  const std::uint64_t number = work.id.value - 1;
  const base::Time wall = clock_.wall();
  const queue::Result result = delivery::result_of(*answer.reply);
  queue::Ending ending;
  Fate fate = Fate::queued;
  if (result == queue::Result::delivered) {
    fate = Fate::delivered;
  } else if (result == queue::Result::failed) {
    fate = Fate::bounced;
  } else {
    ending.whole_destination = !answer.said_hello;
    if (ending.whole_destination) ending.reply = answer.reply->lines.front();
    if (work.expires <= wall) fate = Fate::expired;
  }
  ProviderCounts& counts = counts_of(number);
  if (fate == Fate::queued) {
    ending.left = work.recipients;
    ending.delay_told = tell_of_delay(number);
  }
  if (result == queue::Result::deferred) {
    ++counts.deferrals.at(static_cast<std::size_t>(answer.reason));
    ++counts.hours.back().deferred;
  } else if (result == queue::Result::failed) {
    ++counts.bounces.at(static_cast<std::size_t>(answer.reason));
  }
  const queue::Ended ended = schedule_.finish(work.ticket, ending, wall, random_.number());
  counts.blocked += ended.destination_blocked ? 1 : 0;
  if (fate != Fate::queued) close(number, fate);
}

// As queue::LocalQueue::tell_of_delay(): once, when it has waited for long.
bool Simulation::tell_of_delay(std::uint64_t number) {
  const base::Duration after = plan_.queue->delay_notice_after;
  Line& line = ledger_[number];
  const auto accepted = std::chrono::floor<std::chrono::seconds>(line.accepted);
  if (after.count() == 0 || now() < accepted + after) return false;
  counts_.delay_notices += line.delay_told ? 0 : 1;
  line.delay_told = true;
  return true;
}

void Simulation::close(std::uint64_t number, Fate fate) {
  ledger_.close(number, fate);
  ProviderCounts& counts = counts_of(number);
  Hour& hour = counts.hours.back();
  --counts.queued;
  if (fate == Fate::delivered) {
    ++counts.delivered;
    ++hour.delivered;
    counts.delay.add(now() - ledger_[number].accepted);
  } else if (fate == Fate::bounced) {
    ++counts.bounced;
    ++hour.bounced;
  } else {
    ++counts.expired;
    ++hour.expired;
  }
  if (schedule_.messages() == 0) counts_.ended = now();
}

ProviderCounts& Simulation::counts_of(std::uint64_t number) {
  return counts_.providers[domains_.domains()[ledger_[number].domain].provider];
}

}  // namespace simulate
