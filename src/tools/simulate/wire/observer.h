// tools/simulate/wire/observer.h: the server's events, as numbers of the account.
//
// What:    hears what log and trace would hear, and counts what became of attempts and messages.
// In/Out:  base::EventSink → Account.
// Errors:  an event of severity error is told in the ledger's words: nothing of this Internet may
//          cause one.
// Limits:  one thread.
// Not here: what receivers saw (parcels.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/event.h"
#include "tools/simulate/account.h"

namespace simulate::wire {

class Observer final : public base::EventSink {
 public:
  // Both outlive it.
  Observer(Account& account, const Domains& domains, base::Time begin);

  void emit(const base::Event& event) override;
  // From now on nothing counts.
  void close() { closed_ = true; }
  // Reports that are in the server's queue.
  [[nodiscard]] std::uint64_t reports_waiting() const { return reports_waiting_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> number_of(const base::Event& event) const;
  [[nodiscard]] ProviderCounts* destination_of(const base::Event& event);
  void recipient(const base::Event& event, std::uint64_t number);
  void report(const base::Event& event);

  Account& account_;
  base::Time begin_;
  bool closed_ = false;
  std::uint64_t reports_waiting_ = 0;
  std::unordered_map<std::string, std::uint32_t> providers_;  // by label
};

}  // namespace simulate::wire
