// lib/io/ref.h: Ref<T>, the reference that a coroutine may take as an argument.
//
// What:    a plain reference parameter of a coroutine is a lint error, for it may dangle after the
//          first wait. A Ref says: whoever starts this task keeps its target alive until the task
//          has ended.
// In/Out:  made from a T&, used with -> or *.
// Errors:  none.
// Limits:  none.
// Not here: who keeps it alive (task_group.h).
#pragma once

namespace io {

template <class T>
class Ref {
 public:
  Ref(T& target) : target_(&target) {}  // NOLINT(google-explicit-constructor): stands for T&
  T* operator->() const { return target_; }
  T& operator*() const { return *target_; }

 private:
  T* target_;
};

}  // namespace io
