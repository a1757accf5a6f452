// lib/io/cancel.h: stopping what waits.
//
// What:    a CancelScope is a tree node that coroutines run under; cancel() reaches every wait
//          below it. A CancelHook is one wait (or a child scope) that registers with the scope it
//          runs under.
// In/Out:  scope.cancel() → each hook's cancel() is called once, now; later hooks at once when
//          added.
// Errors:  a cancelled wait completes with ErrorKind::cancelled.
// Limits:  none; hooks are intrusive, adding one allocates nothing.
// Not here: deadlines (deadline.h), who owns tasks (task_group.h).
#pragma once

namespace io {

class CancelScope;

class CancelHook {
 public:
  CancelHook() = default;
  CancelHook(const CancelHook&) = delete;
  CancelHook& operator=(const CancelHook&) = delete;
  virtual ~CancelHook() { unlink(); }

  // Asks the wait to end soon. May complete it before it returns; is called at most once per add.
  virtual void cancel() = 0;

 protected:
  void unlink();

 private:
  friend class CancelScope;
  CancelHook* previous_ = nullptr;
  CancelHook* next_ = nullptr;
  CancelScope* scope_ = nullptr;
};

class CancelScope final : public CancelHook {
 public:
  CancelScope() = default;
  // A child is cancelled with its parent (nullptr: a root).
  explicit CancelScope(CancelScope* parent) {
    if (parent != nullptr) parent->add(*this);
  }
  ~CancelScope() override;

  void cancel() override;
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  void add(CancelHook& hook);

 private:
  friend class CancelHook;
  CancelHook* first_ = nullptr;
  bool cancelled_ = false;
  bool* ended_ = nullptr;  // set while cancel() runs: tells it that a resumed coroutine ended us
};

}  // namespace io
