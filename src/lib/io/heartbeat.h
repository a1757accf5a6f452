// lib/io/heartbeat.h: whether every loop still turns.
//
// What:    asks each loop for a sign of life, and calls `beat` when all have given it; a loop that
//          does not turn keeps it silent, and is named to `stuck`.
// In/Out:  run() is a task of one of the loops (that one turns as long as the task runs).
// Errors:  none.
// Limits:  one question at a time is posted to a loop, however long it does not answer.
// Not here: who wants to know (real/service_manager.h), what happens when nobody hears the beat.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/clock.h"
#include "lib/io/loop.h"
#include "lib/io/task.h"

namespace io {

class Heartbeat {
 public:
  struct Parts {
    std::vector<Loop*> loops;
    std::function<void()> beat;
    // Called once per silence, with the place of the loop among `loops`.
    std::function<void(std::size_t loop)> stuck;
  };

  explicit Heartbeat(Parts parts);

  // Until it is cancelled: asks every `every`, and looks at the answers as often.
  Task<void> run(Ref<Clock> clock, base::Duration every);

 private:
  void ask();
  [[nodiscard]] bool all_answered() const;
  void complain();

  // The answers: a loop may give one when this object is gone already.
  struct Answers {
    explicit Answers(std::size_t loops) : rounds(loops) {}
    std::vector<std::atomic<std::uint64_t>> rounds;
  };
  const Parts parts_;
  std::shared_ptr<Answers> answers_;
  std::uint64_t round_ = 0;
  bool complained_ = false;
};

}  // namespace io
