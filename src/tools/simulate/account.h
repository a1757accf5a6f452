// tools/simulate/account.h: what became of each message, kept the same way in both modes.
//
// What:    Account opens a line in the Ledger for each message that comes, and counts attempts,
//          deferrals and ends by provider and hour.
// In/Out:  open(), attempted(), deferred(), bounced(), ended(), hour_over() … → counts(), wrong().
//          letter(number) is what a receiver sees of it.
// Errors:  what must not be is in the ledger's words.
// Limits:  those of ledger.h and counts.h.
// Not here: who decides (receiver.h), connections (whoever opens them counts in of()).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "tools/simulate/counts.h"
#include "tools/simulate/domains.h"
#include "tools/simulate/ledger.h"
#include "tools/simulate/receiver.h"
#include "tools/simulate/scenario.h"

namespace simulate {

class Account {
 public:
  // Both outlive it.
  Account(const Scenario& scenario, const Domains& domains, std::uint64_t seed);

  // A message has come; its number counts from 0.
  std::uint64_t open(base::Duration now, std::uint32_t domain);
  void last_has_come() { counts_.queued_after_last = queued_; }
  void attempted(std::uint64_t number);
  // An attempt came to nothing for now, or for good.
  void deferred(std::uint64_t number, Reason why);
  void bounced(std::uint64_t number, Reason why);
  void ended(std::uint64_t number, Fate fate, base::Duration now);

  // The queue at the end of an hour; the next begins with another call.
  void hour_over();
  void next_hour();
  // `queued`: what the queue itself says that it has.
  void audit(std::uint64_t queued);

  // Its fortune depends on seed and number alone, so that another configuration and the other mode
  // meet the same mail.
  [[nodiscard]] Letter letter(std::uint64_t number) const;
  [[nodiscard]] ProviderCounts& of(std::uint64_t number);
  [[nodiscard]] ProviderCounts& of_provider(std::uint32_t provider) {
    return counts_.providers[provider];
  }
  [[nodiscard]] const Domain& domain(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t queued() const { return queued_; }

  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] Counts& counts() { return counts_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<std::string>& wrong() const { return ledger_.wrong(); }

 private:
  const Domains& domains_;
  std::uint64_t seed_;
  Ledger ledger_;
  Counts counts_;
  std::uint64_t queued_ = 0;
};

}  // namespace simulate
