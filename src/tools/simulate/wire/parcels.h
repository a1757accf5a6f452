// tools/simulate/wire/parcels.h: where each message was seen on its way, octet by octet.
//
// What:    Parcels notes who took a message and whether it was whole, and what its sender was told;
//          at the end it compares that with what the server says (account.h).
// In/Out:  accepted(), came(), unheard(), told() while mail flows; settle() → figures(), and words
//          in the ledger for what must not be.
// Errors:  those words (HOUSE invariants 1 to 3).
// Limits:  4 octets per message.
// Not here: the counts of both modes (account.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/inspection.h"
#include "tools/simulate/account.h"
#include "tools/simulate/figures.h"

namespace simulate::wire {

// Message 17 goes from m17@sender.example to r17@d3.large-webmail.example: whoever sees one of its
// addresses knows it.
inline constexpr std::string_view sender_domain = "sender.example";
[[nodiscard]] std::string sender_of(std::uint64_t number);
[[nodiscard]] std::string recipient_of(std::uint64_t number, std::string_view domain);
// Of an address of such a message; `kind` is its first letter.
[[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view address, char kind);

enum class Told : std::uint8_t { failed, delayed, other };

class Parcels {
 public:
  // The account outlives it.
  Parcels(Account& account, std::uint64_t messages) : account_(account) {
    parcels_.reserve(messages);
  }

  // The server has said 250 to it.
  void accepted(std::uint64_t number, std::uint64_t octets);
  // A receiver took it.
  void came(std::uint64_t number, const bench::Finding& finding);
  // … and its answer was lost on the way: it may come again (RFC 5321 §4.2.5).
  void unheard(std::uint64_t number);
  // A report about it reached its sender.
  void told(std::uint64_t number, Told what, std::uint64_t octets);
  // Something came that nobody sent.
  void strange(std::string what);

  // When all is over; `cut`: what waits may still come.
  void settle(bool cut);
  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] Figures& figures() { return figures_; }

 private:
  struct Parcel {
    std::uint8_t taken = 0;
    std::uint8_t failures_told = 0;
    bool accepted = false;
    bool in_doubt = false;
  };
  [[nodiscard]] Parcel* find(std::uint64_t number);
  void settle_one(std::uint64_t number, const Parcel& parcel, bool cut);
  void lost(std::uint64_t number, std::string_view how);

  Account& account_;
  std::vector<Parcel> parcels_;
  Figures figures_;
};

}  // namespace simulate::wire
