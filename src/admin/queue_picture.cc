// See queue_picture.h.
#include "admin/queue_picture.h"

#include <algorithm>
#include <utility>

namespace admin {

bool is_troubled(const queue::DestinationSummary& line, base::Time now) {
  if (line.held == line.messages || !line.oldest) return false;
  const base::Duration age = now - line.oldest.made();
  return age >= QueuePicture::age_min ||
         (line.failures > 0 && age >= QueuePicture::failing_age_min);
}

// Who waited for somebody else's picture takes that.
io::Task<base::Result<std::shared_ptr<const Picture>>> QueuePicture::get() {
  const auto turn = co_await turns_.take();
  if (!turn) co_return std::unexpected(turn.error());
  const base::Instant begun = clock_.now();
  if (last_ != nullptr && begun < good_until_) co_return last_;
  auto picture = std::make_shared<Picture>();
  picture->census = co_await queues_.census();
  const base::Time now = clock_.wall();
  auto destinations = co_await queues_.destinations();
  for (queue::DestinationSummary& line : destinations) {
    if (picture->troubled.size() >= troubled_max) break;
    if (is_troubled(line, now)) picture->troubled.push_back(std::move(line));
  }
  if (picture->census.counts.held > 0) {
    queue::Search held;
    held.standing = queue::Standing::held;
    held.max = held_max;
    auto page = co_await queues_.search(std::move(held));
    picture->held = std::move(page.found);
  }
  const base::Instant end = clock_.now();
  good_until_ = end + std::max(reuse_min, reuse_factor * (end - begun));
  last_ = std::move(picture);
  co_return last_;
}

}  // namespace admin
