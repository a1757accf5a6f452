// See connection_pool.h.
#include "delivery/connection_pool.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace delivery {

struct ConnectionPool::Idle final : io::Timer {
  Idle(ConnectionPool& owner, std::string its_key, std::unique_ptr<Client> its_client)
      : pool(owner), key(std::move(its_key)), client(std::move(its_client)) {}
  // Ends this object.
  void fire() override { pool.close(pool.remove(self)); }

  ConnectionPool& pool;
  std::string key;
  std::unique_ptr<Client> client;
  std::list<std::unique_ptr<Idle>>::iterator self;
};

std::string pool_key(const Target& target, const Route& route) {
  const auto& source = target.endpoint.address.is_v6() ? route.source_ipv6 : route.source_ipv4;
  return fmt::format(FMT_COMPILE("{}|{}|{}|{}|{}|{}|{}"), target.host, target.endpoint.text(),
                     static_cast<unsigned>(route.tls), route.implicit_tls ? 1 : 0, route.user,
                     source ? source->text() : std::string(), route.require_tls ? 1 : 0);
}

ConnectionPool::ConnectionPool(io::Clock& clock, std::shared_ptr<const Settings> settings)
    : clock_(clock), settings_(std::move(settings)) {}

ConnectionPool::~ConnectionPool() = default;

std::unique_ptr<Client> ConnectionPool::remove(std::list<std::unique_ptr<Idle>>::iterator at) {
  std::unique_ptr<Client> client = std::move((*at)->client);
  idle_.erase(at);
  return client;
}

std::unique_ptr<Client> ConnectionPool::take(const std::string& key) {
  for (auto at = idle_.rbegin(); at != idle_.rend(); ++at) {
    if ((*at)->key == key) return remove((*at)->self);
  }
  return nullptr;
}

bool ConnectionPool::has(const std::string& key) const {
  return std::ranges::any_of(idle_, [&](const auto& idle) { return idle->key == key; });
}

void ConnectionPool::give_back(const std::string& key, std::unique_ptr<Client> client) {
  if (!client || !client->usable()) return;
  std::uint64_t messages_max = settings_->messages_per_connection_max;
  messages_max = std::min(messages_max, client->offers.mail_max.value_or(messages_max));
  // Octets that nobody asked for: a 421, most likely.
  if (stopping_ || client->has_unread() || client->messages >= messages_max ||
      settings_->idle_connections_max == 0 || settings_->idle_connection.count() == 0) {
    close(std::move(client));
    return;
  }
  while (idle_.size() >= settings_->idle_connections_max) close(remove(idle_.begin()));
  idle_.push_back(std::make_unique<Idle>(*this, key, std::move(client)));
  idle_.back()->self = std::prev(idle_.end());
  clock_.arm(*idle_.back(), clock_.now() + settings_->idle_connection);
}

void ConnectionPool::close(std::unique_ptr<Client> client) {
  if (client && client->usable()) closing_.spawn(say_goodbye(std::move(client)));
}

io::Task<void> ConnectionPool::stop() {
  stopping_ = true;
  while (!idle_.empty()) close(remove(idle_.begin()));
  co_await closing_.join();
}

}  // namespace delivery
