// See town.h.
#include "tests/sim/town.h"

#include <fmt/format.h>

#include "lib/base/check.h"
#include "lib/io/clock.h"
#include "lib/io/sim/disk_faults.h"

namespace sim {
namespace {

constexpr std::string_view zone =
    "near.test MX 10 mx.near.test\n"
    "mx.near.test A 203.0.113.1\n"
    "far.test MX 10 mx.far.test\n"
    "far.test MX 20 mx.near.test\n"
    "mx.far.test A 203.0.113.2\n";
constexpr unsigned clients_max = 3;
constexpr unsigned messages_max = 12;
constexpr unsigned troubles_max = 6;
// How long after a receiver's 250 its record may still be on its way to the disk (latency,
// batching).
constexpr base::Duration record_delay_max = std::chrono::seconds(1);

std::string log_of(const EventList& list) {
  std::string out;
  for (const base::Event& event : list.events) {
    out += base::format_time(event.time) + " " + std::string(event.name);
    if (event.message) out += " " + event.message.text();
    for (const auto& [key, value] : event.fields) out += fmt::format(" {}={}", key, value);
    out += "\n";
  }
  return out;
}

}  // namespace

Town::Town(std::uint64_t seed)
    : world_(seed),
      home_(world_, "192.0.2.1", zone),
      near_(world_, "203.0.113.1", ledger_),
      far_(world_, "203.0.113.2", ledger_),
      clients_(world_, {"198.51.100.9"}) {
  home_.config.policy.relay_networks = {*io::IpNetwork::parse("198.51.100.0/24")};
  home_.config.queue.retry_after = {std::chrono::seconds(30), std::chrono::minutes(5)};
  home_.config.queue.expire_after = std::chrono::hours(6);
  home_.config.queue.delay_notice_after = std::chrono::minutes(10);
  near_.offers_dsn = true;
  world_.internet().options().random_segments = true;
}

Town::~Town() = default;

Story Town::tell() {
  near_.start();
  far_.start();
  open_server();
  const auto clients = static_cast<unsigned>(1 + world_.random().below(clients_max));
  for (unsigned i = 0; i < clients; ++i) {
    client_tasks_.spawn(client(static_cast<unsigned>(1 + world_.random().below(messages_max))));
  }
  live_through_trouble();
  settle();
  for (std::string& violation : ledger_.check(evidence())) {
    story_.violations.push_back(std::move(violation));
  }
  if (home_.events().count("queue.watchdog") > 0) {
    story_.violations.push_back("the queue and the journal disagreed (queue.watchdog)");
  }
  story_.accepted = ledger_.accepted_count();
  world_.run(client_tasks_.stop());
  home_.stop();
  near_.stop();
  far_.stop();
  story_.virtual_time = world_.now() - base::Instant();
  story_.hash = world_.trace_hash();
  story_.log = log_of(home_.events());
  return story_;
}

void Town::open_server() {
  const auto started = home_.start();
  CHECK(started.has_value(), "a server starts on a healthy disk");
  for (const std::string& damage : started->damages) {
    story_.violations.push_back("the journal is damaged: " + damage);
  }
}

Sent Town::invent() {
  Sent sent;
  sent.null_sender = world_.random().below(5) == 0;
  const std::array<std::string, 3> all = {"you@home.test", "a@near.test", "b@far.test"};
  for (const std::string& recipient : all) {
    if (world_.random().below(2) == 0) sent.recipients.push_back(recipient);
  }
  const std::array<std::string, 4> words = {"", "", "NEVER", "SUCCESS,FAILURE,DELAY"};
  sent.notify = words[world_.random().below(words.size())];
  if (sent.recipients.empty()) sent.recipients.push_back(all[world_.random().below(all.size())]);
  return sent;
}

io::Task<void> Town::client(unsigned messages) {
  const auto server = *io::Endpoint::parse("192.0.2.1:25");
  while (messages > 0) {
    io::Clock& clock = clients_.doors().clock;
    auto stream = co_await clients_.doors().network.connect(server, std::nullopt);
    if (stream) {
      io::sim::Peer peer(std::move(*stream));
      bool goes_on =
          co_await say(&peer, "", "220") && co_await say(&peer, "EHLO client.test", "250");
      while (goes_on && messages > 0) {
        --messages;
        goes_on = co_await send_one(&peer);
      }
    }
    const auto pause = std::chrono::milliseconds(world_.random().below(20'000));
    if (!co_await io::sleep_for(clock, pause)) co_return;
  }
}

io::Task<bool> Town::say(io::sim::Peer* peer, std::string line, std::string expected) {
  if (!line.empty() && !co_await peer->send(line + "\r\n")) co_return false;
  const std::string reply = co_await peer->read_reply();
  co_return reply.starts_with(expected);
}

// One message as a client of moderate patience sends it; it may break off anywhere.
io::Task<bool> Town::send_one(io::sim::Peer* peer) {
  const std::string token = ledger_.begin(invent());
  const std::vector<std::string> recipients = ledger_.sent(token).recipients;
  const std::string sender = ledger_.sent(token).null_sender ? "" : "back@home.test";
  std::string notify = ledger_.sent(token).notify;
  if (!notify.empty()) notify.insert(0, " NOTIFY=");
  const std::uint64_t breaks_off_at = world_.random().below(60);
  if (!co_await say(peer, "MAIL FROM:<" + sender + ">", "250")) co_return false;
  if (breaks_off_at == 0) co_return false;
  for (const std::string& recipient : recipients) {
    const std::string line = "RCPT TO:<" + recipient + ">" + notify;
    if (!co_await say(peer, line, "250")) co_return false;
  }
  if (!co_await say(peer, "DATA", "354")) co_return false;
  std::string text = "Subject: " + token + "\r\n\r\n";
  const std::uint64_t lines = world_.random().below(400);
  for (std::uint64_t i = 0; i < lines; ++i) text += ".a line of an ordinary letter, stuffed\r\n";
  if (breaks_off_at == 1) text.resize(text.size() / 2);
  if (!co_await peer->send(text) || breaks_off_at == 1) co_return false;
  if (!co_await say(peer, ".", "250")) co_return false;
  ledger_.accepted(token);
  co_return true;
}

void Town::live_through_trouble() {
  const std::uint64_t troubles = world_.random().below(troubles_max);
  for (std::uint64_t i = 0; i < troubles; ++i) {
    world_.run_for(std::chrono::milliseconds(1 + world_.random().below(40'000)));
    if (world_.random().below(3) == 0) {
      disk_trouble();
    } else {
      power_cut();
    }
  }
}

void Town::power_cut() {
  ++story_.crashes;
  ledger_.trouble(world_.now() - record_delay_max, world_.now() + record_delay_max);
  home_.crash();
  world_.run_for(std::chrono::seconds(world_.random().below(120)));
  open_server();
}

// The disk answers with errors for a while. Its streams are closed until a restart replays them, so
// whatever was delivered since then could not be recorded.
void Town::disk_trouble() {
  ++story_.disk_failures;
  const base::Instant from = world_.now();
  io::sim::RandomDiskFaults faults(world_.random().number(), {.write_error = 0.05,
                                                              .write_no_space = 0.1,
                                                              .sync_error = 0.1,
                                                              .read_error = 0,
                                                              .name_error = 0.05});
  home_.host().disk().set_faults(&faults);
  world_.run_for(std::chrono::seconds(1 + world_.random().below(60)));
  home_.host().disk().set_faults(nullptr);
  ledger_.trouble(from - record_delay_max, world_.now() + record_delay_max);
  if (world_.random().below(2) == 0) {
    home_.crash();
  } else {
    home_.stop();
  }
  open_server();
}

// No more trouble: everything that was accepted must come to its end.
void Town::settle() {
  const Manners kind{.defer = 0, .refuse = 0, .hang_up = 0, .stall = 0};
  world_.run_for(std::chrono::hours(1));
  near_.manners = far_.manners = kind;
  (void)world_.run_while_not(
      [this] { return home_.assembly().queue().size() == 0 && client_tasks_.running() == 0; },
      std::chrono::hours(24));
}

Ledger::Evidence Town::evidence() {
  Ledger::Evidence evidence;
  evidence.local_mail = home_.maildir("you");
  evidence.bounces = home_.maildir("back");
  if (const std::size_t left = home_.assembly().queue().size(); left > 0) {
    story_.violations.push_back(fmt::format("{} messages stay in the queue for ever", left));
  }
  return evidence;
}

}  // namespace sim
