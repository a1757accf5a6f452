// server/all_queues.h: the queues of all loops as one, for administration.
//
// What:    asks each loop on that loop, and adds up the answers.
// In/Out:  admin::Queues, admin::JournalHold.
// Errors:  the first loop's error.
// Limits:  the caller's `max`.
// Not here: one queue (queue/queue.h).
#pragma once

#include <vector>

#include "admin/queues.h"
#include "lib/io/loop.h"
#include "server/assemble.h"

namespace server {

class AllQueues final : public admin::Queues, public admin::JournalHold {
 public:
  // `here`: the administrator's loop.
  AllQueues(io::Loop& here, std::vector<Assembly*> assemblies)
      : here_(here), assemblies_(std::move(assemblies)) {}

  io::Task<std::vector<queue::Summary>> list(queue::Filter filter, std::size_t max) override;
  io::Task<std::size_t> count(queue::Filter filter) override;
  io::Task<admin::QueueCensus> census() override;
  io::Task<queue::SearchPage> search(queue::Search search) override;
  io::Task<std::vector<queue::DestinationSummary>> destinations() override;
  io::Task<base::Result<std::size_t>> operate(queue::Operation operation, queue::Filter filter,
                                              std::string reason, bool dry_run) override;
  io::Task<std::string> trouble() override;
  io::Task<base::Result<admin::CopyableQueue>> hold(base::Instant until) override;
  void keep(base::Instant until) override;

 private:
  io::Loop& here_;
  std::vector<Assembly*> assemblies_;
};

}  // namespace server
