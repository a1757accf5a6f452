// See account.h.
#include "tools/simulate/account.h"

#include <algorithm>

#include "lib/io/sim/random.h"

namespace simulate {
namespace {

double even(std::uint64_t number) { return static_cast<double>(number >> 11U) * 0x1.0p-53; }

}  // namespace

Account::Account(const Scenario& scenario, const Domains& domains, std::uint64_t seed)
    : domains_(domains), seed_(seed), ledger_(scenario.mail.messages) {
  for (const Provider& provider : scenario.providers) {
    ProviderCounts& counts = counts_.providers.emplace_back();
    counts.name = provider.name;
    counts.hours.resize(1);
  }
}

std::uint64_t Account::open(base::Duration now, std::uint32_t domain) {
  const std::uint64_t number = ledger_.open(now, domain);
  ProviderCounts& counts = of(number);
  ++counts.messages;
  ++counts.queued;
  ++counts.hours.back().arrived;
  if (++queued_ > counts_.queue_most) {
    counts_.queue_most = queued_;
    counts_.queue_most_at = now;
  }
  return number;
}

void Account::attempted(std::uint64_t number) {
  ProviderCounts& counts = of(number);
  ++counts.attempts;
  const std::uint64_t own = ++ledger_[number].attempts;
  counts.attempts_most = std::max(counts.attempts_most, own);
}

void Account::deferred(std::uint64_t number, Reason why) {
  ProviderCounts& counts = of(number);
  ++counts.deferrals.at(static_cast<std::size_t>(why));
  ++counts.hours.back().deferred;
}

void Account::bounced(std::uint64_t number, Reason why) {
  ++of(number).bounces.at(static_cast<std::size_t>(why));
}

void Account::ended(std::uint64_t number, Fate fate, base::Duration now) {
  ledger_.close(number, fate);
  ProviderCounts& counts = of(number);
  Hour& hour = counts.hours.back();
  --counts.queued;
  if (fate == Fate::delivered) {
    ++counts.delivered;
    ++hour.delivered;
    counts.delay.add(now - ledger_[number].accepted);
  } else if (fate == Fate::bounced) {
    ++counts.bounced;
    ++hour.bounced;
  } else {
    ++counts.expired;
    ++hour.expired;
  }
  if (--queued_ == 0) counts_.ended = now;
}

void Account::hour_over() {
  for (ProviderCounts& counts : counts_.providers) counts.hours.back().queued = counts.queued;
}

void Account::next_hour() {
  for (ProviderCounts& counts : counts_.providers) counts.hours.emplace_back();
}

void Account::audit(std::uint64_t queued) {
  const ProviderCounts all = counts_.all();
  ledger_.audit(queued, {0, all.queued, all.delivered, all.bounced, all.expired});
}

Letter Account::letter(std::uint64_t number) const {
  const std::uint64_t own = io::sim::mix(seed_) ^ io::sim::mix(number);
  const Line& line = ledger_[number];
  return {.address = even(io::sim::mix(own)),
          .mailbox = even(io::sim::mix(own + 1)),
          .temper = even(io::sim::mix(own + 2)),
          .accepted = line.accepted,
          .first_tried = line.first_tried};
}

ProviderCounts& Account::of(std::uint64_t number) {
  return counts_.providers[domain(number).provider];
}

const Domain& Account::domain(std::uint64_t number) const {
  return domains_.domains()[ledger_[number].domain];
}

}  // namespace simulate
