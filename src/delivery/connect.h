// delivery/connect.h: opens a connection up to the point where MAIL may be sent.
//
// What:    connect, greeting, EHLO, TLS as demanded, AUTH; in plain when opportunistic TLS breaks.
// In/Out:  Target and Route → a Client that is ready.
// Errors:  Trouble: connect and TLS trouble is temporary; a 5yz greeting or EHLO answer is
//          permanent for this target (attempt.h asks the others first).
// Limits:  connect_timeout for TCP and handshake, command_timeout per reply. TlsMemory keeps
//          hosts_max names for remember_for.
// Not here: which targets (targets.h), reuse (connection_pool.h).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include "delivery/client.h"
#include "delivery/counters.h"
#include "delivery/replies.h"
#include "delivery/route.h"
#include "delivery/settings.h"
#include "delivery/targets.h"
#include "lib/io/doors.h"
#include "lib/io/ref.h"
#include "lib/io/tls.h"

namespace delivery {

// Targets whose opportunistic TLS broke: they get plain SMTP for a while instead of no mail.
class TlsMemory {
 public:
  static constexpr std::size_t hosts_max = 10'000;
  static constexpr base::Duration remember_for = std::chrono::hours(1);

  void remember(const Target& target, base::Instant now);
  [[nodiscard]] bool is_broken(const Target& target, base::Instant now) const;

 private:
  std::unordered_map<std::string, base::Instant> until_;
};

struct Connector {
  io::Doors doors;
  io::TlsClient& tls;
  TlsMemory& tls_memory;
  Counters& counters;
  std::shared_ptr<const Settings> settings;
};

io::Task<Step<std::unique_ptr<Client>>> open_connection(io::Ref<Connector> connector, Target target,
                                                        Route route);

}  // namespace delivery
