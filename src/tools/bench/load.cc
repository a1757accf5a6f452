// See load.h.
#include "tools/bench/load.h"

#include <fmt/format.h>

#include <cstdio>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "tools/bench/loops.h"
#include "tools/bench/transaction.h"

namespace bench {
namespace {

// After a connection that failed; and how many in a row make a session give up.
constexpr base::Duration pause_after_failure = std::chrono::milliseconds(100);
constexpr unsigned failures_in_a_row_max = 10;
constexpr base::Duration quit_timeout = std::chrono::seconds(2);

// What all loops share.
struct Shared {
  explicit Shared(const LoadOptions& given, MessageMaker made)
      : options(given), maker(std::move(made)), plan(given.plan) {}

  const LoadOptions& options;
  const MessageMaker maker;
  Plan plan;
  std::atomic<bool> connected = false;  // somebody, once
  std::atomic<std::uint64_t> done = 0;  // for the progress line
  std::atomic<std::uint64_t> connections = 0;
};

// One loop's sessions and their report.
class Lane {
 public:
  Lane(Shared& shared, Loops::Seat& seat, LoadReport& report)
      : shared_(shared), options_(shared.options), seat_(seat), report_(report) {}

  // Its share of the sessions, until the last has ended.
  io::Task<void> run();

 private:
  struct Session;

  io::Task<void> session();
  io::Task<void> troublemaker();
  io::Task<bool> ready(io::Ref<Session> session, io::Ref<const Plan::Turn> turn);
  io::Task<void> one_message(io::Ref<Session> session, io::Ref<const Plan::Turn> turn);
  io::Task<void> close(io::Ref<Session> session);
  void prepare(Session& session) const;
  [[nodiscard]] std::unique_ptr<Conversation> new_conversation();
  void compose(Session& session, std::uint64_t number) const;
  void note_refusal(std::uint64_t number, const smtp::Reply& reply, std::string_view said_at);
  void note_error(std::uint64_t number, std::string_view at, const base::Error& error);
  void note_opened(const Conversation& talk);
  void note_end();
  [[nodiscard]] base::Instant now() const { return seat_.doors.clock.now(); }

