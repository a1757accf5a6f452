// delivery/connection_pool.h: connections that wait for the next message to the same server.
//
// What:    keeps a usable Client for idle_connection after its message; then says QUIT.
// In/Out:  take(key) → a Client or nullptr; give_back(key, client). pool_key() makes the key.
// Errors:  none. That an idle connection has died is found out when it is used (attempt.cc tries
//          anew).
// Limits:  idle_connections_max (the oldest goes), messages_per_connection_max, idle_connection.
// Not here: opening (connect.h), the waiting itself (idle_connections.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "delivery/client.h"
#include "delivery/idle_connections.h"
#include "delivery/route.h"
#include "delivery/settings.h"
#include "lib/io/clock.h"
#include "lib/io/task_group.h"

namespace delivery {

// Equal for connections that may stand in for each other: same place, same TLS demand, same log-in
// by the same password.
[[nodiscard]] std::string pool_key(const Target& target, const Route& route);

// Is a connection that has carried so many messages kept for another one? `mail_max` is the
// server's own limit (RFC 9422).
[[nodiscard]] bool worth_keeping(const Settings& settings, std::uint64_t messages,
                                 std::optional<std::uint64_t> mail_max);
[[nodiscard]] IdleLimits idle_limits(const Settings& settings);

class ConnectionPool {
 public:
  ConnectionPool(io::Clock& clock, std::shared_ptr<const Settings> settings);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  // The one used last, which is the likeliest to live.
  [[nodiscard]] std::unique_ptr<Client> take(const std::string& key);
  [[nodiscard]] bool has(const std::string& key) const;
  // Keeps it, or closes it when it is of no more use.
  void give_back(const std::string& key, std::unique_ptr<Client> client);
  // QUIT without waiting for the end of it.
  void close(std::unique_ptr<Client> client);
  // Says QUIT to all and waits.
  io::Task<void> stop();

  void set_settings(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }

 private:
  std::shared_ptr<const Settings> settings_;
  IdleConnections<std::string, Client> idle_;
  bool stopping_ = false;
  io::TaskGroup closing_;
};

}  // namespace delivery
