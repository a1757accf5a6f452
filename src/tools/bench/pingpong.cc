// See pingpong.h.
#include "tools/bench/pingpong.h"

#include <pthread.h>
#include <sched.h>

#include <array>
#include <thread>
#include <vector>

#include "lib/io/clock.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/poller.h"
#include "lib/io/real/pool.h"
#include "tools/bench/histogram.h"

namespace bench {
namespace {

constexpr std::size_t ball_bytes = 64;
// Timed by the dozen or so: one takes a few microseconds, which is what the clock tells.
constexpr unsigned round_trips_at_once = 10;
constexpr unsigned groups_max = 2'000;
constexpr unsigned groups_of_warm_up = 20;
constexpr base::Duration seconds_max = std::chrono::seconds(1);

std::vector<int> allowed_cores() {
  cpu_set_t set;
  std::vector<int> out;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return out;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) out.push_back(core);
  }
  return out;
}

void stay_on(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  ::pthread_setaffinity_np(::pthread_self(), sizeof(set), &set);
}

// False at the end of the other side.
bool pass(const io::real::Descriptor& socket, std::span<char> ball, bool first) {
  const std::string_view piece(ball.data(), ball.size());
  if (first && !io::real::send_pieces(socket, {&piece, 1})) return false;
  for (std::size_t got = 0; got < ball.size();) {
    const auto more = io::real::receive(socket, ball.subspan(got));
    if (!more || !*more) return false;
    got += **more;
  }
  return first || io::real::send_pieces(socket, {&piece, 1}).has_value();
}

// A thread of its own, so that the caller's stays where it may.
base::Result<double> play(io::Clock& clock, int core, int other_core) {
  auto pair = io::real::loopback_pair();
  if (!pair) return std::unexpected(std::move(pair.error()));
  std::thread other([socket = std::move(pair->other), other_core] {
    stay_on(other_core);
    std::array<char, ball_bytes> ball{};
    while (pass(socket, ball, false)) {
    }
  });
  Histogram times;
  std::thread one([socket = std::move(pair->one), core, &clock, &times] {
    stay_on(core);
    std::array<char, ball_bytes> ball{};
    const base::Instant end = clock.now() + seconds_max;
    for (unsigned group = 0; group < groups_max; ++group) {
      const base::Instant begin = clock.now();
      bool good = begin < end;
      for (unsigned i = 0; i < round_trips_at_once && good; ++i) good = pass(socket, ball, true);
      if (!good) break;
      if (group >= groups_of_warm_up) times.add(clock.now() - begin);
    }
  });  // its end closes the socket, which ends the other
  one.join();
  other.join();
  return static_cast<double>(times.percentile(0.5).count()) / round_trips_at_once;
}

}  // namespace

base::Result<PingPongReport> measure_pingpong() {
  const std::vector<int> cores = allowed_cores();
  if (cores.empty()) return base::fail(base::ErrorKind::unsupported, "no core to run on is known");
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  io::Clock& clock = loop.doors().clock;
  auto one_core = play(clock, cores.front(), cores.front());
  if (!one_core) return std::unexpected(std::move(one_core.error()));
  PingPongReport report{.one_core_us = *one_core, .two_cores_us = std::nullopt};
  if (cores.size() < 2) return report;
  auto two_cores = play(clock, cores[0], cores[1]);
  if (!two_cores) return std::unexpected(std::move(two_cores.error()));
  report.two_cores_us = *two_cores;
  return report;
}

}  // namespace bench
