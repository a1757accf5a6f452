// lib/dns/unbound_engine.h: libunbound, one per process, on threads of its own.
//
// What:    resolves and validates (DNSSEC) with libunbound's asynchronous calls.
// In/Out:  resolve(name, type, done): done is called once, on the engine's thread.
// Errors:  start() gives invalid for options that libunbound does not take; a question that cannot
//          be asked is answered with trouble. After the engine's end nothing is called any more.
// Limits:  Settings; callers bound their questions (caching_resolver.h).
// Not here: going back to a loop (unbound_resolver.h), the cache per loop.
//
// Why not libunbound's event interface: it wants to be told when its sockets are readable, by its
// own thread, and io::Network rightly has no such door (a simulated network has no descriptors).
// With ub_ctx_async in thread mode libunbound keeps its sockets to itself; a second thread waits
// for finished answers on ub_fd and hands them on. That costs two wake-ups per question, which the
// cache in front makes rare.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/dns/resolver.h"
#include "lib/dns/resolver_settings.h"

namespace dns {

class UnboundEngine {
 public:
  using Done = std::function<void(Answer)>;

  [[nodiscard]] static base::Result<std::shared_ptr<UnboundEngine>> start(const Settings& settings);
  UnboundEngine() = default;
  UnboundEngine(const UnboundEngine&) = delete;
  UnboundEngine& operator=(const UnboundEngine&) = delete;
  virtual ~UnboundEngine() = default;

  virtual void resolve(const std::string& name, Type type, Done done) = 0;  // thread-safe
  // Whether a trust anchor was found, so that Answer::secure can be true.
  [[nodiscard]] virtual bool validates() const = 0;
};

}  // namespace dns
