// See town.h.
#include "tests/sim/town.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "lib/base/check.h"

namespace sim {
namespace {

// third.test has the second of our servers as its backup; loop.test goes round between the two.
constexpr std::string_view zone =
    "home.test MX 10 mx.home.test\n"
    "mx.home.test A 192.0.2.1\n"
    "away.test MX 10 mx.away.test\n"
    "mx.away.test A 192.0.2.2\n"
    "near.test MX 10 mx.near.test\n"
    "mx.near.test A 203.0.113.1\n"
    "far.test MX 10 mx.far.test\n"
    "far.test MX 20 mx.near.test\n"
    "mx.far.test A 203.0.113.2\n"
    "third.test MX 10 mx.third.test\n"
    "third.test MX 20 mx.away.test\n"
    "mx.third.test A 203.0.113.3\n"
    "loop.test MX 10 mx.away.test\n";
constexpr std::array<std::string_view, 3> hosts = {"203.0.113.1", "203.0.113.2", "203.0.113.3"};
constexpr unsigned troubles_max = 10;
constexpr base::Duration unkind_for = std::chrono::minutes(30);  // after the last trouble
constexpr base::Duration settles_within = std::chrono::hours(24);
constexpr base::Duration moment = std::chrono::seconds(1);
constexpr int certificate_days = 3650;

std::string log_of(const Home& home, EventList& list) {
  std::string out;
  for (const base::Event& event : list.events) {
    out += home.config.session.hostname + " " + base::format_time(event.time) + " " +
           std::string(event.name);
    if (event.message) out += " " + event.message.text();
    for (const auto& [key, value] : event.fields) out += fmt::format(" {}={}", key, value);
    out += "\n";
  }
  return out;
}

void set_up(Home& home) {
  queue::Settings& queue = home.config.queue;
  queue.retry_after = {std::chrono::seconds(30), std::chrono::minutes(5)};
  queue.expire_after = std::chrono::hours(6);
  queue.delay_notice_after = std::chrono::minutes(10);
  queue.disk_reserve_bytes = 64U << 10U;
}

// Little room for everything: bodies go to the disk in pieces, segments fill up and are emptied.
void make_tight(Home& home) {
  queue::Settings& queue = home.config.queue;
  queue.segment_bytes = 64U << 10U;
  queue.body_memory_bytes_max = 8U << 10U;
  queue.draft_memory_bytes_max = 8U << 10U;
  queue.draft_chunk_bytes = 2U << 10U;
  queue.attempts_max = 3;
  home.config.session.connections_max = 3;
}

}  // namespace

Town::Town(std::uint64_t seed)
    : tls_random_(seed),
      world_(seed),
      weather_(world_),
      home_(world_, "192.0.2.1", zone),
      away_(world_, "192.0.2.2", zone, "away.test"),
      clients_(world_, home_, ledger_, weather_),
      troubles_({.world = world_,
                 .ledger = ledger_,
                 .weather = weather_,
                 .home = home_,
                 .away = away_,
                 .zone = std::string(zone),
                 .hosts = {hosts.begin(), hosts.end()}}) {
  for (const std::string_view host : hosts) {
    receivers_.push_back(std::make_unique<Receiver>(world_, std::string(host), ledger_));
  }
  arrange();
}

Town::~Town() { world_.internet().set_faults(nullptr); }

void Town::arrange() {
  world_.internet().set_faults(&weather_);
  world_.internet().options().random_segments = true;
  for (Home* home : {&home_, &away_}) set_up(*home);
  home_.config.policy.relay_networks = {*io::IpNetwork::parse("198.51.100.0/24")};
  home_.config.policy.backups = {{.domain = "loop.test", .recipients = {}}};
  away_.config.policy.backups = {{.domain = "third.test", .recipients = {}},
                                 {.domain = "loop.test", .recipients = {}}};
  delivery::RouteSetting back;
  back.domain = "loop.test";
  back.host = "[192.0.2.1]";
  away_.config.delivery.routes = {back};
  receivers_.front()->offers_dsn = true;
  io::sim::SeededRandom& random = world_.random();
  if (random.below(2) == 0) {
    for (Home* home : {&home_, &away_}) make_tight(*home);
  }
  if (random.below(5) == 0) {
    ledger_.licence.expires = true;
    for (Home* home : {&home_, &away_}) {
      home->config.queue.expire_after = std::chrono::minutes(30);
    }
  }
  if (random.below(3) == 0) arrange_tls();
}

void Town::arrange_tls() {
  world_.internet().options().trace_octets = false;
  const auto identity =
      io::make_self_signed({"mx.near.test", "mx.away.test"}, world_.wall(), certificate_days);
  CHECK(identity.has_value(), "a certificate can be made");
  const auto keys = io::TlsServer::make({*identity});
  CHECK(keys.has_value(), "a fresh certificate is good");
  for (const auto& receiver : receivers_) receiver->tls = *keys;
  for (Home* home : {&home_, &away_}) {
    home->tls_server = *keys;
    home->config.session.listeners.front().tls = session::Tls::starttls;
  }
}

Story Town::tell() {
  const base::Instant begin = world_.now();
  for (const auto& receiver : receivers_) receiver->start();
  troubles_.open(home_);
  troubles_.open(away_);
  clients_.start();
  live_through_trouble();
  settle();
  check_end();
  close();
  story_.troubles = troubles_.counts();
  story_.accepted = ledger_.accepted_count();
  story_.virtual_time = world_.now() - begin;
  story_.hash = world_.trace_hash();
  story_.log = log_of(home_, home_.events()) + log_of(away_, away_.events());
  return story_;
}

void Town::live_through_trouble() {
  const std::uint64_t troubles = world_.random().below(troubles_max);
  for (std::uint64_t i = 0; i < troubles && story_.violations.empty(); ++i) {
    troubles_.happen();
    check_so_far();
  }
}

// No more trouble: everything that was accepted must come to its end.
void Town::settle() {
  if (ledger_.licence.expires) {  // what is left for these hosts has no chance
    for (const auto host : hosts) world_.internet().blackhole(*io::IpAddress::parse(host));
  }
  world_.run_for(unkind_for);
  for (const auto host : hosts) world_.internet().unblackhole(*io::IpAddress::parse(host));
  check_so_far();
  for (const auto& receiver : receivers_) receiver->manners = kind;
  const auto is_done = [this] {
    return home_.assembly().queue().size() == 0 && away_.assembly().queue().size() == 0 &&
           clients_.running() == 0;
  };
  // A report is on disk with the end that it is about, and in the schedule a few steps later.
  do {
    if (!world_.run_while_not(is_done, settles_within)) return;
    world_.run_for(moment);
  } while (!is_done());
}

void Town::check_so_far() {
  if (story_.violations.empty()) story_.violations = ledger_.check_so_far(evidence());
}

// What was answered 451, because nobody knows whether the disk has it, is no message to anybody
// until the watchdog finds it there: it may be delivered then (invariant 2).
bool Town::has_forgotten(const EventList& list) {
  std::set<base::MessageId> in_doubt;
  bool found = false;
  for (const base::Event& event : list.events) {
    if (event.name == "queue.not_stored") in_doubt.insert(event.message);
    if (event.name == "queue.watchdog") found = found || !in_doubt.contains(event.message);
  }
  return found;
}

void Town::check_end() {
  if (!story_.violations.empty()) return;
  story_.violations = ledger_.check_end(evidence());
  for (Home* home : {&home_, &away_}) {
    const std::string& name = home->config.session.hostname;
    if (const std::size_t left = home->assembly().queue().size(); left > ledger_.licence.rot) {
      story_.violations.push_back(
          fmt::format("invariant 8: {} messages stay in the queue of {} for ever", left, name));
    }
    if (has_forgotten(home->events()) && ledger_.licence.rot == 0) {
      story_.violations.push_back("invariant 8: the watchdog of " + name +
                                  " found a message that nothing would have moved on");
    }
  }
}

void Town::close() {
  clients_.stop();
  home_.stop();
  away_.stop();
  for (const auto& receiver : receivers_) receiver->stop();
}

Ledger::Evidence Town::evidence() {
  Ledger::Evidence evidence;
  evidence.add_mailbox("you@home.test", home_.maildir("you"));
  evidence.add_mailbox("you@away.test", away_.maildir("you"));
  evidence.add_reports(home_.maildir("back"));
  evidence.broke = [this](const Link& link, base::Instant when) {
    return weather_.broke(link, when);
  };
  evidence.hop_broke = weather_.broke_between(home_.config.session.listeners.front().at.address,
                                              away_.config.session.listeners.front().at.address);
  return evidence;
}

}  // namespace sim
