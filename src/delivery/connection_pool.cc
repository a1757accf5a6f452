// See connection_pool.h.
#include "delivery/connection_pool.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace delivery {

namespace {

// Each text with its length: no user's name can be another's with a piece of his password.
std::string credentials_key(const Route& route) {
  if (route.user.empty()) return {};
  return fmt::format(FMT_COMPILE("{}:{}{}:{}{}:{}{}"), route.user.size(), route.user,
                     route.password.size(), route.password, route.password_file.size(),
                     route.password_file, static_cast<unsigned>(route.plain_auth));
}

}  // namespace

std::string pool_key(const Target& target, const Route& route) {
  const auto& source = target.endpoint.address.is_v6() ? route.source_ipv6 : route.source_ipv4;
  return fmt::format(FMT_COMPILE("{}|{}|{}|{}|{}|{}|{}"), target.host, target.endpoint.text(),
                     static_cast<unsigned>(route.tls), route.implicit_tls ? 1 : 0,
                     source ? source->text() : std::string(),
                     route.require_tls ? (route.is_report ? 2 : 1) : 0, credentials_key(route));
}

bool worth_keeping(const Settings& settings, std::uint64_t messages,
                   std::optional<std::uint64_t> mail_max) {
  const std::uint64_t ours = settings.messages_per_connection_max;
  return messages < std::min(ours, mail_max.value_or(ours)) && settings.idle_connections_max > 0 &&
         settings.idle_connection.count() > 0;
}

IdleLimits idle_limits(const Settings& settings) {
  return {.connections_max = settings.idle_connections_max, .idle_for = settings.idle_connection};
}

ConnectionPool::ConnectionPool(io::Clock& clock, std::shared_ptr<const Settings> settings)
    : settings_(std::move(settings)),
      idle_(clock, [this](std::unique_ptr<Client> client) { close(std::move(client)); }) {}

ConnectionPool::~ConnectionPool() = default;

std::unique_ptr<Client> ConnectionPool::take(const std::string& key) { return idle_.take(key); }

bool ConnectionPool::has(const std::string& key) const { return idle_.has(key); }

void ConnectionPool::give_back(const std::string& key, std::unique_ptr<Client> client) {
  if (!client || !client->usable()) return;
  // Octets that nobody asked for: a 421, most likely.
  if (stopping_ || client->has_unread() ||
      !worth_keeping(*settings_, client->messages, client->offers.mail_max)) {
    close(std::move(client));
    return;
  }
  idle_.keep(key, std::move(client), idle_limits(*settings_));
}

void ConnectionPool::close(std::unique_ptr<Client> client) {
  if (client && client->usable()) closing_.spawn(say_goodbye(std::move(client)));
}

io::Task<void> ConnectionPool::stop() {
  stopping_ = true;
  idle_.close_all();
  co_await closing_.join();
}

}  // namespace delivery
