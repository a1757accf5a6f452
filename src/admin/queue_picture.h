// admin/queue_picture.h: how all queues stand, for those who look every few seconds.
//
// What:    the census of the queues and the destinations that do not take mail, kept for a moment:
//          with a million messages each look costs every loop some 50 ms, in small turns.
// In/Out:  get() → Picture, at most as old as reuse_min and reuse_factor times what it took.
// Errors:  busy when too many ask at once.
// Limits:  troubled_max destinations.
// Not here: the queues (queues.h), what follows from it (hands.h).
#pragma once

#include <memory>
#include <vector>

#include "admin/queues.h"
#include "admin/turn.h"
#include "lib/io/clock.h"

namespace admin {

struct Picture {
  QueueCensus census;
  std::vector<queue::DestinationSummary> troubled;  // the most messages first
  std::vector<queue::Summary> held;                 // the newest of them
};

class QueuePicture {
 public:
  static constexpr base::Duration reuse_min = std::chrono::seconds(1);
  static constexpr int reuse_factor = 20;
  static constexpr std::size_t troubled_max = 10;
  static constexpr std::size_t held_max = 50;
  // From then on somebody should look, whatever the reason is; sooner when nothing arrives there.
  static constexpr base::Duration age_min = std::chrono::hours(4);
  static constexpr base::Duration failing_age_min = std::chrono::hours(1);

  QueuePicture(Queues& queues, io::Clock& clock) : queues_(queues), clock_(clock) {}
  io::Task<base::Result<std::shared_ptr<const Picture>>> get();

 private:
  Queues& queues_;
  io::Clock& clock_;
  Turns turns_;
  std::shared_ptr<const Picture> last_;
  base::Instant good_until_;
};

// Does it wait for so long that somebody should look?
[[nodiscard]] bool is_troubled(const queue::DestinationSummary& line, base::Time now);

}  // namespace admin
