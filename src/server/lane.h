// server/lane.h: one loop of the process with all that hangs on it, and its thread.
//
// What:    an event loop, its resolver, its Assembly; lane 0 runs on the main thread.
// In/Out:  assemble(), then run tasks on it with on_lane().
// Errors:  none of its own.
// Limits:  loops_max lanes.
// Not here: the parts of the loop (assemble.h), their order at start and stop (serve.cc).
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "lib/dns/unbound_resolver.h"
#include "lib/io/on_loop.h"
#include "lib/io/real/event_loop.h"
#include "server/assemble.h"
#include "server/shared_parts.h"

namespace server {

struct Lane {
  explicit Lane(io::real::ThreadPool& pool, io::real::HandedSockets* handed = nullptr)
      : loop(pool, handed) {}

  void assemble(const config::Config& config, SharedParts& shared, Slot slot) {
    resolver = dns::make_resolver(shared.dns, loop, loop.doors().clock, shared.dns_settings);
    assembly = std::make_unique<Assembly>(Doors{.io = loop.doors(), .resolver = *resolver}, config,
                                          shared.shared(), slot);
  }

  io::real::EventLoop loop;
  io::TaskGroup life;  // its start and its stop
  std::unique_ptr<dns::Resolver> resolver;
  std::unique_ptr<Assembly> assembly;
  std::thread thread;  // not joinable: the main thread runs it
};

// Runs make() on the lane's loop; awaited on `here`.
template <class T>
io::Task<T> on_lane(io::Ref<Lane> lane, io::Ref<io::Loop> here, std::function<io::Task<T>()> make) {
  return io::on_loop<T>(lane->loop, lane->life, here, std::move(make));
}

}  // namespace server
