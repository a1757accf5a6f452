// See hosts.h.
#include "tools/simulate/wire/hosts.h"

#include <fmt/format.h>

#include <utility>

#include "lib/io/sim/network.h"
#include "lib/io/sim/world.h"
#include "tools/simulate/wire/host_session.h"
#include "tools/simulate/wire/sender_host.h"

namespace simulate::wire {
namespace {

constexpr std::string_view sender_address = "192.0.2.25";
constexpr std::uint16_t smtp_port = 25;
constexpr int backlog = 65'535;  // what a receiver does not want, it says itself

io::IpAddress address_at(std::uint32_t index) {
  const std::uint32_t host = index + 1;
  return io::IpAddress::v4({10, static_cast<std::uint8_t>(host >> 16U),
                            static_cast<std::uint8_t>(host >> 8U),
                            static_cast<std::uint8_t>(host)});
}

// Of an address in 10.0.0.0/8.
std::optional<std::uint32_t> index_of(const io::IpAddress& address) {
  if (address.is_v6()) return std::nullopt;
  std::uint32_t value = 0;
  for (const char octet : address.bytes()) value = value << 8U | static_cast<unsigned char>(octet);
  if (value >> 24U != 10 || (value & 0xffffffU) == 0) return std::nullopt;
  return (value & 0xffffffU) - 1;
}

const Provider& provider_of(const Hosts::Parts& parts, std::uint32_t receiver) {
  return parts.scenario.providers[parts.domains.receivers()[receiver]];
}

std::size_t count_addresses(const Hosts::Parts& parts) {
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < parts.receivers.size(); ++i) {
    count += provider_of(parts, i).addresses;
  }
  return count;
}

}  // namespace

base::Result<std::unique_ptr<Hosts>> Hosts::make(const Parts& parts) {
  const std::size_t count = count_addresses(parts);
  if (count > addresses_max) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("the receivers have {} addresses, and with --bytes there are {}; "
                                  "take fewer domains, receivers or addresses",
                                  count, addresses_max));
  }
  std::vector<std::string> addresses;
  addresses.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) addresses.push_back(address_at(i).text());
  return std::unique_ptr<Hosts>(new Hosts(parts, addresses));
}

Hosts::Hosts(const Parts& parts, const std::vector<std::string>& addresses)
    : parts_(parts),
      machine_(parts.world, addresses),
      sender_machine_(parts.world, {std::string(sender_address)}) {
  for (std::uint32_t receiver = 0; receiver < parts_.receivers.size(); ++receiver) {
    receivers_by_address_.insert(receivers_by_address_.end(),
                                 provider_of(parts_, receiver).addresses, receiver);
  }
  parts_.world.internet().set_faults(this);
}

Hosts::~Hosts() { parts_.world.internet().set_faults(nullptr); }

base::Result<std::unique_ptr<io::Listener>> Hosts::listen(io::sim::Host& machine) {
  return machine.network().listen({.address = {}, .port = smtp_port}, {.backlog = backlog});
}

base::Result<> Hosts::start() {
  auto listener = listen(machine_);
  if (!listener) return std::unexpected(listener.error());
  auto sender_listener = listen(sender_machine_);
  if (!sender_listener) return std::unexpected(sender_listener.error());
  listener_ = std::move(*listener);
  sender_listener_ = std::move(*sender_listener);
  tasks_.spawn(accept(*listener_));
  tasks_.spawn(accept(*sender_listener_));
  return {};
}

void Hosts::stop() {
  parts_.world.run(tasks_.stop());
  listener_.reset();
  sender_listener_.reset();
}

io::Task<void> Hosts::accept(io::Ref<io::Listener> listener) {
  for (;;) {
    auto stream = co_await listener->accept();
    if (!stream) co_return;
    tasks_.spawn(converse(std::move(*stream)));
  }
}

io::Task<void> Hosts::converse(std::unique_ptr<io::Stream> stream) {
  auto manners = manners_at(stream->local().address);
  HostSession session(machine_.doors().clock, std::move(stream), std::move(manners));
  co_await session.run();
}

std::unique_ptr<Manners> Hosts::manners_at(const io::IpAddress& address) const {
  const auto receiver = receiver_at(address);
  if (!receiver) return std::make_unique<SenderHost>(parts_.host.parcels);
  return std::make_unique<ProviderHost>(parts_.receivers[*receiver],
                                        parts_.domains.receivers()[*receiver], parts_.host);
}

std::optional<std::uint32_t> Hosts::receiver_at(const io::IpAddress& address) const {
  const auto index = index_of(address);
  if (!index || *index >= receivers_by_address_.size()) return std::nullopt;
  return receivers_by_address_[*index];
}

std::string Hosts::zone() const {
  std::string out = fmt::format("{} MX 10 mx.{}\nmx.{} A {}\n", sender_domain, sender_domain,
                                sender_domain, sender_address);
  for (const Domain& domain : parts_.domains.domains()) {
    out += fmt::format("{} MX 10 mx{}.{}.example\n", domain.key.substr(domain.key.find(':') + 1),
                       domain.receiver, parts_.domains.labels()[domain.provider]);
  }
  for (std::uint32_t index = 0; index < receivers_by_address_.size(); ++index) {
    const std::uint32_t receiver = receivers_by_address_[index];
    out += fmt::format("mx{}.{}.example A {}\n", receiver,
                       parts_.domains.labels()[parts_.domains.receivers()[receiver]],
                       address_at(index).text());
  }
  return out;
}

void Hosts::count_stale(std::uint32_t provider) {
  const std::uint64_t now = parts_.stale.value();
  ProviderCounts& counts = parts_.host.account.of_provider(provider);
  counts.connections_stale += now - stale_seen_;
  counts.connections_reused += now - stale_seen_;  // those that were alive are told by events
  stale_seen_ = now;
}

// A connection that is opened because a kept one was dead is opened in the same breath.
io::sim::ConnectFault Hosts::on_connect(const io::Endpoint& /*from*/, const io::Endpoint& to) {
  const auto receiver = receiver_at(to.address);
  if (!receiver) return io::sim::ConnectFault::ok;
  const std::uint32_t provider = parts_.domains.receivers()[*receiver];
  count_stale(provider);
  if (!parts_.receivers[*receiver].down(parts_.host.now())) return io::sim::ConnectFault::ok;
  ++parts_.host.account.of_provider(provider).connections_failed;
  return provider_of(parts_, *receiver).down == Down::timeout ? io::sim::ConnectFault::timeout
                                                              : io::sim::ConnectFault::refuse;
}

// Whoever talks to a host that is out of order learns that the connection is no more.
io::sim::WriteFault Hosts::on_write(const io::Endpoint& /*from*/, const io::Endpoint& to,
                                    std::size_t /*bytes*/) {
  const auto receiver = receiver_at(to.address);
  if (!receiver || !parts_.receivers[*receiver].down(parts_.host.now())) return {};
  return {.kind = io::sim::WriteFault::Kind::reset};
}

}  // namespace simulate::wire
