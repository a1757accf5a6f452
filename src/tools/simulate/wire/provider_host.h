// tools/simulate/wire/provider_host.h: a receiver of the scenario, speaking SMTP.
//
// What:    says in a conversation what receiver.h decides, and looks at what arrives.
// In/Out:  ProviderHost(receiver, parts) per connection; Manners.
// Errors:  what comes and was never sent is in the parcels' words.
// Limits:  those of receiver.h. A limit and a block are said to MAIL, all else to RCPT.
// Not here: the decision (receiver.h), commands and octets (host_session.h).
#pragma once

#include <cstdint>

#include "lib/io/clock.h"
#include "lib/io/random.h"
#include "tools/bench/inspection.h"
#include "tools/simulate/account.h"
#include "tools/simulate/receiver.h"
#include "tools/simulate/wire/manners.h"
#include "tools/simulate/wire/parcels.h"

namespace simulate::wire {

// What all hosts share.
struct HostParts {
  Account& account;
  Parcels& parcels;
  io::Random& random;
  const io::Clock& clock;
  base::Instant begin;  // of the simulation

  [[nodiscard]] base::Duration now() const { return clock.now() - begin; }
};

class ProviderHost final : public Manners {
 public:
  // They outlive it. `provider`: its number in the scenario.
  ProviderHost(Receiver& receiver, std::uint32_t provider, const HostParts& parts)
      : receiver_(receiver), provider_(provider), parts_(parts) {}
  ~ProviderHost() override;

  Word greet() override;
  Word mail(std::string_view sender) override;
  Word rcpt(std::string_view recipient) override;
  Word data() override;
  void text(std::string_view octets) override { inspection_.feed(octets); }
  Word end() override;
  void unheard() override { parts_.parcels.unheard(number_); }
  [[nodiscard]] bool down() const override { return receiver_.down(parts_.now()); }

 private:
  Receiver& receiver_;
  std::uint32_t provider_;
  const HostParts& parts_;
  bool open_ = false;
  std::uint64_t messages_ = 0;
  std::uint64_t number_ = 0;  // of the message in hand
  Answer answer_;             // to it
  bool at_mail_ = false;      // it was refused there
  bool accepted_ = false;     // its recipient
  bench::Inspection inspection_;
};

}  // namespace simulate::wire
