// See network.h.
#include "lib/io/sim/network.h"

#include <algorithm>
#include <utility>

#include "lib/io/sim/stream.h"
#include "lib/io/sim/world.h"

namespace io::sim {

namespace {

constexpr std::uint16_t port_ephemeral_first = 32768;  // as Linux
constexpr std::uint16_t port_ephemeral_last = 60999;

std::unexpected<base::Error> fail_for(base::ErrorKind kind, const Endpoint& to,
                                      std::string_view why) {
  return base::fail(kind, "connect " + to.text() + ": " + std::string(why));
}

}  // namespace

ConnectFault RandomFaults::on_connect(const Endpoint& /*from*/, const Endpoint& /*to*/) {
  if (random_.chance(rates_.connect_refused)) return ConnectFault::refuse;
  if (random_.chance(rates_.connect_timeout)) return ConnectFault::timeout;
  return ConnectFault::ok;
}

WriteFault RandomFaults::on_write(const Endpoint& /*from*/, const Endpoint& /*to*/,
                                  std::size_t bytes) {
  const auto somewhere = [this, bytes] {
    return static_cast<std::size_t>(random_.below(bytes + 1));
  };
  if (random_.chance(rates_.write_reset)) return {WriteFault::Kind::reset, somewhere(), {}};
  if (random_.chance(rates_.write_stall)) return {WriteFault::Kind::stall, somewhere(), {}};
  if (random_.chance(rates_.write_half_close)) {
    return {WriteFault::Kind::half_close, somewhere(), {}};
  }
  WriteFault fault;
  if (random_.chance(rates_.write_delay)) {
    const auto most = static_cast<std::uint64_t>(rates_.delay_max.count());
    fault.delay = base::Duration(static_cast<base::Duration::rep>(random_.below(most + 1)));
  }
  return fault;
}

ReadFault RandomFaults::on_read(const Endpoint& /*reader*/, const Endpoint& /*peer*/) {
  return random_.chance(rates_.read_reset) ? ReadFault::reset : ReadFault::pass;
}

HostNetwork::HostNetwork(Internet& internet, Clock& clock, std::vector<IpAddress> addresses)
    : internet_(internet), clock_(clock), addresses_(std::move(addresses)) {
  for (const IpAddress& address : addresses_) {
    Internet::Place& place = internet_.places_[address];
    CHECK(place.network == nullptr, "two simulated hosts have one address");
    place.network = this;
  }
}

HostNetwork::~HostNetwork() {
  CHECK(listeners_.empty() && unix_listeners_.empty(), "a host ended before its listeners");
  for (const IpAddress& address : addresses_) {
    const auto place = internet_.places_.find(address);
    if (place != internet_.places_.end() && place->second.network == this) {
      internet_.places_.erase(place);
    }
  }
}

Task<Network::StreamResult> HostNetwork::connect(Endpoint to, std::optional<IpAddress> source) {
  const auto from = local_for(to, source);
  if (!from) co_return std::unexpected(from.error());
  if (auto reached = co_await reach(*from, to); !reached) {
    co_return std::unexpected(reached.error());
  }
  // No wait between here and establish(): the listener cannot go away.
  HostNetwork* target = find(to.address);
  SimListener* listener = target->find_listener(to);
  if (listener == nullptr) {
    if (auto back = co_await sleep_for(clock_, internet_.options().latency); !back) {
      co_return std::unexpected(back.error());
    }
    co_return fail_for(base::ErrorKind::refused, to, "refused");
  }
  co_return co_await establish(target, listener, *from, to);
}

// Waits until the first packet has reached the other machine, or gives up.
Task<base::Result<>> HostNetwork::reach(Endpoint from, Endpoint to) {
  const InternetOptions options = internet_.options();
  const ConnectFault fault = internet_.faults().on_connect(from, to);
  const bool lost = fault == ConnectFault::timeout || internet_.blackholes_.contains(to.address);
  if (!lost) {
    if (auto way = co_await sleep_for(clock_, options.latency); !way) co_return way;
    if (!alive_) co_return fail_for(base::ErrorKind::unreachable, to, "the network is down");
    if (fault == ConnectFault::refuse) {
      co_return fail_for(base::ErrorKind::refused, to, "refused");
    }
    if (!to.address.is_loopback() && !internet_.places_.contains(to.address)) {
      co_return fail_for(base::ErrorKind::unreachable, to, "no route to host");
    }
    HostNetwork* target = find(to.address);
    SimListener* listener = target != nullptr ? target->find_listener(to) : nullptr;
    const bool answers = target != nullptr && (listener == nullptr || !listener->full());
    if (answers) co_return base::Result<>{};
  }
  if (auto waited = co_await sleep_for(clock_, options.connect_timeout); !waited) co_return waited;
  co_return fail_for(base::ErrorKind::timed_out, to, "no answer");
}

Task<Network::StreamResult> HostNetwork::establish(HostNetwork* target, SimListener* listener,
                                                   Endpoint from, Endpoint to) {
  auto connection = std::make_shared<Connection>(internet_, from, to);
  remember(connection, 0);
  target->remember(connection, 1);
  std::unique_ptr<Stream> ours = std::make_unique<SimStream>(connection, 0);
  listener->add(std::make_unique<SimStream>(connection, 1));
  if (auto back = co_await sleep_for(clock_, internet_.options().latency); !back) {
    co_return std::unexpected(back.error());
  }
  co_return ours;
}

Task<Network::StreamResult> HostNetwork::connect_unix(std::string path) {
  if (auto way = co_await sleep_for(clock_, internet_.options().latency); !way) {
    co_return std::unexpected(way.error());
  }
  const auto found = unix_listeners_.find(path);
  if (!alive_ || found == unix_listeners_.end()) {
    co_return base::fail(base::ErrorKind::not_found, "connect " + path + ": no such socket");
  }
  if (found->second->full()) {
    co_return base::fail(base::ErrorKind::busy, "connect " + path + ": too many wait");
  }
  co_return co_await establish(this, found->second, {}, {});
}

base::Result<Endpoint> HostNetwork::local_for(const Endpoint& to,
                                              const std::optional<IpAddress>& source) {
  if (!alive_) return fail_for(base::ErrorKind::unreachable, to, "the network is down");
  const auto is_ours = [this](const IpAddress& address) {
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
  };
  if (source) {
    if (!is_ours(*source) && !source->is_loopback()) {
      return fail_for(base::ErrorKind::unreachable, to, source->text() + " is not our address");
    }
    return Endpoint{*source, next_port()};
  }
  if (to.address.is_loopback() || is_ours(to.address)) return Endpoint{to.address, next_port()};
  for (const IpAddress& address : addresses_) {
    if (address.is_v6() == to.address.is_v6()) return Endpoint{address, next_port()};
  }
  return fail_for(base::ErrorKind::unreachable, to, "network is unreachable");
}

HostNetwork* HostNetwork::find(const IpAddress& to) {
  if (to.is_loopback()) return this;
  const auto place = internet_.places_.find(to);
  return place == internet_.places_.end() ? nullptr : place->second.network;
}

SimListener* HostNetwork::find_listener(const Endpoint& at) {
  std::vector<SimListener*> exact;
  std::vector<SimListener*> any;
  for (SimListener* listener : listeners_) {
    const Endpoint local = listener->local();
    if (local.port != at.port) continue;
    if (local.address == at.address) exact.push_back(listener);
    // "::" takes v4 too, as Linux does without IPV6_V6ONLY.
    const bool takes_family = local.address.is_v6() || !at.address.is_v6();
    if (local.address.is_unspecified() && takes_family) any.push_back(listener);
  }
  const auto& candidates = exact.empty() ? any : exact;
  if (candidates.empty()) return nullptr;
  return candidates[internet_.world().random().below(candidates.size())];
}

std::uint16_t HostNetwork::next_port() {
  last_port_ = last_port_ >= port_ephemeral_last || last_port_ < port_ephemeral_first
                   ? port_ephemeral_first
                   : static_cast<std::uint16_t>(last_port_ + 1);
  return last_port_;
}

bool HostNetwork::port_used(const Endpoint& at, bool share) const {
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const SimListener* listener) {
    const Endpoint local = listener->local();
    const bool overlap = local.address == at.address || local.address.is_unspecified() ||
                         at.address.is_unspecified();
    return local.port == at.port && overlap && !(share && listener->share_port());
  });
}

