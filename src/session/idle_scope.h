// session/idle_scope.h: a wait that nobody needs any more when the server stops.
//
// What:    a CancelScope that ends with the coroutine's own scope and with the sessions' `closing`.
// In/Out:  run a task under scope(): commands between two messages, TLS handshakes.
// Errors:  the task ends with `cancelled`.
// Limits:  none.
// Not here: the grace of messages under way (front.h).
#pragma once

#include "lib/io/cancel.h"

namespace session {

class IdleScope final : public io::CancelHook {
 public:
  // Without `closing` it ends with `outer` alone.
  IdleScope(io::CancelScope* outer, io::CancelScope* closing) : scope_(outer) {
    if (closing != nullptr) closing->add(*this);
  }
  void cancel() override { scope_.cancel(); }
  [[nodiscard]] io::CancelScope& scope() { return scope_; }

 private:
  io::CancelScope scope_;
};

}  // namespace session
