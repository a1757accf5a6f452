// See clients.h.
#include "tests/sim/clients.h"

#include <fmt/format.h>

#include <array>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"

namespace sim {
namespace {

constexpr unsigned honest_max = 3;
constexpr unsigned messages_max = 12;
constexpr unsigned tries = 3;  // of those who mean ill
constexpr base::Duration patience = std::chrono::minutes(30);
constexpr std::uint64_t pause_ms_max = 90'000;
constexpr std::size_t noise_bytes = 100'000;

// What some servers take for the end of a message, and ours must not (RFC 5321 §4.1.1.4).
constexpr std::array<std::string_view, 5> false_ends = {"\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r\n",
                                                        "\r\n.\r"};

}  // namespace

Clients::Clients(io::sim::World& world, Home& home, Ledger& ledger, const Weather& weather)
    : world_(world),
      home_(home),
      ledger_(ledger),
      weather_(weather),
      ours_(world, {"198.51.100.9"}),
      foreign_(world, {"198.18.0.9"}) {}

void Clients::start() {
  io::sim::SeededRandom& random = world_.random();
  const std::uint64_t people = 1 + random.below(honest_max);
  for (std::uint64_t i = 0; i < people; ++i) {
    tasks_.spawn(
        visit(&ours_, 25, &Clients::honest, static_cast<unsigned>(1 + random.below(messages_max))));
  }
  tasks_.spawn(visit(&foreign_, 25, &Clients::stranger, tries));
  tasks_.spawn(visit(&foreign_, 587, &Clients::submitter, tries));
  tasks_.spawn(visit(&ours_, 25, &Clients::smuggler, tries));
  if (random.below(4) == 0) tasks_.spawn(visit(&foreign_, 25, &Clients::noise, 1));
}

io::Task<void> Clients::visit(io::sim::Host* from, std::uint16_t port, Conversation conversation,
                              unsigned messages) {
  const io::Endpoint server{home_.config.session.listeners.front().at.address, port};
  while (messages > 0) {
    io::Clock& clock = from->doors().clock;
    auto stream = co_await from->doors().network.connect(server, std::nullopt);
    if (stream) {
      io::sim::Peer peer(std::move(*stream));
      auto talk = io::with_timeout(clock, patience, (this->*conversation)(&peer, &messages));
      (void)co_await std::move(talk);
    }
    const auto pause = std::chrono::milliseconds(world_.random().below(pause_ms_max));
    if (!co_await io::sleep_for(clock, pause)) co_return;
  }
}

io::Task<bool> Clients::say(io::sim::Peer* peer, std::string line, std::string expected) {
  if (!line.empty() && !co_await peer->send(line + "\r\n")) co_return false;
  const std::string reply = co_await peer->read_reply();
  co_return reply.starts_with(expected);
}

// --- people --------------------------------------------------------------------------------------

Sent Clients::invent() {
  io::sim::SeededRandom& random = world_.random();
  Sent sent;
  sent.begun = world_.now();
  sent.null_sender = random.below(5) == 0;
  const std::array<std::string, 5> all = {"you@home.test", "a@near.test", "b@far.test",
                                          "you@away.test", "c@third.test"};
  for (const std::string& recipient : all) {
    if (random.below(5) < 2) sent.recipients.push_back(recipient);
  }
  if (random.below(40) == 0) sent.recipients.emplace_back("d@loop.test");
  if (sent.recipients.empty()) sent.recipients.push_back(all[random.below(all.size())]);
  const std::array<std::string, 4> words = {"", "", "NEVER", "SUCCESS,FAILURE,DELAY"};
  sent.notify = words[random.below(words.size())];
  return sent;
}

io::Task<base::Result<>> Clients::honest(io::sim::Peer* peer, unsigned* messages) {
  bool goes_on = co_await say(peer, "", "220") && co_await say(peer, "EHLO client.test", "250");
  while (goes_on && *messages > 0) {
    --*messages;
    goes_on = co_await send_one(peer) && world_.random().below(3) > 0;  // else the rest later
  }
  co_return base::Result<>{};
}

// One message as a client of moderate patience sends it; it may break off anywhere.
io::Task<bool> Clients::send_one(io::sim::Peer* peer) {
  const std::string token = ledger_.begin(invent());
  const Sent sent = ledger_.sent(token);
  const std::string sender = sent.null_sender ? "" : "back@home.test";
  std::string notify = sent.notify;
  if (!notify.empty()) notify.insert(0, " NOTIFY=");
  const std::uint64_t breaks_off_at = world_.random().below(60);
  if (!co_await say(peer, "MAIL FROM:<" + sender + ">", "250")) co_return false;
  if (breaks_off_at == 0) co_return false;
  for (const std::string& recipient : sent.recipients) {
    const std::string line = "RCPT TO:<" + recipient + ">" + notify;
    if (!co_await say(peer, line, "250")) co_return false;
  }
  if (!co_await say(peer, "DATA", "354")) co_return false;
  std::string text = "From: back@home.test\r\nSubject: " + token + "\r\n\r\n";
  const std::uint64_t lines = world_.random().below(400);
  for (std::uint64_t i = 0; i < lines; ++i) text += "..a line of an ordinary letter, stuffed\r\n";
  text += last_line_of(token) + "\r\n";
  if (breaks_off_at == 1) text.resize(text.size() / 2);
  if (!co_await peer->send(text) || breaks_off_at == 1) co_return false;
  if (!co_await say(peer, ".", "250")) co_return false;
  answered(token);
  co_return true;
}

// 250 has been read: at this moment, not a little later, the message is on the disk.
void Clients::answered(const std::string& token) {
  ledger_.accepted(token);
  if (weather_.stormed() || ledger_.licence.rot > 0 || ledger_.heard_of(token)) return;
  const auto has_it = [&token](const std::string& text) { return text.contains(token); };
  if (std::ranges::any_of(home_.maildir("you"), has_it)) return;
  if (!home_.is_durable(token)) {
    ledger_.violation("invariant 1: " + token + " was answered 250 and is not on the disk");
  }
}

// --- those who mean ill --------------------------------------------------------------------------

// Invariant 5. A server in trouble says something else, or nothing: only a yes is wrong.
io::Task<base::Result<>> Clients::stranger(io::sim::Peer* peer, unsigned* messages) {
  --*messages;
  if (co_await say(peer, "", "220") && co_await say(peer, "EHLO stranger.test", "250") &&
      co_await say(peer, "MAIL FROM:<x@near.test>", "250")) {
    const std::string reply = co_await peer->command("RCPT TO:<victim@near.test>");
    if (reply.starts_with('2')) {
      ledger_.violation("invariant 5: a stranger may relay: " + reply);
    }
  }
  co_return base::Result<>{};
}

io::Task<base::Result<>> Clients::submitter(io::sim::Peer* peer, unsigned* messages) {
  --*messages;
  if (co_await say(peer, "", "220") && co_await say(peer, "EHLO stranger.test", "250")) {
    const std::string reply = co_await peer->command("MAIL FROM:<you@home.test>");
    if (reply.starts_with('2')) {
      ledger_.violation("invariant 5: who did not log in may submit: " + reply);
    }
  }
  co_return base::Result<>{};
}

// Invariant 6: none of these ends the message, and the message is not taken.
io::Task<base::Result<>> Clients::smuggler(io::sim::Peer* peer, unsigned* messages) {
  --*messages;
  if (!co_await say(peer, "", "220") || !co_await say(peer, "EHLO client.test", "250") ||
      !co_await say(peer, "MAIL FROM:<>", "250") ||
      !co_await say(peer, "RCPT TO:<you@home.test>", "250") || !co_await say(peer, "DATA", "354")) {
    co_return base::Result<>{};
  }
  std::string text = "Subject: smuggled\r\n\r\nbefore";
  text += false_ends[world_.random().below(false_ends.size())];
  text += "MAIL FROM:<back@home.test>\r\nRCPT TO:<you@home.test>\r\nDATA\r\nSubject: inside\r\n";
  const std::string reply = co_await peer->command(text + "\r\nafter\r\n.");
  if (reply.starts_with('2')) ledger_.violation("invariant 6: a bare CR or LF is taken: " + reply);
  co_return base::Result<>{};
}

io::Task<base::Result<>> Clients::noise(io::sim::Peer* peer, unsigned* messages) {
  *messages = 0;
  (void)co_await say(peer, "", "220");
  std::string octets(noise_bytes, '\0');
  world_.random().fill(octets);
  if (world_.random().below(2) == 0) std::ranges::fill(octets, 'x');  // a line without end
  (void)co_await peer->send(octets);
  (void)co_await peer->read_all();
  co_return base::Result<>{};
}

}  // namespace sim
