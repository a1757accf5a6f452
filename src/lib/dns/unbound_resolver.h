// lib/dns/unbound_resolver.h: the real resolver of one loop.
//
// What:    asks the shared UnboundEngine and brings the answer back to the loop that asked.
// In/Out:  make_resolver puts the cache (caching_resolver.h) in front: the Resolver that a server
//          uses.
// Errors:  trouble, with words; a stopped task gets trouble at once, the late answer is dropped.
// Limits:  those of the engine and the cache.
// Not here: libunbound itself (unbound_engine.h).
#pragma once

#include <memory>
#include <string>

#include "lib/dns/resolver.h"
#include "lib/dns/resolver_settings.h"
#include "lib/dns/unbound_engine.h"
#include "lib/io/clock.h"
#include "lib/io/loop.h"

namespace dns {

class UnboundResolver final : public Resolver {
 public:
  UnboundResolver(std::shared_ptr<UnboundEngine> engine, io::Loop& loop);
  ~UnboundResolver() override;  // before the loop

  io::Task<Answer> query(std::string name, Type type) override;

 private:
  struct Home;  // the way back to the loop, for the engine's thread

  std::shared_ptr<UnboundEngine> engine_;
  std::shared_ptr<Home> home_;
};

[[nodiscard]] std::unique_ptr<Resolver> make_resolver(std::shared_ptr<UnboundEngine> engine,
                                                      io::Loop& loop, io::Clock& clock,
                                                      const Settings& settings);

}  // namespace dns
