// See receiver.h.
#include "tests/sim/receiver.h"

#include <array>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"

namespace sim {
namespace {

constexpr std::size_t endless_bytes = 200'000;  // more than a client reads of one line

std::string address_in(std::string_view line) {
  const std::size_t from = line.find('<');
  const std::size_t to = line.find('>');
  return from == std::string_view::npos || to == std::string_view::npos || to < from
             ? std::string()
             : std::string(line.substr(from + 1, to - from - 1));
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
  const std::array<std::pair<unsigned, Mood>, 8> chances = {{{manners.defer, Mood::defer},
                                                             {manners.refuse, Mood::refuse},
                                                             {manners.busy, Mood::busy},
                                                             {manners.hang_up, Mood::hang_up},
                                                             {manners.half_close, Mood::half_close},
                                                             {manners.garbage, Mood::garbage},
                                                             {manners.endless, Mood::endless},
                                                             {manners.stall, Mood::stall}}};
  std::uint64_t dice = world_.random().below(100);
  for (const auto& [percent, one] : chances) {
    if (dice < percent) return one;
    dice -= percent;
  }
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
io::Task<bool> Receiver::answer(Visitor* visitor, Mood mood, std::string good) {
  io::sim::Peer& peer = visitor->peer;
  switch (mood) {
    case Mood::well: co_return co_await peer.send(good + "\r\n");
    case Mood::defer: co_return co_await peer.send("451 4.3.0 not now\r\n");
    case Mood::refuse: co_return co_await peer.send("550 5.7.1 never\r\n");
    case Mood::busy: (void)co_await peer.send("421 4.7.0 too busy\r\n"); co_return false;
    case Mood::hang_up: co_return false;
    case Mood::garbage: co_return co_await peer.send("\x01\xff\xfe no reply\r\n2-5-0\r\n\r\n");
    case Mood::endless:
      (void)co_await peer.send("250 " + std::string(endless_bytes, 'x'));
      co_return false;
    case Mood::half_close: (void)co_await peer.stream().shutdown(); break;
    case Mood::stall: break;
  }
  (void)co_await io::sleep_for(host_.doors().clock, std::chrono::hours(1));
  co_return false;
}

// A 5yz greeting would end messages whose token the receiver never saw: delivery's tests have it.
io::Task<bool> Receiver::greet(Visitor* visitor) {
  const Mood now = mood();
  return answer(visitor, now == Mood::refuse ? Mood::defer : now, "220 there.test ESMTP");
}

io::Task<void> Receiver::converse(std::unique_ptr<io::Stream> stream) {
  const Link link(stream->local(), stream->peer());
  const io::IpAddress from = stream->peer().address;
  Visitor visitor{.peer = io::sim::Peer(std::move(stream)), .link = link, .from = from};
  bool goes_on = co_await greet(&visitor);
  while (goes_on) {
    std::string line = co_await visitor.peer.read_line();
    if (line.starts_with('<') || line.empty()) co_return;  // the end of the stream
    goes_on = co_await obey(&visitor, std::move(line));
  }
}

io::Task<bool> Receiver::obey(Visitor* visitor, std::string line) {
  io::sim::Peer& peer = visitor->peer;
  if (base::istarts_with(line, "EHLO")) {
    std::string offers = "250-there.test\r\n250-PIPELINING\r\n";
    if (offers_dsn) offers += "250-DSN\r\n";
    if (tls != nullptr && !visitor->encrypted) offers += "250-STARTTLS\r\n";
    co_return co_await peer.send(offers + "250 8BITMIME\r\n");
  }
  if (base::istarts_with(line, "STARTTLS")) co_return co_await start_tls(visitor);
  if (base::istarts_with(line, "RCPT")) co_return co_await rcpt(visitor, std::move(line));
  if (base::istarts_with(line, "DATA")) co_return co_await data(visitor);
  if (base::istarts_with(line, "QUIT")) {
    settle(*visitor);
    (void)co_await peer.send("221 bye\r\n");
    co_return false;
  }
  if (base::istarts_with(line, "RSET")) settle(*visitor);
  co_return co_await peer.send("250 2.0.0 ok\r\n");
}

// The transaction came to an orderly end: who was told "not now" knows it.
void Receiver::settle(Visitor& visitor) {
  for (const auto& [recipient, said] : visitor.put_off) {
    ledger_.deferred(token_in(recipient), recipient, visitor.from,
                     {.said = said, .known = world_.now()});
  }
  visitor.put_off.clear();
  visitor.recipients.clear();
}

io::Task<bool> Receiver::start_tls(Visitor* visitor) {
  if (!co_await visitor->peer.send("220 2.0.0 go on\r\n")) co_return false;
  const std::uint64_t dice = world_.random().below(100);
  if (dice < manners.tls_fails) co_return co_await visitor->peer.send("no TLS at all\r\n");
  if (dice < manners.tls_fails + manners.tls_stalls) {
    (void)co_await io::sleep_for(host_.doors().clock, std::chrono::hours(1));
    co_return false;
  }
  auto stream = co_await tls->accept(visitor->peer.take());
  if (!stream) co_return false;
  visitor->peer.put(std::move(*stream));
  visitor->encrypted = true;
  co_return true;
}

io::Task<bool> Receiver::rcpt(Visitor* visitor, std::string line) {
  const std::string recipient = address_in(line);
  const std::string token = token_in(recipient);
  ledger_.asked(token, recipient, visitor->from, world_.now());
  const Mood now = mood();
  if (now == Mood::well) visitor->recipients.push_back(recipient);
  if (now == Mood::defer) visitor->put_off[recipient] = world_.now();
  if (now == Mood::refuse) ledger_.refused(token, recipient);
  return answer(visitor, now, "250 2.1.5 ok");
}

io::Task<bool> Receiver::data(Visitor* visitor) {
  io::sim::Peer& peer = visitor->peer;
  if (visitor->recipients.empty()) {
    const bool said = co_await peer.send("554 5.5.1 no recipients\r\n");
    co_return said;
  }
  if (!co_await peer.send("354 go\r\n")) co_return false;
  std::string message;
  for (;;) {
    const std::string line = co_await peer.read_line();
    if (line == ".") break;
    if (line.starts_with("<")) co_return false;  // cut off: nothing was taken
    message += line + "\n";
  }
  const std::string token = token_in(message);
  if (!message.ends_with(last_line_of(token) + "\n")) {
    ledger_.violation("a receiver got a message that is not whole: " + token);
  }
  const Mood now = mood();
  // A server that does not answer here has mostly taken the message: the worst case for duplicates.
  const bool takes = now != Mood::defer && now != Mood::refuse && now != Mood::busy;
  for (const std::string& recipient : visitor->recipients) {
    if (token_in(recipient) != token) ledger_.violation("mail of another: " + recipient);
    if (takes) {
      ledger_.taken(token, recipient,
                    {.when = world_.now(),
                     .in_doubt = now != Mood::well,
                     .reports = offers_dsn,
                     .link = visitor->link});
    } else if (now == Mood::refuse) {
      ledger_.refused(token, recipient);
    } else {
      visitor->put_off[recipient] = world_.now();
    }
  }
  const bool goes_on = co_await answer(visitor, now, "250 2.0.0 taken");
  if (goes_on && now != Mood::garbage) settle(*visitor);
  co_return goes_on;
}

}  // namespace sim