Network::ListenerResult HostNetwork::listen(Endpoint at, ListenOptions options) {
  const std::string doing = "listen " + at.text();
  if (!alive_) return base::fail(base::ErrorKind::unreachable, doing + ": the network is down");
  const bool ours = at.address.is_unspecified() || at.address.is_loopback() ||
                    std::find(addresses_.begin(), addresses_.end(), at.address) != addresses_.end();
  if (!ours) return base::fail(base::ErrorKind::unreachable, doing + ": not our address");
  if (at.port == 0) {
    do {
      at.port = next_port();
    } while (port_used(at, false));
  }
  if (port_used(at, options.share_port)) {
    return base::fail(base::ErrorKind::busy, doing + ": address in use");
  }
  auto listener = std::make_unique<SimListener>(*this, at, options);
  listeners_.push_back(listener.get());
  return listener;
}

Network::ListenerResult HostNetwork::listen_unix(std::string path, unsigned /*mode*/) {
  if (!alive_) return base::fail(base::ErrorKind::io, "listen " + path + ": the machine is down");
  if (unix_listeners_.contains(path)) {
    return base::fail(base::ErrorKind::busy, "listen " + path + ": somebody listens there");
  }
  auto listener = std::make_unique<SimListener>(*this, Endpoint{}, ListenOptions{});
  unix_listeners_.emplace(std::move(path), listener.get());
  return listener;
}

