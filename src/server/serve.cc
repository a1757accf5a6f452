// See serve.h.
#include "server/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ranges>

#include "admin/turn.h"
#include "config/at_start.h"
#include "lib/base/size.h"
#include "lib/io/clock.h"
#include "lib/io/real/files.h"
#include "lib/io/real/handed_sockets.h"
#include "lib/io/real/pool.h"
#include "queue/journal/journal.h"
#include "server/admin_door.h"
#include "server/brake_line.h"
#include "server/confinement.h"
#include "server/home.h"
#include "server/keeper/stand_by.h"
#include "server/lane.h"
#include "server/local_mail/local_mail.h"
#include "server/supervision.h"

namespace server {
namespace {

class Process {
 public:
  struct Parts {
    std::string home;
    std::string config_path;
    config::Config config;
    const io::real::ServiceManager& manager;
    io::real::HandedSockets handed;
    io::real::SandboxReport sandbox;
    std::unique_ptr<io::File> lock;  // of the state; null: to be taken
  };
  explicit Process(Parts parts)
      : home_(std::move(parts.home)),
        config_path_(std::move(parts.config_path)),
        started_(parts.config),
        config_(std::move(parts.config)),
        handed_(std::move(parts.handed)),
        sandbox_(parts.sandbox),
        lock_(std::move(parts.lock)),
        pool_(config_.server.pool_threads),
        supervision_(parts.manager) {}

  base::Result<> run();

 private:
  base::Result<> build();
  base::Result<> ports_are_free();
  io::Task<base::Result<>> live();
  io::Task<base::Result<>> start();
  io::Task<base::Result<>> start_lanes();
  io::Task<void> start_lane(Lane* lane, base::Result<>* result);
  io::Task<void> wait_for_stop();
  io::Task<admin::Reloaded> reload();
  io::Task<admin::Reloaded> read_again();
  io::Task<void> stop();
  io::Task<void> stop_from_here(Lane* lane);
  void tell_replay(const queue::ReplayReport& report);
  void say_ready();
  void name_unused_sockets();
  void tell_sandbox();
  Supervision::Watched watched_parts();
  [[nodiscard]] std::string status();
  void emit(base::Severity severity, std::string_view name, std::string text);
  [[nodiscard]] policy::WebParts otel_parts() {
    return {.doors = main_doors(), .resolver = *lanes_.front()->resolver, .tls = shared_->otel_tls};
  }
  [[nodiscard]] io::Doors main_doors() { return lanes_.front()->loop.doors(); }

