// tests/fuzz/kit/server_world.h: a whole server with one client that the fuzzer plays.
//
// What:    session, policy, queue, journal and delivery on the simulated doors, and after each
//          conversation a look at what HOUSE's invariants promise.
// In/Out:  octets of a client → a CHECK that fails, or nothing.
// Errors:  none: a server that does not start is a CHECK.
// Limits:  settings small enough that an input can reach them. The world is made anew after
//          conversations_max, so that no input depends on too many before it.
// Not here: the octets' meaning (conversation.h), the server (tests/sim/home.h).
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "tests/sim/home.h"

namespace fuzz {

class ServerWorld {
 public:
  static constexpr unsigned conversations_max = 200;
  // Adds what this target wants to the settings.
  using Prepare = std::function<void(sim::Home& home)>;

  explicit ServerWorld(const Prepare& prepare);
  ~ServerWorld();
  ServerWorld(const ServerWorld&) = delete;
  ServerWorld& operator=(const ServerWorld&) = delete;

  // One client's connections to that port, one after the other.
  void converse(std::uint16_t port, std::string_view input);

 private:
  void check_replies(std::string_view heard) const;
  void check_promised(std::string_view heard);
  void check_accepted(bool binary);
  [[nodiscard]] std::vector<std::string> mail_files();
  [[nodiscard]] bool is_kept(const std::string& id);
  void forget_messages();

  io::sim::World world_{1};
  io::sim::Host client_{world_, {"198.51.100.9"}};
  sim::Home home_;
  std::set<std::string> in_maildirs_;  // whole files
};

// The world of a target, made anew when it is old.
void converse(const ServerWorld::Prepare& prepare, std::uint16_t port, std::string_view input);

// A listener on the server's address.
session::ListenerSetting& add_listener(sim::Home& home, std::uint16_t port, session::Role role);

}  // namespace fuzz
