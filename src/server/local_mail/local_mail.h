// server/local_mail/local_mail.h: everything that takes mail from this host's own users.
//
// What:    joins intake, door and collector; the socket and the drop folder.
// In/Out:  open() makes the folder and listens, stop() ends.
// Errors:  a folder that cannot be made, a socket that cannot be bound, by name.
// Limits:  connections and bodies as of the control socket (admin/settings.h).
// Not here: the program `sendmail` (cli/sendmail).
#pragma once

#include <memory>

#include "config/config.h"
#include "lib/http/server.h"
#include "lib/io/task_group.h"
#include "server/all_queues.h"
#include "server/local_mail/collector.h"
#include "server/local_mail/door.h"
#include "server/local_mail/intake.h"
#include "server/shared_parts.h"

namespace local_mail {

[[nodiscard]] Settings settings_of(const config::Config& config);

class LocalMail {
 public:
  // The assemblies and shared parts outlive it; assemblies[0] is on this loop.
  LocalMail(io::Doors doors, const config::Config& config, server::SharedParts& shared,
            const std::vector<server::Assembly*>& assemblies);
  LocalMail(const LocalMail&) = delete;
  LocalMail& operator=(const LocalMail&) = delete;

  base::Result<> open();
  io::Task<void> stop();

 private:
  io::Doors doors_;
  const Settings settings_;
  const std::shared_ptr<const session::Settings> session_settings_;
  server::AllQueues queues_;
  RefusalReport report_;
  Intake intake_;
  Door door_;
  Collector collector_;
  http::Server server_;
  std::unique_ptr<io::Listener> listener_;
  io::TaskGroup tasks_;
};

}  // namespace local_mail
