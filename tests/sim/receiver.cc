// See receiver.h.
#include "tests/sim/receiver.h"

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"

namespace sim {
namespace {

std::string address_in(std::string_view line) {
  const std::size_t from = line.find('<');
  const std::size_t to = line.find('>');
  return from == std::string_view::npos || to == std::string_view::npos || to < from
             ? std::string()
             : std::string(line.substr(from + 1, to - from - 1));
}

std::string token_in(std::string_view message) {
  const std::size_t from = message.find("token-");
  return from == std::string_view::npos ? std::string() : std::string(message.substr(from, 15));
}

}  // namespace

Receiver::Receiver(io::sim::World& world, const std::string& address, Ledger& ledger)
    : world_(world), ledger_(ledger), host_(world, {address}) {}

void Receiver::start() {
  auto listener =
      host_.network().listen({.address = host_.network().own_addresses().front(), .port = 25}, {});
  CHECK(listener.has_value(), "a fresh host has its port 25 free");
  listener_ = std::move(*listener);
  tasks_.spawn(accept());
}

void Receiver::stop() {
  world_.run(tasks_.stop());
  listener_.reset();
}

Receiver::Mood Receiver::mood() {
  std::uint64_t dice = world_.random().below(100);
  const auto hit = [&dice](unsigned percent) {
    if (dice < percent) return true;
    dice -= percent;
    return false;
  };
  if (hit(manners.defer)) return Mood::defer;
  if (hit(manners.refuse)) return Mood::refuse;
  if (hit(manners.hang_up)) return Mood::hang_up;
  if (hit(manners.stall)) return Mood::stall;
  return Mood::well;
}

io::Task<void> Receiver::accept() {
  for (;;) {
    auto stream = co_await listener_->accept();
    if (!stream) co_return;
    tasks_.spawn(converse(std::move(*stream)));
  }
}

// False: the conversation is over.
io::Task<bool> Receiver::answer(io::sim::Peer* peer, Mood mood, std::string good) {
  if (mood == Mood::hang_up) co_return false;
  if (mood == Mood::stall) {
    (void)co_await io::sleep_for(host_.doors().clock, std::chrono::hours(1));
    co_return false;
  }
  if (mood == Mood::defer) good = "451 4.3.0 not now";
  if (mood == Mood::refuse) good = "550 5.7.1 never";
  co_return co_await peer->send(good + "\r\n");
}

io::Task<void> Receiver::converse(std::unique_ptr<io::Stream> stream) {
  io::sim::Peer peer(std::move(stream));
  std::vector<std::string> recipients;
  // A 5yz greeting would end messages whose token the receiver never saw: delivery's tests have it.
  const Mood greeting = mood();
  if (!co_await answer(&peer, greeting == Mood::refuse ? Mood::defer : greeting,
                       "220 there.test ESMTP")) {
    co_return;
  }
  for (;;) {
    const std::string line = co_await peer.read_line();
    bool goes_on = true;
    if (base::istarts_with(line, "EHLO")) {
      std::string offers = "250-there.test\r\n250-PIPELINING\r\n";
      if (offers_dsn) offers += "250-DSN\r\n";
      goes_on = co_await peer.send(offers + "250 8BITMIME\r\n");
    } else if (base::istarts_with(line, "RCPT")) {
      const Mood now = mood();
      if (now == Mood::well) recipients.push_back(address_in(line));
      if (now == Mood::refuse) ledger_.refused(token_in(line), address_in(line));
      goes_on = co_await answer(&peer, now, "250 2.1.5 ok");
    } else if (base::istarts_with(line, "DATA")) {
      if (recipients.empty()) {
        goes_on = co_await peer.send("554 5.5.1 no recipients\r\n");
        continue;
      }
      goes_on = co_await peer.send("354 go\r\n") &&
                co_await take_message(&peer, std::exchange(recipients, {}));
    } else if (base::istarts_with(line, "QUIT")) {
      (void)co_await peer.send("221 bye\r\n");
      co_return;
    } else if (line.starts_with('<') || line.empty()) {
      co_return;  // the end of the stream
    } else {
      if (base::istarts_with(line, "RSET")) recipients.clear();
      goes_on = co_await peer.send("250 2.0.0 ok\r\n");
    }
    if (!goes_on) co_return;
  }
}

io::Task<bool> Receiver::take_message(io::sim::Peer* peer, std::vector<std::string> recipients) {
  std::string message;
  for (;;) {
    const std::string line = co_await peer->read_line();
    if (line == ".") break;
    if (line.starts_with("<")) co_return false;  // cut off: nothing was taken
    message += line + "\n";
  }
  const std::string token = token_in(message);
  const Mood now = mood();
  // A server that hangs up here has mostly taken the message: the worst case for duplicates.
  const bool takes = now == Mood::well || now == Mood::hang_up || now == Mood::stall;
  for (const std::string& recipient : recipients) {
    if (takes) {
      ledger_.taken(token, recipient,
                    {.when = world_.now(), .in_doubt = now != Mood::well, .reports = offers_dsn});
    } else if (now == Mood::refuse) {
      ledger_.refused(token, recipient);
    }
  }
  co_return co_await answer(peer, now, "250 2.0.0 taken");
}

}  // namespace sim
