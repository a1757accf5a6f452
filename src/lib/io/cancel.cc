// See cancel.h.
#include "lib/io/cancel.h"

#include "lib/base/check.h"

namespace io {

void CancelHook::unlink() {
  if (scope_ == nullptr) return;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    scope_->first_ = next_;
  }
  if (next_ != nullptr) next_->previous_ = previous_;
  previous_ = next_ = nullptr;
  scope_ = nullptr;
}

CancelScope::~CancelScope() {
  CHECK(first_ == nullptr, "a scope ended before the waits in it");
  if (ended_ != nullptr) *ended_ = true;
}

void CancelScope::add(CancelHook& hook) {
  CHECK(hook.scope_ == nullptr, "a wait belongs to one scope");
  if (cancelled_) {
    hook.cancel();
    return;
  }
  hook.scope_ = this;
  hook.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &hook;
  first_ = &hook;
}

void CancelScope::cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  // A cancelled wait may resume its coroutine, which may end other waits: always take the first. It
  // may also be the last thing that the scope was for, and take the scope's own frame with it.
  bool ended = false;
  ended_ = &ended;
  while (first_ != nullptr) {
    CancelHook& hook = *first_;
    hook.unlink();
    hook.cancel();
    if (ended) return;
  }
  ended_ = nullptr;
}

}  // namespace io
