// See heartbeat.h.
#include "lib/io/heartbeat.h"

#include <algorithm>
#include <utility>

namespace io {

Heartbeat::Heartbeat(Parts parts)
    : parts_(std::move(parts)), answers_(std::make_shared<Answers>(parts_.loops.size())) {}

Task<void> Heartbeat::run(Ref<Clock> clock, base::Duration every) {
  for (;;) {
    ask();
    do {
      if (!co_await sleep_until(clock, clock->now() + every)) co_return;
      if (!all_answered()) complain();
    } while (!all_answered());
    complained_ = false;
    parts_.beat();
  }
}

void Heartbeat::ask() {
  ++round_;
  for (std::size_t i = 0; i < parts_.loops.size(); ++i) {
    parts_.loops[i]->post([answers = answers_, i, round = round_] {
      answers->rounds[i].store(round, std::memory_order_relaxed);
    });
  }
}

bool Heartbeat::all_answered() const {
  return std::ranges::all_of(answers_->rounds, [this](const std::atomic<std::uint64_t>& answer) {
    return answer.load(std::memory_order_relaxed) == round_;
  });
}

void Heartbeat::complain() {
  if (std::exchange(complained_, true)) return;
  for (std::size_t i = 0; i < parts_.loops.size(); ++i) {
    if (answers_->rounds[i].load(std::memory_order_relaxed) != round_) parts_.stuck(i);
  }
}

}  // namespace io
