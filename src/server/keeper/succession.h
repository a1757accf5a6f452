// server/keeper/succession.h: which server runs, and what follows when it ends or shall be another.
//
// What:    the phases of keeper.h: hears servers, signals, callers and the clock, and acts.
// In/Out:  begin() starts the first server, run() goes on until the last has ended, and gives the
//          exit code. What happens is said on stderr, and to who asked for it.
// Errors:  of begin(): a port, a program that cannot be started. Later ones are told and outlived.
// Limits:  the times in succession.cc.
// Not here: the process around it (keeper.cc), one server (kept_server.h), ports (sockets.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "lib/base/time.h"
#include "lib/io/real/child.h"
#include "lib/io/real/service_manager.h"
#include "lib/io/real/waiting.h"
#include "server/keeper/kept_server.h"
#include "server/keeper/sockets.h"

namespace server::keeper {

enum class Phase : std::uint8_t {
  starting,
  serving,
  preparing,
  draining,
  taking_over,
  probation,
  falling_back,
  waiting,
  stopping
};

class Succession {
 public:
  struct Parts {
    std::string home;
    std::string config_path;
    std::string program_path;
    io::real::ServiceManager manager;
    io::real::SignalQueue signals;
    io::real::LocalDoor door;
    Sockets sockets;
  };
  explicit Succession(Parts parts);

  base::Result<> begin(const config::Config& config);
  int run();

 private:
  void turn();
  void on_signal(int number);
  void on_call(io::real::LocalDoor::Caller caller);
  void hear();
  void reap();
  void on_serving_ended(const io::real::Ending& ending);
  void on_next_ended(const io::real::Ending& ending);
  void look_at_clock();
  void on_deadline();
  void beat();

  void succeed(std::string_view why);
  base::Result<> prepare_next();
  void drain();
  void take_over();
  void settle();
  void fall_back(std::string_view why);
  void stay(std::string_view why);
  void restart_later(const io::real::Ending& ending);
  void restart();
  void stop();

  base::Result<KeptServer> start(const io::real::Descriptor& program, bool stand_by);
  void go_to(Phase phase, std::optional<base::Duration> at_most);
  void tell(std::string_view text);
  void finish(std::string_view word);

  Parts parts_;
  std::string state_folder_;
  base::Duration stop_grace_{0};
  io::real::Descriptor trusted_;    // the program of the last server that was well
  io::real::Descriptor candidate_;  // that of the one which takes over
  std::optional<KeptServer> serving_;
  std::optional<KeptServer> next_;
  std::optional<io::real::Descriptor> caller_;  // who asked for the successor
  Phase phase_ = Phase::starting;
  base::Instant now_;
  std::optional<base::Instant> deadline_;
  base::Instant drain_began_;
  base::Instant serving_since_;
  base::Instant last_beat_;
  base::Duration restart_after_;
  bool was_ready_ = false;
  bool over_ = false;
  int exit_code_ = 0;
};

}  // namespace server::keeper
