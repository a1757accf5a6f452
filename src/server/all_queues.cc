// See all_queues.h.
#include "server/all_queues.h"

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>

#include "lib/io/on_loop.h"

namespace server {
namespace {

io::Task<std::string> tell_trouble(Assembly* assembly) { co_return assembly->queue().trouble(); }

io::Task<admin::QueueCensus> take_census(Assembly* assembly) {
  admin::QueueCensus census;
  census.counts = co_await assembly->queue().census();
  census.bytes = assembly->journal().usage().live_bytes;
  co_return census;
}

void join(queue::Census& sum, const queue::Census& part) {
  sum.messages += part.messages;
  sum.due += part.due;
  sum.active += part.active;
  sum.deferred += part.deferred;
  sum.scheduled += part.scheduled;
  sum.held += part.held;
  if (!sum.oldest || (part.oldest && part.oldest < sum.oldest)) sum.oldest = part.oldest;
}

void join(queue::DestinationSummary& sum, queue::DestinationSummary part) {
  sum.key = std::move(part.key);
  sum.messages += part.messages;
  sum.held += part.held;
  sum.active += part.active;
  if (!sum.oldest || part.oldest < sum.oldest) sum.oldest = part.oldest;
  sum.next_attempt = std::min(sum.next_attempt, part.next_attempt);
  sum.failures = std::max(sum.failures, part.failures);
  if (sum.last_reply.empty()) sum.last_reply = std::move(part.last_reply);
}

}  // namespace

io::Task<std::vector<queue::Summary>> AllQueues::list(queue::Filter filter, std::size_t max) {
  std::vector<queue::Summary> all;
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<std::vector<queue::Summary>>()> ask = [assembly, filter, max] {
      return assembly->queue().list(filter, max);
    };
    auto part = co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
    std::ranges::move(part, std::back_inserter(all));
  }
  std::ranges::sort(all, {}, &queue::Summary::id);
  if (all.size() > max) all.resize(max);
  co_return all;
}

io::Task<std::size_t> AllQueues::count(queue::Filter filter) {
  std::size_t messages = 0;
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<std::size_t>()> ask = [assembly, filter] {
      return assembly->queue().count(filter);
    };
    messages += co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
  }
  co_return messages;
}

io::Task<admin::QueueCensus> AllQueues::census() {
  admin::QueueCensus sum;
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<admin::QueueCensus>()> ask = [assembly] {
      return take_census(assembly);
    };
    const auto part = co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
    sum.bytes += part.bytes;
    join(sum.counts, part.counts);
  }
  co_return sum;
}

// What one loop did not reach is shown for no loop: else the next page would miss it.
io::Task<queue::SearchPage> AllQueues::search(queue::Search search) {
  queue::SearchPage all;
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<queue::SearchPage>()> ask = [assembly, search] {
      return assembly->queue().search(search);
    };
    auto part = co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
    std::ranges::move(part.found, std::back_inserter(all.found));
    if (part.end) continue;
    all.end = false;
    all.reached = std::max(all.reached, part.reached);
  }
  if (!all.end) {
    std::erase_if(all.found, [&all](const queue::Summary& one) { return one.id < all.reached; });
  }
  std::ranges::sort(all.found, std::ranges::greater(), &queue::Summary::id);
  if (all.found.size() > search.max) {
    all.found.resize(search.max);
    all.reached = all.found.back().id;
    all.end = false;
  }
  co_return all;
}

io::Task<std::vector<queue::DestinationSummary>> AllQueues::destinations() {
  std::map<std::string, queue::DestinationSummary, std::less<>> all;
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<std::vector<queue::DestinationSummary>>()> ask = [assembly] {
      return assembly->queue().destinations();
    };
    auto part = co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
    for (queue::DestinationSummary& one : part) {
      queue::DestinationSummary& sum = all[one.key];  // before its key is moved away
      join(sum, std::move(one));
    }
  }
  std::vector<queue::DestinationSummary> lines;
  lines.reserve(all.size());
  for (auto& [key, one] : all) lines.push_back(std::move(one));
  // Equal ones by name: every answer has the same order.
  std::ranges::sort(lines, [](const auto& a, const auto& b) {
    return a.messages != b.messages ? a.messages > b.messages : a.key < b.key;
  });
  co_return lines;
}

io::Task<base::Result<std::size_t>> AllQueues::operate(queue::Operation operation,
                                                       queue::Filter filter, std::string reason,
                                                       bool dry_run) {
  std::size_t count = 0;
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<base::Result<std::size_t>>()> ask = [assembly, operation, filter,
                                                                      reason, dry_run] {
      return assembly->queue().operate(operation, filter, reason, dry_run);
    };
    auto part = co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
    if (!part) co_return part;
    count += *part;
  }
  co_return count;
}

io::Task<std::string> AllQueues::trouble() {
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<std::string>()> ask = [assembly] {
      return tell_trouble(assembly);
    };
    std::string trouble = co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
    if (!trouble.empty()) co_return trouble;
  }
  co_return std::string();
}

io::Task<base::Result<admin::CopyableQueue>> AllQueues::hold(base::Instant until) {
  using Held = base::Result<queue::journal::Journal::Copyable>;
  admin::CopyableQueue all;
  for (Assembly* assembly : assemblies_) {
    const std::function<io::Task<Held>()> ask = [assembly, until] {
      return assembly->journal().hold(until);
    };
    auto part = co_await io::on_loop(assembly->loop(), assembly->tasks(), here_, ask);
    if (!part) {
      keep({});
      co_return std::unexpected(std::move(part.error()));
    }
    all.messages += part->messages;
    std::ranges::move(part->segments, std::back_inserter(all.segments));
  }
  std::ranges::sort(all.segments);
  co_return all;
}

// A loop that has ended does not run it, nor does it compact.
void AllQueues::keep(base::Instant until) {
  for (Assembly* assembly : assemblies_) {
    assembly->loop().post([assembly, until] { assembly->journal().keep_holding(until); });
  }
}

}  // namespace server
