// See troubles.h.
#include "tests/sim/troubles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "lib/base/check.h"
#include "lib/io/sim/disk_faults.h"

namespace sim {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr std::uint64_t calm_ms_max = 40'000;  // from one trouble to the next
constexpr std::uint64_t steps_max = 60;        // of the disk, until the power fails
constexpr std::uint64_t nothing = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t segment_header_bytes = 64;
constexpr base::Duration forward_max = 2h;  // in all: nothing may expire by it alone
constexpr base::Duration pool_delay = 1ms;  // of a host as it is
constexpr base::Duration slow_sync = 300ms;
// From a receiver's 250 to the end's record on a slow disk: its sync, the one before it, the pool.
constexpr base::Duration slow_record = 5s;

}  // namespace

const std::vector<Troubles::Kind>& Troubles::kinds() {
  static const std::vector<Kind> all = {
      {14, "power cut", &Troubles::power_cut},
      {26, "power cut at a step of the disk", &Troubles::power_cut_at_a_step},
      {12, "failing disk", &Troubles::disk_errors},
      {7, "full disk", &Troubles::disk_full},
      {7, "slow disk", &Troubles::slow_disk},
      {2, "bit rot", &Troubles::bit_rot},
      {6, "clock jump", &Troubles::clock_jump},
      {14, "reload", &Troubles::reload},
      {10, "stop and start", &Troubles::stop},
      {8, "storm on the network", &Troubles::storm},
      {12, "DNS trouble", &Troubles::dns},
      {6, "host out of reach", &Troubles::unreachable}};
  return all;
}

void Troubles::happen() {
  cast_.world.run_for(std::chrono::milliseconds(1 + below(calm_ms_max)));
  unsigned sum = 0;
  for (const Kind& kind : kinds()) sum += kind.weight;
  std::uint64_t dice = below(sum);
  Home& home = below(4) == 0 ? cast_.away : cast_.home;
  for (const Kind& kind : kinds()) {
    if (dice < kind.weight) {
      ++counts_[kind.name];
      return (this->*kind.happens)(home);
    }
    dice -= kind.weight;
  }
}

void Troubles::open(Home& home) {
  const auto started = home.start();
  CHECK(started.has_value(), "a server starts on a healthy disk");
  if (cast_.ledger.licence.rot > 0) return;
  for (const std::string& damage : started->damages) {
    cast_.ledger.violation("the journal is damaged: " + damage);
  }
}

void Troubles::pass(std::uint64_t seconds_max) {
  cast_.world.run_for(std::chrono::milliseconds(1 + below(seconds_max * 1000)));
}

// --- power and process ---------------------------------------------------------------------------

void Troubles::power_cut(Home& home) {
  const base::Instant from = cast_.world.now();
  home.crash();
  cast_.ledger.trouble(from, cast_.world.now());
  cast_.world.run_for(std::chrono::seconds(below(120)));
  open(home);
}

// What a moment of the clock meets once in a thousand times lies between two steps of the disk.
void Troubles::power_cut_at_a_step(Home& home) {
  io::sim::FailAt fault(below(steps_max),
                        {.error = base::ErrorKind::io, .for_ever = true, .bytes_done = nothing});
  home.host().disk().set_faults(&fault);
  (void)cast_.world.run_while_not([&fault] { return fault.reached(); }, 1min);
  home.host().disk().set_faults(nullptr);
  power_cut(home);
}

void Troubles::stop(Home& home) {
  const base::Instant from = cast_.world.now();
  home.stop();
  cast_.ledger.trouble(from, cast_.world.now());
  cast_.world.run_for(std::chrono::seconds(below(60)));
  open(home);
}

void Troubles::reload(Home& home) {
  home.config.queue.retry_after.back() = std::chrono::minutes(3 + below(5));
  home.config.queue.destination_concurrency_max = static_cast<unsigned>(1 + below(20));
  home.config.queue.recipients_per_attempt_max = static_cast<unsigned>(1 + below(100));
  home.reload();
}

void Troubles::clock_jump(Home& /*home*/) {
  const base::Duration by = std::chrono::seconds(1 + below(3600));
  const bool back = below(2) == 0 || jumped_forward_ + by > forward_max;
  if (!back) jumped_forward_ += by;
  cast_.world.jump_wall(back ? -by : by);
  cast_.ledger.clock_jumped(cast_.world.now());
}