void HostNetwork::crash() {
  alive_ = false;
  for (const IpAddress& address : addresses_) internet_.places_[address].network = nullptr;
  for (const Side& side : connections_) {
    if (auto connection = side.connection.lock()) connection->power_cut(side.side);
  }
  for (SimListener* listener : listeners_) listener->crash();
  for (const auto& [path, listener] : unix_listeners_) listener->crash();
}

std::size_t HostNetwork::open_connections() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const Side& side) { return !side.connection.expired(); }));
}

void HostNetwork::remember(const std::shared_ptr<Connection>& connection, unsigned side) {
  if (connections_.size() >= connections_clean_at_) {
    std::erase_if(connections_, [](const Side& old) { return old.connection.expired(); });
    connections_clean_at_ = std::max<std::size_t>(64, connections_.size() * 2);
  }
  connections_.push_back({connection, side});
}

void HostNetwork::forget(SimListener& listener) {
  std::erase(listeners_, &listener);
  std::erase_if(unix_listeners_, [&](const auto& entry) { return entry.second == &listener; });
}

SimListener::~SimListener() {
  *alive_ = false;
  network_.forget(*this);
  for (const auto& stream : waiting_) stream->reset();
}

Task<base::Result<std::unique_ptr<Stream>>> SimListener::accept() {
  while (true) {
    if (!network_.alive()) {
      co_return base::fail(base::ErrorKind::io, "accept: the machine lost power");
    }
    if (!waiting_.empty()) {
      std::unique_ptr<Stream> stream = std::move(waiting_.front());
      waiting_.pop_front();
      co_return stream;
    }
    if (auto woken = co_await changed_.wait(); !woken) co_return std::unexpected(woken.error());
  }
}

void SimListener::add(std::unique_ptr<SimStream> stream) {
  waiting_.push_back(std::move(stream));
  // The task that accepts runs by itself, not inside the one that connects.
  network_.internet_.world().post([this, alive = alive_] {
    if (*alive) changed_.notify();
  });
}

void SimListener::crash() {
  network_.internet_.world().post([this, alive = alive_] {
    if (*alive) changed_.notify();
  });
}

}  // namespace io::sim
