// server/brake_line.h: what follows at once when the brake of an account is pulled.
//
// What:    its scheduled mail of all loops is held, too; owner and administrator are told.
// In/Out:  hears of SendingLedger::on_brake; pull_all() for brakes of an earlier run.
// Errors:  a queue's: told as event limits.not_held; what is not sent: notice.failed.
// Limits:  one operation per loop and brake.
// Not here: when a brake is pulled (policy/limits/), how mail is held (queue/).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "policy/limits/sending_ledger.h"
#include "server/assemble.h"

namespace server {

class BrakeLine {
 public:
  struct Parts {
    policy::SendingLedger& ledger;
    const directory::Directory& directory;
    base::EventSink& events;
    std::string hostname;  // of the notices' Message-ID
    std::vector<Assembly*> assemblies;
  };
  // All parts outlive it; it outlives the loops' threads.
  explicit BrakeLine(Parts parts);
  BrakeLine(const BrakeLine&) = delete;
  BrakeLine& operator=(const BrakeLine&) = delete;
  ~BrakeLine() { stop(); }

  // When all queues have started: a crash may have come between a brake and its holds.
  void pull_all();
  // Before the assemblies stop.
  void stop();

 private:
  void pull(const policy::Brake& brake);
  io::Task<void> hold(Assembly* assembly, policy::Brake brake);
  io::Task<void> send(Assembly* assembly, policy::Notice notice);
  void tell(base::Severity severity, std::string_view name, base::Time now,
            std::vector<std::pair<std::string_view, std::string>> fields);

  Parts parts_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace server
