// delivery/connect.h: opens a connection up to the point where MAIL may be sent.
//
// What:    connect, greeting, EHLO, TLS as demanded, AUTH; in plain when opportunistic TLS breaks.
// In/Out:  Target and Route → a Client that is ready.
// Errors:  Trouble: connect and TLS trouble is temporary; a 5yz greeting or EHLO answer is
//          permanent for this target (attempt.h asks the others first).
// Limits:  connect_timeout for TCP and handshake, command_timeout per reply.
// Not here: which targets (targets.h), reuse (connection_pool.h).
#pragma once

#include <memory>

#include "delivery/client.h"
#include "delivery/counters.h"
#include "delivery/replies.h"
#include "delivery/route.h"
#include "delivery/settings.h"
#include "delivery/target_memory.h"
#include "delivery/targets.h"
#include "lib/io/doors.h"
#include "lib/io/ref.h"
#include "lib/io/tls.h"

namespace delivery {

struct Connector {
  io::Doors doors;
  io::TlsClient& tls;
  TargetMemory& broken_tls;  // opportunistic TLS broke there: plain SMTP instead of no mail
  TargetMemory& no_scram;    // SCRAM was refused there, and the password as it is was right
  Counters& counters;
  std::shared_ptr<const Settings> settings;
};

io::Task<Step<std::unique_ptr<Client>>> open_connection(io::Ref<Connector> connector, Target target,
                                                        Route route);

}  // namespace delivery
