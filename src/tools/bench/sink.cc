// See sink.h.
#include "tools/bench/sink.h"

#include <csignal>

#include "lib/io/clock.h"
#include "lib/io/random.h"
#include "tools/bench/count_file.h"
#include "tools/bench/loops.h"

namespace bench {
namespace {

// Descriptors ran out, or too many sessions are there.
constexpr base::Duration accept_pause = std::chrono::milliseconds(50);

class Lane {
 public:
  Lane(const SinkOptions& options, Counters& counters, CountFile& file, Loops::Seat& seat,
       std::atomic<std::uint64_t>& next_file)
      : seat_(seat),
        sessions_max_(SinkOptions::sessions_max / options.threads),
        watch_(file, seat.doors.clock),
        dice_(seat.doors.random.number()),
        parts_{.settings = options.settings,
               .doors = seat.doors,
               .counters = counters,
               .buffers = buffers_,
               .dice = dice_,
               .scratch = scratch_,
               .sessions = sessions_,
               .next_file = next_file,
               .counts_changed = [this] { watch_.changed(); }} {}

  void add(std::unique_ptr<io::Listener> listener) { listeners_.push_back(std::move(listener)); }
  io::Task<void> run();

 private:
  io::Task<void> accept(io::Ref<io::Listener> listener, io::Ref<io::TaskGroup> sessions);
  io::Task<void> session(std::unique_ptr<io::Stream> stream);

  Loops::Seat& seat_;
  const std::size_t sessions_max_;
  std::vector<std::unique_ptr<io::Listener>> listeners_;
  BufferPool buffers_;
  CountFile::Watch watch_;
  Dice dice_;
  std::string scratch_;
  std::size_t sessions_ = 0;
  SinkParts parts_;
};

io::Task<void> Lane::run() {
  io::TaskGroup sessions(co_await io::current_scope());
  io::TaskGroup accepting(co_await io::current_scope());
  for (const auto& listener : listeners_) accepting.spawn(accept(*listener, sessions));
  co_await accepting.join();
  co_await sessions.stop();
  seat_.doors.clock.disarm(watch_);
}

io::Task<void> Lane::accept(io::Ref<io::Listener> listener, io::Ref<io::TaskGroup> sessions) {
  for (;;) {
    if (sessions_ >= sessions_max_) {
      if (!co_await pause_until(seat_, seat_.doors.clock.now() + accept_pause)) co_return;
      continue;
    }
    auto accepting = listener->accept();
    accepting.set_scope(seat_.pauses);
    auto stream = co_await std::move(accepting);
    if (stream) {
      sessions->spawn(session(std::move(*stream)));
      continue;
    }
    if (stream.error().kind == base::ErrorKind::cancelled) co_return;
    if (!co_await pause_until(seat_, seat_.doors.clock.now() + accept_pause)) co_return;
  }
}

io::Task<void> Lane::session(std::unique_ptr<io::Stream> stream) {
  ++sessions_;
  SinkSession session(std::move(stream), parts_);
  co_await session.run();
  --sessions_;
}

using Lanes = std::vector<std::unique_ptr<Lane>>;

// Loops share a port (SO_REUSEPORT), and so would a stranger's: each is bound alone first.
base::Result<std::vector<io::Endpoint>> listen(const SinkOptions& options, Loops& loops,
                                               Lanes& lanes) {
  std::vector<io::Endpoint> out;
  for (io::Endpoint at : options.listen) {
    {
      const auto alone = loops.main_doors().network.listen(at, {});
      if (!alone) return std::unexpected(alone.error());
      at = (*alone)->local();  // a port of 0 becomes a real one
    }
    for (unsigned i = 0; i < lanes.size(); ++i) {
      auto listener = loops.seat(i).doors.network.listen(at, {.share_port = lanes.size() > 1});
      if (!listener) return std::unexpected(std::move(listener.error()));
      lanes[i]->add(std::move(*listener));
    }
    out.push_back(at);
  }
  return out;
}

io::Task<void> run_lane(Lane* lane) { return lane->run(); }

}  // namespace

base::Result<Counts> run_sink(const SinkOptions& options,
                              const std::function<void(const std::vector<io::Endpoint>&)>& ready) {
  Loops loops(options.threads);
  Counters counters;
  std::atomic<std::uint64_t> next_file = 1;
  auto file = CountFile::open(loops.main_doors().files, options.count_file, counters);
  if (!file) return std::unexpected(std::move(file.error()));
  Lanes lanes;
  for (unsigned i = 0; i < options.threads; ++i) {
    lanes.push_back(std::make_unique<Lane>(options, counters, **file, loops.seat(i), next_file));
  }
  const auto listening = listen(options, loops, lanes);
  if (!listening) return std::unexpected(listening.error());
  loops.on_signal(SIGUSR1, [&] {
    counters.reset();
    (*file)->write();
  });
  ready(*listening);
  loops.run([&lanes](io::Ref<Loops::Seat> seat) { return run_lane(lanes[seat->index].get()); },
            [] {});
  (*file)->write();
  return counters.counts();
}

}  // namespace bench
