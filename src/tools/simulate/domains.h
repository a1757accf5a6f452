// tools/simulate/domains.h: the domains that mail goes to, and how often.
//
// What:    Domains shares the domains out to the providers, each with its receiver and its part of
//          the mail, and draws one for each message.
// In/Out:  Scenario → domains() and receivers(); draw(random) → number of a domain.
// Errors:  none: a Scenario has been checked.
// Limits:  about 100 octets per domain; a draw takes the same time for any number of them.
// Not here: what a receiver does (receiver.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/io/random.h"
#include "tools/simulate/scenario.h"

namespace simulate {

struct Domain {
  std::string key;             // as delivery's routes name it: "mx:d17.large-webmail.example"
  std::uint32_t provider = 0;  // its number in the scenario
  std::uint32_t receiver = 0;
};

class Domains {
 public:
  explicit Domains(const Scenario& scenario);

  [[nodiscard]] std::span<const Domain> domains() const { return domains_; }
  // The provider of each receiver.
  [[nodiscard]] std::span<const std::uint32_t> receivers() const { return receivers_; }
  [[nodiscard]] std::uint32_t draw(io::Random& random) const;
  // What the names of a provider's domains have in common: "large-webmail".
  [[nodiscard]] std::span<const std::string> labels() const { return labels_; }

 private:
  void add_provider(const Scenario& scenario, std::uint32_t number, std::uint32_t count);
  void prepare_draw();

  [[nodiscard]] std::string new_label(const std::string& name) const;

  std::vector<Domain> domains_;
  std::vector<std::uint32_t> receivers_;
  std::vector<std::string> labels_;
  std::vector<double> weights_;
  // Walker's alias method: a column is drawn, then itself or the other that shares it.
  struct Column {
    std::uint64_t own = 0;  // below it, of 2^32: itself
    std::uint32_t other = 0;
  };
  std::vector<Column> columns_;
};

// `total` in whole numbers by parts, at least one each.
[[nodiscard]] std::vector<std::uint32_t> share_out(std::uint32_t total,
                                                   std::span<const double> parts);

}  // namespace simulate
