// See handshakes.h.
#include "tools/bench/handshakes.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "tools/bench/loops.h"
#include "tools/bench/plan.h"

namespace bench {
namespace {

struct Shared {
  const HandshakeOptions& options;
  Plan plan;
};

// The whole of one connection; the result says that it was a good one.
io::Task<base::Result<>> one_connection(io::Ref<Conversation> talk) {
  const auto opened = co_await talk->open();
  if (!opened) co_return std::unexpected(opened.error());
  if (!opened->positive()) co_return base::fail(base::ErrorKind::denied, opened->text());
  co_await talk->quit();
  co_return base::Result<>();
}

io::Task<void> session(Shared* shared, Loops::Seat* seat, HandshakeReport* report) {
  io::Clock& clock = seat->doors.clock;
  unsigned failures = 0;
  while (failures < HandshakeOptions::failures_in_a_row_max) {
    const auto turn = shared->plan.take(clock.now());
    if (!turn) co_return;
    Conversation talk(shared->options.client, seat->doors, turn->number);
    const auto done =
        co_await io::with_timeout(clock, shared->options.timeout, one_connection(talk));
    report->took = clock.now() - shared->plan.begun();
    if (!done) {
      ++failures;
      ++report->errors;
      if (report->first_error.empty()) {
        report->first_error = fmt::format("{}: {}", talk.said_at(), done.error().text());
      }
      continue;
    }
    failures = 0;
    ++report->count;
    report->handshake.add(talk.handshake_time());
    if (report->tls.empty()) report->tls = talk.tls_text();
  }
}

io::Task<void> run_lane(Shared* shared, io::Ref<Loops::Seat> seat, HandshakeReport* report) {
  io::TaskGroup sessions(co_await io::current_scope());
  const HandshakeOptions& options = shared->options;
  for (unsigned i = seat->index; i < options.sessions; i += options.threads) {
    sessions.spawn(session(shared, &*seat, report));
  }
  co_await sessions.join();
}

}  // namespace

void HandshakeReport::merge(const HandshakeReport& other) {
  count += other.count;
  errors += other.errors;
  if (first_error.empty()) first_error = other.first_error;
  took = std::max(took, other.took);
  handshake.merge(other.handshake);
  if (tls.empty()) tls = other.tls;
}

HandshakeReport run_handshakes(const HandshakeOptions& options) {
  Loops loops(options.threads);
  Shared shared{.options = options, .plan = Plan({.messages_max = options.count})};
  std::vector<HandshakeReport> reports(options.threads);
  shared.plan.begin(loops.main_doors().clock.now());
  loops.run(
      [&shared, &reports](io::Ref<Loops::Seat> seat) {
        return run_lane(&shared, seat, &reports[seat->index]);
      },
      [&shared] { shared.plan.stop(); });
  HandshakeReport all;
  for (const HandshakeReport& one : reports) all.merge(one);
  if (options.client.tls_sessions) all.resumed = options.client.tls_sessions->resumed();
  return all;
}

}  // namespace bench
