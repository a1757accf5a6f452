// See bare.h.
#include "tools/bench/bare.h"

#include <csignal>
#include <thread>

#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"

namespace bench {
namespace {

using Loops = std::vector<std::unique_ptr<BareLoop>>;

base::Result<Loops> make_loops(BareOptions options, unsigned count, BareCounts& counts) {
  io::real::PosixFiles files;
  if (auto made = files.make_directories(options.folder, 0755); !made) {
    return std::unexpected(std::move(made.error()));
  }
  {
    // A stranger's server would share the port, too.
    const auto alone = io::real::listen_socket(options.listen, false);
    if (!alone) return std::unexpected(alone.error());
  }
  options.share_port = count > 1;
  Loops out;
  for (unsigned i = 0; i < count; ++i) {
    auto loop = BareLoop::make(options, files, i, counts);
    if (!loop) return std::unexpected(std::move(loop.error()));
    out.push_back(std::move(*loop));
  }
  return out;
}

}  // namespace

base::Result<BareResult> run_bare(const BareOptions& options, unsigned count,
                                  const std::function<void()>& ready) {
  BareCounts counts;
  auto loops = make_loops(options, count, counts);
  if (!loops) return std::unexpected(std::move(loops.error()));
  io::real::ThreadPool pool(1);
  io::real::EventLoop main(pool);
  base::Result<> trouble;
  const auto stop_all = [&loops] {
    for (const auto& loop : *loops) loop->stop();
  };
  for (const int number : {SIGINT, SIGTERM}) {
    main.on_signal(number, [&main] { main.stop(); });
  }
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (const auto& loop : *loops) {
    threads.emplace_back([&main, &trouble, loop = loop.get()] {
      if (auto done = loop->run(); !done) {
        main.post([&trouble, &main, error = done.error()] {
          trouble = std::unexpected(error);
          main.stop();
        });
      }
    });
  }
  ready();
  main.run();
  stop_all();
  for (std::thread& thread : threads) thread.join();
  if (!trouble) return std::unexpected(std::move(trouble.error()));
  return BareResult{.accepted = counts.accepted, .relayed = counts.relayed, .lost = counts.lost};
}

}  // namespace bench
