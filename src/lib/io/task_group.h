// lib/io/task_group.h: who owns the tasks that nobody awaits.
//
// What:    spawn() starts a task; the group keeps it until it ends. stop() cancels all and waits.
// In/Out:  tasks of type Task<void>; they run under the group's CancelScope.
// Errors:  an exception that leaves a spawned task is a bug and ends the program.
// Limits:  the owner's (a listener counts its sessions).
// Not here: the wait for one result (co_await the task itself).
#pragma once

#include <cstddef>

#include "lib/io/completion.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace io {

class TaskGroup {
 public:
  TaskGroup() = default;
  // Tasks of a child group are cancelled with the parent's, too.
  explicit TaskGroup(TaskGroup& parent) : scope_(&parent.scope_) {}
  // Part of one task: `TaskGroup group(co_await current_scope())` is cancelled with that task.
  explicit TaskGroup(CancelScope* scope) : scope_(scope) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { CHECK(running_ == 0, "a task group ended before its tasks"); }

  // Starts the task at once; it runs until its first wait before spawn returns.
  void spawn(Task<void> task);
  // Waits until every task has ended, without asking them to.
  Task<void> join();
  // Asks every task to stop and waits for the last one.
  Task<void> stop();
  // Asks without waiting.
  void cancel() { scope_.cancel(); }

  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] bool stopping() const { return scope_.cancelled(); }

 private:
  struct Runner;
  static Runner run(Ref<TaskGroup> group, Task<void> task);
  void ended();

  CancelScope scope_;
  std::size_t running_ = 0;
  Completion<bool>* joining_ = nullptr;
};

}  // namespace io