  const std::string home_;
  const std::string config_path_;
  const config::Config started_;  // what counts from a start only is as it says
  config::Config config_;
  io::real::HandedSockets handed_;
  const io::real::SandboxReport sandbox_;
  std::unique_ptr<io::File> lock_;
  io::real::ThreadPool pool_;
  io::real::PosixFiles files_;
  std::unique_ptr<SharedParts> shared_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<AdminDoor> admin_;
  std::unique_ptr<local_mail::LocalMail> local_mail_;
  std::unique_ptr<BrakeLine> brake_line_;
  Supervision supervision_;
  io::TaskGroup tasks_;  // on the main loop: trace flusher, directory watcher
  admin::Turns reloads_;
  io::Signal asked_;
  bool stop_asked_ = false;
  bool reload_asked_ = false;
};

base::Result<> Process::build() {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned count =
      std::min(config_.server.loops == 0 ? cores : config_.server.loops, loops_max);
  for (unsigned i = 0; i < count; ++i) lanes_.push_back(std::make_unique<Lane>(pool_, &handed_));
  auto shared = SharedParts::open(config_, files_, main_doors().clock.wall(), std::move(lock_));
  if (!shared) return std::unexpected(std::move(shared.error()));
  shared_ = std::move(*shared);
  auto streams = queue::journal::list_streams(files_, config_.queue.journal_folder);
  if (!streams) return std::unexpected(std::move(streams.error()));
  if (auto free = ports_are_free(); !free) return free;
  std::vector<Assembly*> assemblies;
  for (unsigned i = 0; i < count; ++i) {
    lanes_[i]->assemble(config_, *shared_, {.index = i, .count = count, .streams = *streams});
    assemblies.push_back(lanes_[i]->assembly.get());
    if (auto bound = assemblies.back()->listen(); !bound) return bound;
  }
  admin_ =
      std::make_unique<AdminDoor>(Doors{.io = main_doors(), .resolver = *lanes_.front()->resolver},
                                  config_, *shared_, assemblies);
  admin_->set_reload([this] { return reload(); });
  local_mail_ =
      std::make_unique<local_mail::LocalMail>(main_doors(), config_, *shared_, assemblies);
  brake_line_ = std::make_unique<BrakeLine>(BrakeLine::Parts{.ledger = shared_->state->ledger(),
                                                             .directory = *shared_->directory,
                                                             .events = *shared_->events,
                                                             .hostname = config_.session.hostname,
                                                             .assemblies = assemblies});
  return {};
}

// Our loops share their ports (SO_REUSEPORT), and the kernel would let a second server share them,
// too: so each is bound alone first.
base::Result<> Process::ports_are_free() {
  for (const session::ListenerSetting& listener : config_.session.listeners) {
    if (!listener.socket_path.empty()) continue;  // the control socket says who else runs here
    auto alone = main_doors().network.listen(listener.at, {.share_port = false});
    if (!alone) {
      return base::fail(alone.error().kind,
                        fmt::format("listener \"{}\" cannot listen on {}: {}", listener.name,
                                    listener.at.text(), alone.error().detail));
    }
  }
  return {};
}

base::Result<> Process::run() {
  if (auto built = build(); !built) return built;
  io::real::EventLoop& main_loop = lanes_.front()->loop;
  for (const int number : {SIGTERM, SIGINT}) {
    main_loop.on_signal(number, [this] {
      stop_asked_ = true;
      asked_.notify();
    });
  }
  main_loop.on_signal(SIGHUP, [this] {
    reload_asked_ = true;
    asked_.notify();
  });
  for (std::size_t i = 1; i < lanes_.size(); ++i) {
    lanes_[i]->thread = std::thread([lane = lanes_[i].get()] { lane->loop.run(); });
  }
  base::Result<> result = io::real::run_task(main_loop, live());
  for (const auto& lane : lanes_) {
    lane->loop.stop();
    if (lane->thread.joinable()) lane->thread.join();
  }
  admin_.reset();
  local_mail_.reset();
  brake_line_.reset();
  for (const auto& lane : lanes_) {
    lane->assembly.reset();
    lane->resolver.reset();
  }
  if (auto saved = shared_->state->save(main_doors().clock.wall()); !saved) {
    emit(base::Severity::error, "state.unsaved", saved.error().text());
  }
  if (auto saved = shared_->reports->save(); !saved) {
    emit(base::Severity::error, "report.unsaved", saved.error().text());
  }
  const io::Clock& clock = main_doors().clock;
  shared_->trace->close(clock.wall());
  // After the last events; what cannot be written now is lost, and was told if it is not new.
  [[maybe_unused]] const auto sampled =
      shared_->flow->sample({.wall = clock.wall(), .steady = clock.now()});
  return result;
}

io::Task<base::Result<>> Process::live() {
  supervision_.say_starting();
  base::Result<> result = co_await start();
  if (result) {
    name_unused_sockets();
    tell_sandbox();
    say_ready();
    tasks_.spawn(supervision_.run(main_doors().clock, watched_parts()));
    co_await wait_for_stop();
    supervision_.say_stopping();
    emit(base::Severity::info, "server.stopping", "");
  }
  co_await stop();
  co_return result;
}

io::Task<base::Result<>> Process::start() {
  const io::Doors doors = main_doors();
  tasks_.spawn(shared_->trace->run(doors.clock, doors.pool));
  tasks_.spawn(
      shared_->directory->watch(doors.clock, doors.pool, *shared_->watch_store, *shared_->events));
  tasks_.spawn(shared_->log->run(doors.clock, doors.pool));
  tasks_.spawn(shared_->otel->run(otel_parts(), *shared_->events));
  tasks_.spawn(shared_->state->run(doors.clock, doors.pool));
  tasks_.spawn(shared_->flow->run(doors.clock, doors.pool));
  tasks_.spawn(shared_->reports->run(doors.clock, doors.pool));
  tasks_.spawn(shared_->state->client().lists.run(*lanes_.front()->resolver, doors.clock));
  if (shared_->ldap) {
    // Without a copy of an earlier run nobody would be known.
    if (!shared_->ldap->has_people()) {
      (void)co_await shared_->ldap->refresh(doors.loop, doors.clock);
    }
    tasks_.spawn(shared_->ldap->run(doors.loop, doors.clock));
  }
  if (auto started = co_await start_lanes(); !started) co_return started;
  if (auto known = shared_->idempotency_keys->end_replay(); !known) co_return known;
  brake_line_->pull_all();
  tasks_.spawn(admin_->rotation().run());
  tasks_.spawn(admin_->reporter().run());
  tasks_.spawn(admin_->examiner().run());
  tasks_.spawn(admin_->certificates().run());
  tasks_.spawn(admin_->webhooks().run());
  if (auto opened = admin_->open(); !opened) co_return opened;
  co_return local_mail_->open();
}

// All at once: each replays its own streams, for seconds when a million messages wait. The main
// loop's own comes last, because nothing else happens here while it replays.
io::Task<base::Result<>> Process::start_lanes() {
  base::Result<> result;
  io::TaskGroup starting;
  for (const auto& lane : lanes_ | std::views::reverse) {
    starting.spawn(start_lane(lane.get(), &result));
  }
  co_await starting.join();
  co_return result;
}

io::Task<void> Process::start_lane(Lane* lane, base::Result<>* result) {
  const std::function<io::Task<base::Result<queue::ReplayReport>>()> make = [lane] {
    return lane->assembly->start();
  };
  auto report = co_await on_lane(*lane, lanes_.front()->loop, make);
  if (report) {
    tell_replay(*report);
  } else if (*result) {
    *result = std::unexpected(std::move(report.error()));
  }
}

void Process::tell_replay(const queue::ReplayReport& report) {
  if (report.messages > 0 || report.torn_bytes > 0) {
    emit(base::Severity::info, "queue.replayed",
         fmt::format("{} messages wait in {} segments; {} read, torn tail of {} cut",
                     report.messages, report.segments, base::format_size(report.bytes_read),
                     base::format_size(report.torn_bytes)));
  }
  for (const std::string& damage : report.damages) {
    emit(base::Severity::error, "queue.damage", damage);
  }
}

Supervision::Watched Process::watched_parts() {
  std::vector<io::Loop*> loops;
  loops.reserve(lanes_.size());
  for (const auto& lane : lanes_) loops.push_back(&lane->loop);
  return {
      .loops = std::move(loops),
      .status = [this] { return status(); },
      .stuck =
          [this](std::size_t loop) {
            emit(base::Severity::error, "server.loop_stuck",
                 fmt::format("loop {} does not turn; the watchdog hears nothing meanwhile", loop));
          }};
}

std::string Process::status() {
  // These names are known already: we get the series that queue and sessions move.
  const auto now = [this](std::string_view name) {
    return shared_->metrics.gauge(name, "").value();
  };
  return fmt::format("{} messages in the queue, {} connections open",
                     now("stagepost_queue_messages"), now("stagepost_session_open"));
}

io::Task<void> Process::wait_for_stop() {
  while (!stop_asked_) {
    if (reload_asked_) {
      reload_asked_ = false;
      (void)co_await reload();  // the log has what came of it
    } else {
      (void)co_await asked_.wait();
    }
  }
}

io::Task<bool> reload_lane(Lane* lane, const config::Config* config,
                           std::shared_ptr<io::TlsServer> tls) {
  lane->assembly->reload(*config, std::move(tls));
  co_return true;
}

// By signal or over the API, one at a time.
io::Task<admin::Reloaded> Process::reload() {
  const auto turn = co_await reloads_.take();
  if (!turn) co_return std::unexpected(turn.error());
  supervision_.say_reloading(main_doors().clock.now());
  auto reloaded = co_await read_again();
  supervision_.say_reloaded();
  if (!reloaded) {
    emit(base::Severity::error, "server.reload_failed", reloaded.error().detail);
    co_return reloaded;
  }
  emit(base::Severity::info, "server.reloaded",
       "new connections and attempts use the new settings");
  if (!reloaded->empty()) {
    emit(base::Severity::warning, "server.restart_needed",
         fmt::format("these count from the next start: {}", fmt::join(*reloaded, ", ")));
  }
  co_return reloaded;
}

// A configuration with a mistake changes nothing: the old one stays in force.
io::Task<admin::Reloaded> Process::read_again() {
  if (auto reopened = shared_->log->reopen(); !reopened) {
    emit(base::Severity::error, "server.reload_failed", reopened.error().text());
  }
  auto config = load_config(home_, config_path_);
  if (!config) co_return std::unexpected(std::move(config.error()));
  if (std::string beyond = beyond_fence(config_, *config);
      config_.server.sandbox && !beyond.empty()) {
    if (!supervision_.ask_for_successor()) {
      co_return base::fail(base::ErrorKind::invalid, std::move(beyond));
    }
    emit(base::Severity::info, "server.successor_wanted",
         "the new configuration needs what this server has closed to itself");
    co_return admin::Reloaded::value_type{};
  }
  auto loaded = load_certificate(files_, *config, main_doors().clock.wall(), shared_->challenges);
  if (!loaded) co_return base::fail(base::ErrorKind::invalid, loaded.error().text());
  for (const auto& lane : lanes_) {
    const std::function<io::Task<bool>()> make = [this, lane = lane.get(), &config] {
      return reload_lane(lane, &*config, shared_->tls_server);
    };
    (void)co_await on_lane(*lane, lanes_.front()->loop, make);
  }
  shared_->state->set_settings(config->policy);
  shared_->reports->set_settings(config->report);
  shared_->keys->load();  // somebody may have restored a file
  admin_->rotation().set_every(config->policy.signing.check_every);
  admin_->examiner().set_config(*config);
  admin_->set_config(*config);
  admin_->webhooks().set_settings(config->admin.webhooks);
  admin_->certificates().set_config(*config, std::move(*loaded));
  shared_->log->set_level(config->trace.log_level);
  config_ = std::move(*config);
  co_return config::waiting_settings(started_, config_);
}

io::Task<bool> stop_lane(Lane* lane) {
  co_await lane->assembly->stop();
  co_return true;
}

io::Task<void> Process::stop_from_here(Lane* lane) {
  const std::function<io::Task<bool>()> make = [lane] { return stop_lane(lane); };
  (void)co_await on_lane(*lane, lanes_.front()->loop, make);
}

io::Task<void> Process::stop() {
  co_await admin_->stop();
  co_await local_mail_->stop();
  brake_line_->stop();
  io::TaskGroup stopping;  // all at once: none accepts mail while another has its grace
  for (const auto& lane : lanes_) stopping.spawn(stop_from_here(lane.get()));
  co_await stopping.join();
  co_await tasks_.stop();
  co_await shared_->otel->last(otel_parts());
}

void Process::name_unused_sockets() {
  for (const std::string& socket : handed_.unused()) {
    emit(base::Severity::warning, "server.socket_unused",
         socket +
             " was handed to us and no listener is there: add one, or take it out of the "
             "socket unit");
  }
}

void Process::tell_sandbox() {
  if (!config_.server.sandbox) return;
  const bool whole = sandbox_.landlock > 0;
  emit(whole ? base::Severity::info : base::Severity::warning, "server.confined", sandbox_.text());
}

void Process::say_ready() {
  std::string text = "ready:";
  for (const session::ListenerSetting& listener : config_.session.listeners) {
    text += fmt::format(" {} {},", listener.name, listener.place());
  }
  for (const io::Endpoint& at : config_.admin.http) text += fmt::format(" http {},", at.text());
  text.pop_back();
  supervision_.say_ready(text);
  text += '\n';
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void Process::emit(base::Severity severity, std::string_view name, std::string text) {
  base::Event event{.severity = severity,
                    .name = name,
                    .time = main_doors().clock.wall(),
                    .session = {},
                    .message = {},
                    .fields = {}};
  if (!text.empty()) event.fields.emplace_back("text", std::move(text));
  shared_->events->emit(event);
}

// Under systemd each line is marked as an error.
int complain(std::string_view text) {
  const std::string_view mark = io::real::is_journal(STDERR_FILENO) ? "<3>" : "";
  std::string lines = fmt::format("{}stagepost: ", mark);
  for (const char c : text) {
    lines += c;
    if (c == '\n') lines += mark;
  }
  std::fprintf(stderr, "%s\n", lines.c_str());
  return 1;
}

}  // namespace

int serve(const std::string& home, const std::string& config_path, bool stand_by) {
  // While there is one thread: they change the environment.
  const auto manager = io::real::ServiceManager::from_environment();
  auto handed = io::real::HandedSockets::from_environment();
  if (!manager.trouble().empty()) complain(manager.trouble());
  if (!handed) return complain(handed.error().detail);
  auto config = load_config(home, config_path);
  if (!config) return complain(config.error().detail);
  base::Result<io::real::SandboxReport> sandbox;
  if (config->server.sandbox) {
    io::real::PosixFiles files;
    sandbox = confine(*config, files);  // before there is a thread
    if (!sandbox) {
      return complain(sandbox.error().detail +
                      "; `sandbox = false` in [server] goes without, and then the service manager "
                      "should fence us in");
    }
  }
  std::unique_ptr<io::File> lock;
  if (stand_by) {
    io::real::PosixFiles files;
    auto free = keeper::stand_by(manager, *config, files);
    if (!free) return complain(free.error().detail);
    lock = std::move(*free);
  }
  Process process({.home = home,
                   .config_path = config_path,
                   .config = std::move(*config),
                   .manager = manager,
                   .handed = std::move(*handed),
                   .sandbox = *sandbox,
                   .lock = std::move(lock)});
  if (auto result = process.run(); !result) return complain(result.error().detail);
  return 0;
}

}  // namespace server
