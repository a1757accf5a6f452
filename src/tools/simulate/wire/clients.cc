// See clients.h.
#include "tools/simulate/wire/clients.h"

#include <fmt/format.h>

#include <utility>

#include "lib/io/clock.h"
#include "lib/io/sim/world.h"

namespace simulate::wire {

Clients::Clients(const Parts& parts, bench::MessageMaker maker)
    : parts_(parts), maker_(std::move(maker)), machine_(parts.world, {std::string(address)}) {
  options_.to = parts_.server;
  options_.helo = "client.example";
}

void Clients::start() {
  tasks_.spawn(hand_out());
  for (unsigned i = 0; i < clients_max; ++i) tasks_.spawn(client());
}

// One task numbers them all, so that number, time and domain are those of the other mode.
io::Task<void> Clients::hand_out() {
  while (const auto coming = parts_.traffic.next()) {
    const base::Instant when = parts_.begin + coming->when;
    if (!co_await io::sleep_until(machine_.doors().clock, when)) co_return;
    waiting_.push_back(parts_.account.open(coming->when, coming->domain));
    changed_.notify();
  }
  all_came_ = true;
  parts_.account.last_has_come();
}

io::Task<void> Clients::client() {
  Client client;
  client.draft = maker_.draft();
  for (;;) {
    if (waiting_.empty()) {
      if (!co_await changed_.wait()) co_return;
      continue;
    }
    const std::uint64_t number = waiting_.front();
    waiting_.pop_front();
    ++bringing_;
    const bool brought = co_await bring(client, number);
    --bringing_;
    if (!brought) co_return;
  }
}

// False: we are told to stop.
io::Task<bool> Clients::bring(io::Ref<Client> client, std::uint64_t number) {
  compose(*client, number);
  io::Clock& clock = machine_.doors().clock;
  while (!co_await try_once(client)) {
    ++parts_.parcels.figures().put_off_at_the_door;
    client->talk.reset();
    if (!co_await io::sleep_for(clock, pause_after_refusal)) co_return false;
  }
  client->spoke = clock.now();
  parts_.parcels.accepted(number, parts_.parcels.figures().message_bytes);
  co_return true;
}

io::Task<bool> Clients::try_once(io::Ref<Client> client) {
  const io::Doors doors = machine_.doors();
  if (client->talk && doors.clock.now() - client->spoke > silence_max) client->talk.reset();
  if (!client->talk) {
    client->talk = std::make_unique<bench::Conversation>(options_, doors, 0);
    const auto opened = co_await client->talk->open();
    if (!opened || !opened->positive()) co_return false;
  }
  const auto sent = co_await bench::send_message(*client->talk, client->outgoing);
  co_return sent && sent->reply.positive();
}

void Clients::compose(Client& client, std::uint64_t number) const {
  const std::string_view key = parts_.account.domain(number).key;
  client.outgoing.mail = fmt::format("MAIL FROM:<{}>\r\n", sender_of(number));
  client.outgoing.rcpt = {
      fmt::format("RCPT TO:<{}>\r\n", recipient_of(number, key.substr(key.find(':') + 1)))};
  client.outgoing.text = maker_.stamp(client.draft, number);
}

}  // namespace simulate::wire