// --- the disk ------------------------------------------------------------------------------------

// It answers with errors for a while. The journal is closed until a restart replays it, so whatever
// was delivered since then could not be recorded.
void Troubles::disk_errors(Home& home) {
  const base::Instant from = cast_.world.now();
  io::sim::RandomDiskFaults faults(cast_.world.random().number(), {.write_error = 0.05,
                                                                   .write_no_space = 0.1,
                                                                   .sync_error = 0.1,
                                                                   .read_error = 0.02,
                                                                   .name_error = 0.05});
  home.host().disk().set_faults(&faults);
  pass(60);
  home.host().disk().set_faults(nullptr);
  const bool crashes = below(2) == 0;
  if (crashes) {
    home.crash();
  } else {
    home.stop();
  }
  cast_.ledger.trouble(from, cast_.world.now());
  open(home);
}

// A disk that was only full needs no restart.
void Troubles::disk_full(Home& home) {
  io::sim::Disk& disk = home.host().disk();
  disk.set_capacity(disk.bytes_used() + below(400'000));
  pass(120);
  disk.set_capacity(nothing);
}

// Its syncs go to the pool then, while the next batch gathers; the power may fail meanwhile.
void Troubles::slow_disk(Home& home) {
  Licence& licence = cast_.ledger.licence;
  licence.record_delay = std::max(licence.record_delay, slow_record);
  io::sim::SlowDisk slow(cast_.world, slow_sync);
  home.host().disk().set_faults(&slow);
  home.host().set_pool_delay_max(slow_sync);
  pass(60);
  if (below(2) == 0) power_cut(home);
  home.host().disk().set_faults(nullptr);
  home.host().set_pool_delay_max(pool_delay);
}

// One bit of a record. (One in the 64 octets before the first record costs a segment.)
void Troubles::bit_rot(Home& home) {
  const auto segments = home.segments();
  if (segments.empty()) return;
  const std::string& path = segments[below(segments.size())];
  const std::size_t used = home.host().disk().content(path).find_last_not_of('\0');
  if (used == std::string::npos || used <= segment_header_bytes) return;
  ++cast_.ledger.licence.rot;
  home.host().disk().flip_bit(path, segment_header_bytes + below(used - segment_header_bytes),
                              static_cast<unsigned>(below(8)));
  if (below(2) == 0) power_cut(home);
}

// --- the network ---------------------------------------------------------------------------------

void Troubles::storm(Home& /*home*/) {
  Licence& licence = cast_.ledger.licence;
  licence.record_delay = std::max(licence.record_delay, Weather::delay_max + slow_record);
  cast_.weather.storm();
  pass(180);
  cast_.weather.calm();
}

void Troubles::dns(Home& home) {
  constexpr std::array<std::string_view, 9> names = {"near.test",    "mx.near.test",  "far.test",
                                                     "mx.far.test",  "away.test",     "third.test",
                                                     "mx.away.test", "mx.third.test", "home.test"};
  constexpr std::array<std::string_view, 4> words = {"FAIL", "BOGUS", "TIMEOUT", "SLOW"};
  dns::ZoneResolver& resolver = home.resolver();
  if (below(4) == 0) {  // the domain has moved
    resolver.remove("near.test");
    CHECK(resolver.add("near.test MX 5 mx.far.test").has_value(), "a zone of one line");
  } else {
    const std::string_view word = words[below(words.size())];
    const std::uint64_t only = below(2 * names.size());  // beyond the names: all of them
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (only < names.size() && i != only) continue;
      CHECK(resolver.add(fmt::format("{} {}", names[i], word)).has_value(), "a zone of one line");
    }
  }
  pass(600);
  resolver.remove("");
  CHECK(resolver.add(cast_.zone).has_value(), "the zone is as it was");
}

void Troubles::unreachable(Home& /*home*/) {
  const auto address = io::IpAddress::parse(cast_.hosts[below(cast_.hosts.size())]);
  cast_.world.internet().blackhole(*address);
  pass(600);
  cast_.world.internet().unblackhole(*address);
}

}  // namespace sim
