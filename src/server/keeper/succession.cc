// See succession.h.
#include "server/keeper/succession.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>

#include "server/home.h"

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

double seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Succession::Succession(Parts parts) : parts_(std::move(parts)), restart_after_(restart_first) {}

base::Result<> Succession::begin(const config::Config& config) {
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

int Succession::run() {
  while (!over_) turn();
  return exit_code_;
}

void Succession::turn() {
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

void Succession::on_signal(int number) {
  if (number != SIGHUP) {
    stop();
  } else if (serving_ && (phase_ == Phase::serving || phase_ == Phase::probation)) {
    serving_->child().send(SIGHUP);
  } else {
    tell("a server is being started; it reads the configuration anew without being asked");
  }
}

void Succession::on_call(io::real::LocalDoor::Caller caller) {
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

void Succession::hear() {
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

void Succession::reap() {
  if (next_) {
    if (const auto ending = next_->child().ended()) on_next_ended(*ending);
  }
  if (serving_) {
    if (const auto ending = serving_->child().ended()) on_serving_ended(*ending);
  }
}

void Succession::on_next_ended(const io::real::Ending& ending) {
  next_.reset();
  if (phase_ == Phase::preparing) {
    stay(fmt::format("the new server ended {} before it could take over", ending.text()));
  } else if (phase_ == Phase::stopping && !serving_) {
    over_ = true;
  }
}

void Succession::on_serving_ended(const io::real::Ending& ending) {
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

void Succession::look_at_clock() {
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

void Succession::on_deadline() {
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
void Succession::beat() {
  const auto& watchdog = parts_.manager.watchdog();
  if (!watchdog || now_ - last_beat_ < *watchdog / 4) return;
  last_beat_ = now_;
  parts_.manager.tell("WATCHDOG=1");
}

void Succession::succeed(std::string_view why) {
  tell(fmt::format("{}: a new server is made ready while the old one serves", why));
  if (auto prepared = prepare_next(); !prepared) return stay(prepared.error().detail);
  go_to(Phase::preparing, preparing_max);
}

base::Result<> Succession::prepare_next() {
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

void Succession::drain() {
  tell(
      fmt::format("version {} stands by; the old server ends its conversations", next_->version()));
  drain_began_ = now_;
  serving_->child().send(SIGTERM);
  go_to(Phase::draining, stop_grace_ + closing_max);
}

// The next one waits for the state's lock, which the kernel has just taken from the old one.
void Succession::take_over() {
  if (phase_ == Phase::preparing) drain_began_ = now_;  // the old one ended of itself
  serving_ = std::move(next_);
  next_.reset();
  go_to(Phase::taking_over, ready_max);
}

void Succession::settle() {
  trusted_ = std::move(candidate_);
  parts_.sockets.drop_unused();
  restart_after_ = restart_first;
  go_to(Phase::serving, std::nullopt);
  tell("it is well");
  finish("done");
}

void Succession::fall_back(std::string_view why) {
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

void Succession::stay(std::string_view why) {
  tell(fmt::format("{}; the old server goes on", why));
  finish("failed");
  go_to(Phase::serving, std::nullopt);
}

void Succession::restart_later(const io::real::Ending& ending) {
  if (now_ - serving_since_ > restart_max) restart_after_ = restart_first;
  tell(fmt::format("the server ended {}; it is started anew in {:.0f} s", ending.text(),
                   seconds(restart_after_)));
  finish("failed");
  go_to(Phase::waiting, restart_after_);
  restart_after_ = std::min(restart_after_ * 2, restart_max);
}

void Succession::restart() {
  auto started = start(trusted_, false);
  if (!started) {
    tell(started.error().detail);
    return go_to(Phase::waiting, restart_max);
  }
  serving_ = std::move(*started);
  go_to(Phase::starting, ready_max);
}

void Succession::stop() {
  parts_.manager.tell("STOPPING=1");
  finish("failed");
  go_to(Phase::stopping, std::nullopt);
  if (serving_) serving_->child().send(SIGTERM);
  if (next_) next_->child().send(SIGKILL);
  over_ = !serving_ && !next_;
}

base::Result<KeptServer> Succession::start(const io::real::Descriptor& program, bool stand_by) {
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

void Succession::go_to(Phase phase, std::optional<base::Duration> at_most) {
  phase_ = phase;
  deadline_.reset();
  if (at_most) deadline_ = now_ + *at_most;
}

void Succession::tell(std::string_view text) {
  const std::string_view mark = io::real::is_journal(STDERR_FILENO) ? "<5>" : "";
  std::fputs(fmt::format("{}stagepost keeper: {}\n", mark, text).c_str(), stderr);
  if (caller_) io::real::say(*caller_, fmt::format("{}\n", text));
}

void Succession::finish(std::string_view word) {
  if (!caller_) return;
  io::real::say(*caller_, fmt::format("{}\n", word));
  caller_.reset();
}

}  // namespace server::keeper
