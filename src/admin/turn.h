// admin/turn.h: work that is done for one request at a time.
//
// What:    take() waits until nobody else has the turn; whoever got it gives it back by the end of
//          its Taken.
// In/Out:  `auto turn = co_await turns.take();` → Taken or the reason why not.
// Errors:  busy: too many wait already; cancelled: the server stops.
// Limits:  waiting_max requests wait.
// Not here: the work (message_search_routes.cc, queue_picture.h).
#pragma once

#include <utility>

#include "lib/base/result.h"
#include "lib/io/completion.h"
#include "lib/io/task.h"

namespace admin {

class Turns {
 public:
  static constexpr unsigned waiting_max = 16;

  class Taken {
   public:
    explicit Taken(Turns& turns) : turns_(&turns) {}
    Taken(Taken&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Taken& operator=(Taken&&) = delete;
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() {
      if (turns_ == nullptr) return;
      turns_->taken_ = false;
      turns_->free_.notify();
    }

   private:
    Turns* turns_;
  };

  io::Task<base::Result<Taken>> take() {
    if (taken_ && waiting_ >= waiting_max) {
      co_return base::fail(base::ErrorKind::busy, "too many ask for this at once; try again");
    }
    ++waiting_;
    base::Result<> free;
    while (taken_ && free) free = co_await free_.wait();
    --waiting_;
    if (!free) co_return std::unexpected(std::move(free.error()));
    taken_ = true;
    co_return Taken(*this);
  }

 private:
  bool taken_ = false;
  unsigned waiting_ = 0;
  io::Signal free_;
};

}  // namespace admin
