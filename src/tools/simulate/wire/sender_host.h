// tools/simulate/wire/sender_host.h: the host that reports to senders come to.
//
// What:    takes every report at once and notes what it says about which message.
// In/Out:  SenderHost(parcels) per connection; Manners.
// Errors:  mail that is no report is in the parcels' words.
// Limits:  a line that says what happened is looked for in the first report_bytes_max octets.
// Not here: the messages themselves (provider_host.h).
#pragma once

#include <cstdint>
#include <string>

#include "tools/simulate/wire/manners.h"
#include "tools/simulate/wire/parcels.h"

namespace simulate::wire {

class SenderHost final : public Manners {
 public:
  static constexpr std::size_t report_bytes_max = 64UL << 10U;

  explicit SenderHost(Parcels& parcels) : parcels_(parcels) {}

  Word greet() override { return {.text = "220 host ESMTP\r\n"}; }
  Word mail(std::string_view sender) override;
  Word rcpt(std::string_view recipient) override;
  Word data() override;
  void text(std::string_view octets) override;
  Word end() override;
  void unheard() override {}
  [[nodiscard]] bool down() const override { return false; }

 private:
  Parcels& parcels_;
  std::optional<std::uint64_t> number_;
  std::string report_;
  std::uint64_t octets_ = 0;
};

}  // namespace simulate::wire
