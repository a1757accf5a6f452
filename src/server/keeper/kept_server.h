// server/keeper/kept_server.h: one server process that the keeper has started.
//
// What:    starts it, and knows from what it says how far it is and when it last was well.
// In/Out:  start() → KeptServer; listen() reads what it said, is_…() tell how far it is.
// Errors:  a program that cannot be started.
// Limits:  beats are watched only once one came.
// Not here: what follows from it (keeper.h), how a process is started (lib/io/real/child.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/io/real/child.h"

namespace server::keeper {

class KeptServer {
 public:
  KeptServer(io::real::Child child, base::Instant now) : child_(std::move(child)), beat_(now) {}

  // Reads what it has said; `pass_on` gets the lines of each message that are the service
  // manager's, too.
  void listen(base::Instant now, const std::function<void(const std::string&)>& pass_on);

  [[nodiscard]] bool is_ready() const { return ready_; }
  [[nodiscard]] bool stands_by() const { return !version_.empty(); }
  // Since the last time it was asked.
  [[nodiscard]] bool wanted_successor();
  [[nodiscard]] const std::string& version() const { return version_; }
  // Ready, and without a beat for longer than this.
  [[nodiscard]] bool is_silent(base::Instant now, base::Duration longest) const;
  [[nodiscard]] io::real::Child& child() { return child_; }

 private:
  bool hear(std::string_view line, base::Instant now);

  io::real::Child child_;
  base::Instant beat_;
  std::string version_;
  bool ready_ = false;
  bool wants_successor_ = false;
};

}  // namespace server::keeper
