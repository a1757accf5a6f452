// See all_queues.h.
#include "server/all_queues.h"

#include <algorithm>

#include "lib/io/on_loop.h"

namespace server {
namespace {

io::Task<std::string> tell_trouble(Assembly* assembly) { co_return assembly->queue().trouble(); }

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

}  // namespace server