  Shared& shared_;
  const LoadOptions& options_;
  Loops::Seat& seat_;
  LoadReport& report_;
};

struct Lane::Session {
  std::unique_ptr<Conversation> talk;  // none: no connection
  base::Instant connecting;            // when the connection began
  std::uint64_t sent_here = 0;
  unsigned failures_in_a_row = 0;
  MessageMaker::Draft draft;
  Outgoing message;
};

io::Task<void> Lane::run() {
  io::TaskGroup sessions(co_await io::current_scope());
  const unsigned threads = options_.threads;
  const unsigned mine =
      options_.sessions / threads + (seat_.index < options_.sessions % threads ? 1 : 0);
  io::TaskGroup troublemakers(co_await io::current_scope());
  for (unsigned i = 0; i < mine; ++i) {
    if (options_.trouble.chooses(i)) {
      troublemakers.spawn(troublemaker());
    } else {
      sessions.spawn(session());
    }
  }
  co_await sessions.join();
  co_await troublemakers.stop();
}

void Lane::prepare(Session& session) const {
  session.draft = shared_.maker.draft();
  session.message.rcpt.resize(options_.recipients);
  session.message.pipelining = options_.pipelining;
  session.message.bdat = options_.bdat;
}

std::unique_ptr<Conversation> Lane::new_conversation() {
  return std::make_unique<Conversation>(
      options_.client, seat_.doors, shared_.connections.fetch_add(1, std::memory_order_relaxed));
}

// One misbehaving connection after the other, until the others are done.
io::Task<void> Lane::troublemaker() {
  Session session;
  prepare(session);
  do {
    session.talk = new_conversation();
    compose(session, options_.plan.first_number);
    ++report_.trouble;
    co_await make_trouble(options_.trouble.kind, *session.talk, session.message, seat_.doors.clock);
    session.talk.reset();
  } while (co_await io::sleep_for(seat_.doors.clock, pause_after_failure));
}

io::Task<void> Lane::session() {
  Session session;
  prepare(session);
  while (const auto turn = shared_.plan.take(now())) {
    if (turn->due > now() && !co_await pause_until(seat_, turn->due)) break;
    if (session.talk || co_await ready(session, *turn)) co_await one_message(session, *turn);
    if (session.failures_in_a_row >= failures_in_a_row_max) break;
    if (session.failures_in_a_row > 0 &&
        !co_await pause_until(seat_, now() + pause_after_failure)) {
      break;
    }
    const bool full = options_.per_connection > 0 && session.sent_here >= options_.per_connection;
    if (session.talk && full) co_await close(session);
    if (options_.pause.count() > 0 && !co_await pause_until(seat_, now() + options_.pause)) break;
  }
  if (session.talk) co_await close(session);
}

// Connected and greeted; else the message has had its fate.
io::Task<bool> Lane::ready(io::Ref<Session> session, io::Ref<const Plan::Turn> turn) {
  session->connecting = now();
  session->sent_here = 0;
  session->talk = new_conversation();
  const auto opened =
      co_await io::with_timeout(seat_.doors.clock, options_.timeout, session->talk->open());
  if (opened && opened->positive()) {
    session->failures_in_a_row = 0;
    note_opened(*session->talk);
    if (!options_.bdat || session->talk->offered().chunking) co_return true;
    note_error(turn->number, "EHLO",
               {base::ErrorKind::unsupported, "the server does not offer CHUNKING (BDAT)"});
    shared_.plan.stop();
  } else if (opened) {
    note_refusal(turn->number, *opened, session->talk->said_at());
    ++session->failures_in_a_row;
  } else {
    note_error(turn->number, session->talk->said_at(), opened.error());
    ++session->failures_in_a_row;
    // Nobody was ever let in: it will not get better, and the reason should be seen at once.
    if (!shared_.connected.load(std::memory_order_relaxed)) shared_.plan.stop();
  }
  session->talk.reset();
  co_return false;
}

void Lane::compose(Session& session, std::uint64_t number) const {
  Outgoing& message = session.message;
  message.text = shared_.maker.stamp(session.draft, number);
  message.mail = "MAIL FROM:<";
  options_.from.append(number, message.mail);
  message.mail += '>';
  if (session.talk->offered().size) {
    fmt::format_to(std::back_inserter(message.mail), " SIZE={}", options_.message.size);
  }
  message.mail += "\r\n";
  for (std::size_t i = 0; i < message.rcpt.size(); ++i) {
    std::string& line = message.rcpt[i];
    line = "RCPT TO:<";
    options_.rcpt.append(number * message.rcpt.size() + i, line);
    line += ">\r\n";
  }
}

io::Task<void> Lane::one_message(io::Ref<Session> session, io::Ref<const Plan::Turn> turn) {
  const bool first = session->sent_here == 0;
  const bool open_loop = options_.plan.rate > 0;
  compose(*session, turn->number);
  const base::Instant begin = open_loop ? turn->due : now();
  const auto outcome = co_await io::with_timeout(seat_.doors.clock, options_.timeout,
                                                 send_message(*session->talk, session->message));
  ++session->sent_here;
  if (!outcome) {
    note_error(turn->number, "sending", outcome.error());
    session->talk.reset();
    co_return;
  }
  if (outcome->reply.positive()) {
    const base::Instant end = now();
    report_.accept.add(end - begin);
    if (first) report_.connect.add(end - session->connecting);
    ++report_.accepted;
    report_.recipients_refused += outcome->recipients_refused;
    report_.bytes += options_.message.size;
    note_end();
  } else {
    note_refusal(turn->number, outcome->reply, outcome->said_at);
  }
  // RFC 5321 §3.8: after 421 the server closes.
  if (outcome->reply.code == 421) session->talk.reset();
}

io::Task<base::Result<>> say_quit(io::Ref<Conversation> talk) {
  co_await talk->quit();
  co_return base::Result<>();
}

io::Task<void> Lane::close(io::Ref<Session> session) {
  (void)co_await io::with_timeout(seat_.doors.clock, quit_timeout, say_quit(*session->talk));
  session->talk.reset();
}

void Lane::note_opened(const Conversation& talk) {
  if (!shared_.connected.load(std::memory_order_relaxed)) {
    shared_.connected.store(true, std::memory_order_relaxed);
  }
  report_.pipelining = options_.pipelining && talk.offered().pipelining;
  if (options_.client.tls_mode == TlsMode::none) return;
  report_.handshake.add(talk.handshake_time());
  report_.tls = talk.tls_text();
}

void Lane::note_refusal(std::uint64_t number, const smtp::Reply& reply, std::string_view said_at) {
  ++report_.refused[reply.code];
  if (report_.first_error.empty()) {
    report_.first_error =
        fmt::format("message {} was refused at {}: {}", number, said_at, reply.text());
  }
  note_end();
}

void Lane::note_error(std::uint64_t number, std::string_view at, const base::Error& error) {
  ++report_.errors;
  if (report_.first_error.empty()) {
    report_.first_error = fmt::format("message {}: {}: {}", number, at, error.text());
  }
  note_end();
}

void Lane::note_end() {
  ++report_.messages;
  report_.took = now() - shared_.plan.begun();
  shared_.done.fetch_add(1, std::memory_order_relaxed);
}

io::Task<void> run_lane(Shared* shared, io::Ref<Loops::Seat> seat, LoadReport* report) {
  Lane lane(*shared, *seat, *report);
  co_await lane.run();
}

io::Task<void> tell_progress(io::Ref<io::Clock> clock, const Shared* shared) {
  constexpr base::Duration every = std::chrono::seconds(1);
  std::uint64_t before = 0;
  while (co_await io::sleep_for(*clock, every)) {
    const std::uint64_t done = shared->done.load(std::memory_order_relaxed);
    std::fprintf(stderr, "\r%12llu messages, %8llu/s ", static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(done - before));
    before = done;
  }
  std::fputc('\r', stderr);
}

}  // namespace

void LoadReport::merge(const LoadReport& other) {
  messages += other.messages;
  accepted += other.accepted;
  for (const auto& [code, count] : other.refused) refused[code] += count;
  recipients_refused += other.recipients_refused;
  errors += other.errors;
  if (first_error.empty()) first_error = other.first_error;
  bytes += other.bytes;
  took = std::max(took, other.took);
  accept.merge(other.accept);
  connect.merge(other.connect);
  handshake.merge(other.handshake);
  if (tls.empty()) tls = other.tls;
  trouble += other.trouble;
  pipelining = pipelining || other.pipelining;
}

base::Result<LoadReport> run_load(const LoadOptions& options, bool show_progress) {
  Loops loops(options.threads);
  MessageOptions message = options.message;
  message.from = options.from.of(options.plan.first_number);
  message.to = options.rcpt.of(options.plan.first_number);
  message.host = options.client.helo;
  message.date = loops.main_doors().clock.wall();
  auto maker = MessageMaker::make(message);
  if (!maker) return std::unexpected(std::move(maker.error()));
  Shared shared(options, std::move(*maker));
  std::vector<LoadReport> reports(options.threads);
  shared.plan.begin(loops.main_doors().clock.now());
  if (show_progress) loops.beside().spawn(tell_progress(loops.main_doors().clock, &shared));
  loops.run(
      [&shared, &reports](io::Ref<Loops::Seat> seat) {
        return run_lane(&shared, seat, &reports[seat->index]);
      },
      [&shared] { shared.plan.stop(); });
  LoadReport all;
  for (const LoadReport& one : reports) all.merge(one);
  return all;
}

}  // namespace bench
