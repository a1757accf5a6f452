// See idle.h.
#include "tools/bench/idle.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "tools/bench/loops.h"
#include "tools/bench/place.h"

namespace bench {
namespace {

constexpr base::Duration quit_timeout = std::chrono::seconds(5);
constexpr base::Duration look_every = std::chrono::milliseconds(50);

struct Shared {
  const IdleOptions& options;
  const std::function<void(const IdleReport&)>& opened;
  base::Instant begun;
  std::atomic<unsigned> next = 0;  // connection to open
  std::atomic<bool> ending = false;
  std::mutex mutex;
  IdleReport report;  // under mutex until the loops have ended
};

// One loop's connections.
class Lane {
 public:
  Lane(Shared& shared, Loops::Seat& seat) : shared_(shared), seat_(seat) {}
  io::Task<void> run();

 private:
  using Talk = std::unique_ptr<Conversation>;
  io::Task<void> open_some();
  io::Task<void> open_one(unsigned number);
  io::Task<void> close_some(io::Ref<std::uint64_t> answered);
  io::Task<void> hold();
  void settle(std::string_view error);

  Shared& shared_;
  Loops::Seat& seat_;
  std::vector<Talk> open_;
};

io::Task<void> Lane::run() {
  const unsigned openers = std::max(1U, IdleOptions::opening_at_once / shared_.options.threads);
  {
    io::TaskGroup opening(co_await io::current_scope());
    for (unsigned i = 0; i < openers; ++i) opening.spawn(open_some());
    co_await opening.join();
  }
  co_await hold();
  std::uint64_t answered = 0;
  {
    io::TaskGroup closing(co_await io::current_scope());
    for (unsigned i = 0; i < openers; ++i) closing.spawn(close_some(answered));
    co_await closing.join();
  }
  const std::lock_guard lock(shared_.mutex);
  shared_.report.answered_quit += answered;
}

io::Task<void> Lane::open_some() {
  for (;;) {
    const unsigned number = shared_.next.fetch_add(1, std::memory_order_relaxed);
    if (number >= shared_.options.connections || shared_.ending) co_return;
    co_await open_one(number);
  }
}

io::Task<void> Lane::open_one(unsigned number) {
  auto talk = std::make_unique<Conversation>(shared_.options.client, seat_.doors, number);
  const auto opened =
      co_await io::with_timeout(seat_.doors.clock, IdleOptions::connect_timeout, talk->open());
  if (opened && opened->positive()) {
    open_.push_back(std::move(talk));
    settle({});
  } else {
    settle(fmt::format("connection {}: {}: {}", number, talk->said_at(),
                       opened ? opened->text() : opened.error().text()));
  }
}

// Without words: it is open. The last one tells that all are settled.
void Lane::settle(std::string_view error) {
  const std::lock_guard lock(shared_.mutex);
  IdleReport& report = shared_.report;
  ++(error.empty() ? report.open : report.failed);
  if (report.first_error.empty()) report.first_error = error;
  if (report.open + report.failed < shared_.options.connections) return;
  report.took = seat_.doors.clock.now() - shared_.begun;
  report.told = true;
  shared_.opened(report);
}

io::Task<void> Lane::hold() {
  while (!shared_.ending) {
    if (!co_await pause_until(seat_, seat_.doors.clock.now() + look_every)) co_return;
  }
}

io::Task<base::Result<smtp::Reply>> say_quit(io::Ref<Conversation> talk) {
  return talk->ask("QUIT");
}

io::Task<void> Lane::close_some(io::Ref<std::uint64_t> answered) {
  while (!open_.empty()) {
    const Talk talk = std::move(open_.back());
    open_.pop_back();
    const auto reply = co_await io::with_timeout(seat_.doors.clock, quit_timeout, say_quit(*talk));
    if (reply && reply->code == 221) ++*answered;
  }
}

// Ends the run when --hold is over (from when all are open) or standard input has ended.
io::Task<void> watch_end(io::Ref<io::Clock> clock, Shared* shared) {
  std::optional<base::Instant> since;
  // A job in the background has nothing to read: then --hold alone counts.
  const bool watch_input = !shared->options.hold || !input_has_ended();
  while (co_await io::sleep_for(*clock, look_every)) {
    if (watch_input && input_has_ended()) break;
    const std::lock_guard lock(shared->mutex);
    const IdleReport& report = shared->report;
    if (report.open + report.failed < shared->options.connections) continue;
    if (!since) since = clock->now();
    if (shared->options.hold && clock->now() - *since >= *shared->options.hold) break;
  }
  shared->ending = true;
}

io::Task<void> run_lane(Shared* shared, io::Ref<Loops::Seat> seat) {
  Lane lane(*shared, *seat);
  co_await lane.run();
}

}  // namespace

base::Result<IdleReport> run_idle(const IdleOptions& options,
                                  const std::function<void(const IdleReport&)>& opened) {
  Loops loops(options.threads);
  io::Clock& clock = loops.main_doors().clock;
  Shared shared{
      .options = options, .opened = opened, .begun = clock.now(), .mutex = {}, .report = {}};
  loops.beside().spawn(watch_end(clock, &shared));
  loops.run([&shared](io::Ref<Loops::Seat> seat) { return run_lane(&shared, seat); },
            [&shared] { shared.ending = true; });
  return shared.report;
}

}  // namespace bench
