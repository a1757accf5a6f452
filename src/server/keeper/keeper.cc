// See keeper.h.
#include "server/keeper/keeper.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <optional>

#include "lib/io/real/service_manager.h"
#include "lib/io/real/waiting.h"
#include "server/home.h"
#include "server/keeper/kept_server.h"
#include "server/keeper/sockets.h"

namespace server::keeper {
namespace {

// A million messages are read in two seconds; a slow disk may take longer.
constexpr base::Duration ready_max = std::chrono::minutes(10);
// Reading a configuration and a certificate.
constexpr base::Duration preparing_max = std::chrono::minutes(1);
// Beyond the time that its sessions may go on: deliveries, and closing what is open.
constexpr base::Duration closing_max = std::chrono::minutes(1);
// What does not work shows at once under mail.
constexpr base::Duration probation = std::chrono::seconds(5);
constexpr base::Duration restart_first = std::chrono::seconds(1);
constexpr base::Duration restart_max = std::chrono::minutes(1);
// A server whose loops do not turn for so long is started anew.
constexpr base::Duration silence_max = std::chrono::minutes(2);
constexpr base::Duration look_every = std::chrono::seconds(1);

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

double seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }

class Keeper {
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
  explicit Keeper(Parts parts) : parts_(std::move(parts)) {}

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
  base::Duration restart_after_ = restart_first;
  bool was_ready_ = false;
  bool over_ = false;
  int exit_code_ = 0;
};

base::Result<> Keeper::begin(const config::Config& config) {
  now_ = io::real::monotonic_now();
  state_folder_ = config.server.state_folder;
  stop_grace_ = config.session.stop_grace;
  if (auto bound = parts_.sockets.open(config); !bound) return bound;
  for (const std::string& socket : parts_.sockets.handed_in_vain()) {
    tell(socket +
         " was handed to us and no listener is there: add one, or take it out of the socket unit");
  }
  auto program = io::real::open_program(parts_.program_path);
  if (!program) return std::unexpected(std::move(program.error()));
  trusted_ = std::move(*program);
  auto started = start(trusted_, false);
  if (!started) return std::unexpected(std::move(started.error()));
  serving_ = std::move(*started);
  go_to(Phase::starting, ready_max);
  return {};
}

int Keeper::run() {
  while (!over_) turn();
  return exit_code_;
}

void Keeper::turn() {
  std::array<int, 6> sources = {
      parts_.signals.descriptor(), parts_.door.descriptor(), -1, -1, -1, -1};
  if (serving_) sources[2] = serving_->child().channel();
  if (serving_) sources[3] = serving_->child().life();
  if (next_) sources[4] = next_->child().channel();
  if (next_) sources[5] = next_->child().life();
  const base::Duration patience = deadline_ ? std::min(look_every, *deadline_ - now_) : look_every;
  io::real::wait_ready(sources, patience);
  now_ = io::real::monotonic_now();
  while (const auto number = parts_.signals.take()) on_signal(*number);
  while (auto caller = parts_.door.accept()) on_call(std::move(*caller));
  hear();
  reap();
  look_at_clock();
}

void Keeper::on_signal(int number) {
  if (number != SIGHUP) {
    stop();
  } else if (serving_ && (phase_ == Phase::serving || phase_ == Phase::probation)) {
    serving_->child().send(SIGHUP);
  } else {
    tell("a server is being started; it reads the configuration anew without being asked");
  }
}

void Keeper::on_call(io::real::LocalDoor::Caller caller) {
  if (caller.request != "upgrade") {
    io::real::say(caller.connection, "what is asked is not known; `upgrade` is\nfailed\n");
  } else if (phase_ != Phase::serving) {
    io::real::say(caller.connection,
                  "a server is being started or stopped at this moment; ask again when it "
                  "serves\nfailed\n");
  } else {
    caller_ = std::move(caller.connection);
    succeed("asked to upgrade");
  }
}

void Keeper::hear() {
  if (next_) next_->listen(now_, [](const std::string&) {});
  if (serving_) {
    serving_->listen(now_, [this](const std::string& lines) { parts_.manager.tell(lines); });
  }
  if (phase_ == Phase::preparing && next_ && next_->stands_by()) return drain();
  if (!serving_) return;
  if (phase_ == Phase::serving && serving_->wanted_successor()) {
    return succeed("the new configuration needs what the running server has closed to itself");
  }
  if (!serving_->is_ready()) return;
  if (phase_ == Phase::starting || phase_ == Phase::falling_back) {
    if (phase_ == Phase::falling_back) tell("the old program serves again");
    finish("failed");
    was_ready_ = true;
    serving_since_ = now_;
    go_to(Phase::serving, std::nullopt);
  } else if (phase_ == Phase::taking_over) {
    tell(
        fmt::format("the new server serves; connections waited {:.1f} s at most; it is watched "
                    "for {:.0f} s",
                    seconds(now_ - drain_began_), seconds(probation)));
    serving_since_ = now_;
    go_to(Phase::probation, probation);
  }
}

void Keeper::reap() {
  if (next_) {
    if (const auto ending = next_->child().ended()) on_next_ended(*ending);
  }
  if (serving_) {
    if (const auto ending = serving_->child().ended()) on_serving_ended(*ending);
  }
}

void Keeper::on_next_ended(const io::real::Ending& ending) {
  next_.reset();
  if (phase_ == Phase::preparing) {
    stay(fmt::format("the new server ended {} before it could take over", ending.text()));
  } else if (phase_ == Phase::stopping && !serving_) {
    over_ = true;
  }
}

void Keeper::on_serving_ended(const io::real::Ending& ending) {
  serving_.reset();
  switch (phase_) {
    case Phase::starting:
      if (was_ready_) return restart_later(ending);
      over_ = true;  // it has said why
      exit_code_ = ending.by_signal || ending.number == 0 ? 1 : ending.number;
      return;
    case Phase::preparing:
    case Phase::draining:
      if (next_) return take_over();
      return fall_back("the new server ended while the old one stopped");
    case Phase::taking_over:
      return fall_back(fmt::format("the new server ended {} before it was ready", ending.text()));
    case Phase::probation:
      return fall_back(fmt::format("the new server ended {} within {:.0f} s", ending.text(),
                                   seconds(probation)));
    case Phase::serving:
    case Phase::falling_back:
    case Phase::waiting: return restart_later(ending);
    case Phase::stopping: over_ = !next_; return;
  }
}

void Keeper::look_at_clock() {
  beat();
  if (serving_ && serving_->is_silent(now_, silence_max)) {
    tell(fmt::format("the server has not turned for {:.0f} s and is ended", seconds(silence_max)));
    serving_->child().send(SIGKILL);
  }
  if (deadline_ && now_ >= *deadline_) {
    deadline_.reset();
    on_deadline();
  }
}

void Keeper::on_deadline() {
  switch (phase_) {
    case Phase::starting:
    case Phase::falling_back:
    case Phase::taking_over:
    case Phase::draining:
      tell("it takes too long; the server is ended");
      if (serving_) serving_->child().send(SIGKILL);
      return;
    case Phase::preparing:
      if (next_) next_->child().send(SIGKILL);
      return;
    case Phase::probation: return settle();
    case Phase::waiting: return restart();
    case Phase::serving:
    case Phase::stopping: return;
  }
}

// The service manager watches us; we watch the server.
void Keeper::beat() {
  const auto& watchdog = parts_.manager.watchdog();
  if (!watchdog || now_ - last_beat_ < *watchdog / 4) return;
  last_beat_ = now_;
  parts_.manager.tell("WATCHDOG=1");
}

void Keeper::succeed(std::string_view why) {
  tell(fmt::format("{}: a new server is made ready while the old one serves", why));
  if (auto prepared = prepare_next(); !prepared) return stay(prepared.error().detail);
  go_to(Phase::preparing, preparing_max);
}

base::Result<> Keeper::prepare_next() {
  auto config = load_config(parts_.home, parts_.config_path);
  if (!config) return std::unexpected(std::move(config.error()));
  stop_grace_ = std::max(stop_grace_, config->session.stop_grace);
  if (auto bound = parts_.sockets.open(*config); !bound) return bound;
  auto program = io::real::open_program(parts_.program_path);
  if (!program) return std::unexpected(std::move(program.error()));
  candidate_ = std::move(*program);
  auto started = start(candidate_, true);
  if (!started) return std::unexpected(std::move(started.error()));
  next_ = std::move(*started);
  return {};
}

void Keeper::drain() {
  tell(
      fmt::format("version {} stands by; the old server ends its conversations", next_->version()));
  drain_began_ = now_;
  serving_->child().send(SIGTERM);
  go_to(Phase::draining, stop_grace_ + closing_max);
}

// The next one waits for the state's lock, which the kernel has just taken from the old one.
void Keeper::take_over() {
  if (phase_ == Phase::preparing) drain_began_ = now_;  // the old one ended of itself
  serving_ = std::move(next_);
  next_.reset();
  go_to(Phase::taking_over, ready_max);
}

void Keeper::settle() {
  trusted_ = std::move(candidate_);
  parts_.sockets.drop_unused();
  restart_after_ = restart_first;
  go_to(Phase::serving, std::nullopt);
  tell("it is well");
  finish("done");
}

void Keeper::fall_back(std::string_view why) {
  tell(fmt::format("{}; the old program is started again", why));
  auto started = start(trusted_, false);
  if (!started) {
    tell(started.error().detail);
    go_to(Phase::waiting, restart_after_);
    return;
  }
  serving_ = std::move(*started);
  go_to(Phase::falling_back, ready_max);
}

void Keeper::stay(std::string_view why) {
  tell(fmt::format("{}; the old server goes on", why));
  finish("failed");
  go_to(Phase::serving, std::nullopt);
}

void Keeper::restart_later(const io::real::Ending& ending) {
  if (now_ - serving_since_ > restart_max) restart_after_ = restart_first;
  tell(fmt::format("the server ended {}; it is started anew in {:.0f} s", ending.text(),
                   seconds(restart_after_)));
  finish("failed");
  go_to(Phase::waiting, restart_after_);
  restart_after_ = std::min(restart_after_ * 2, restart_max);
}

void Keeper::restart() {
  auto started = start(trusted_, false);
  if (!started) {
    tell(started.error().detail);
    return go_to(Phase::waiting, restart_max);
  }
  serving_ = std::move(*started);
  go_to(Phase::starting, ready_max);
}

void Keeper::stop() {
  parts_.manager.tell("STOPPING=1");
  finish("failed");
  go_to(Phase::stopping, std::nullopt);
  if (serving_) serving_->child().send(SIGTERM);
  if (next_) next_->child().send(SIGKILL);
  over_ = !serving_ && !next_;
}

base::Result<KeptServer> Keeper::start(const io::real::Descriptor& program, bool stand_by) {
  const auto silence = std::chrono::duration_cast<std::chrono::microseconds>(silence_max);
  io::real::ChildPlan plan{
      .arguments = {"stagepost", "serve", "--home", parts_.home},
      .environment = {{"WATCHDOG_USEC", std::to_string(silence.count())}},
      .listening = parts_.sockets.descriptors(),
      .listening_names = parts_.sockets.names(),
      .works_as_owner_of = state_folder_,
  };
  if (!parts_.config_path.empty()) {
    plan.arguments.insert(plan.arguments.end(), {"--config", parts_.config_path});
  }
  if (stand_by) plan.arguments.emplace_back("--stand-by");
  auto child = io::real::Child::start(program, plan);
  if (!child) return std::unexpected(std::move(child.error()));
  return KeptServer(std::move(*child), now_);
}

void Keeper::go_to(Phase phase, std::optional<base::Duration> at_most) {
  phase_ = phase;
  deadline_.reset();
  if (at_most) deadline_ = now_ + *at_most;
}

void Keeper::tell(std::string_view text) {
  const std::string_view mark = io::real::is_journal(STDERR_FILENO) ? "<5>" : "";
  std::fputs(fmt::format("{}stagepost keeper: {}\n", mark, text).c_str(), stderr);
  if (caller_) io::real::say(*caller_, fmt::format("{}\n", text));
}

void Keeper::finish(std::string_view word) {
  if (!caller_) return;
  io::real::say(*caller_, fmt::format("{}\n", word));
  caller_.reset();
}

int complain(std::string_view text) {
  std::fputs(fmt::format("stagepost: {}\n", text).c_str(), stderr);
  return 1;
}

}  // namespace

std::string control_path(const std::string& home) { return home + "/keeper.sock"; }

int keep(const std::string& home, const std::string& config_path) {
  auto manager = io::real::ServiceManager::from_environment();
  if (!manager.trouble().empty()) complain(manager.trouble());
  auto handed = io::real::HandedSockets::from_environment();
  if (!handed) return complain(handed.error().detail);
  auto config = load_config(home, config_path);
  if (!config) return complain(config.error().detail);
  auto program_path = io::real::own_program();
  if (!program_path) return complain(program_path.error().detail);
  auto signals = io::real::SignalQueue::open({SIGTERM, SIGINT, SIGHUP});
  if (!signals) return complain(signals.error().detail);
  auto door = io::real::LocalDoor::open(control_path(home));
  if (!door) return complain(door.error().detail);
  Keeper keeper({.home = home,
                 .config_path = config_path,
                 .program_path = std::move(*program_path),
                 .manager = std::move(manager),
                 .signals = std::move(*signals),
                 .door = std::move(*door),
                 .sockets = Sockets(std::move(*handed))});
  if (auto begun = keeper.begin(*config); !begun) return complain(begun.error().detail);
  return keeper.run();
}

}  // namespace server::keeper
