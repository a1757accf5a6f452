// See local_queue.h: looking for messages, the newest first, and counting how they stand.
#include <algorithm>

#include "lib/base/text.h"
#include "queue/local_queue.h"
#include "queue/smallest_ids.h"

namespace queue {
namespace {

// Reading back a message is a read of the disk: others of this loop get their turn between.
constexpr std::size_t reads_per_turn = 8;

bool reads_matter(const Search& search) {
  return !search.text.empty() || !search.sender.empty() || !search.recipient.empty();
}

bool has_part(std::string_view text, std::string_view part) { return base::icontains(text, part); }

bool matches(const Summary& line, const Search& search) {
  const auto any = [&line](std::string_view part) {
    return std::ranges::any_of(line.recipients,
                               [part](const std::string& one) { return has_part(one, part); });
  };
  if (!search.sender.empty() && !has_part(line.sender, search.sender)) return false;
  if (!search.recipient.empty() && !any(search.recipient)) return false;
  return search.text.empty() || has_part(line.sender, search.text) || any(search.text) ||
         has_part(line.id.text(), search.text);
}

bool in_time(MessageId id, const Search& search) {
  const base::Time made = id.made();
  return (!search.since || made >= *search.since) && (!search.until || made < *search.until);
}

}  // namespace

Standing LocalQueue::standing_of(const Glance& entry) const {
  switch (entry.state) {
    case EntryState::held: return Standing::held;
    case EntryState::active:
    case EntryState::taken: return Standing::active;
    case EntryState::waiting: return entry.scheduled ? Standing::scheduled : Standing::deferred;
    default: break;
  }
  return schedule_.destinations()[entry.destination].blocked ? Standing::deferred : Standing::due;
}

io::Task<Census> LocalQueue::census() {
  Census sum;
  co_await scan({}, [&](const Glance& entry) {
    if (entry.shared && matching(entry.id, {}).front().ticket != entry.ticket) return;
    ++sum.messages;
    sum.oldest = sum.oldest ? std::min(sum.oldest, entry.id) : entry.id;
    switch (standing_of(entry)) {
      case Standing::due: ++sum.due; break;
      case Standing::active: ++sum.active; break;
      case Standing::deferred: ++sum.deferred; break;
      case Standing::scheduled: ++sum.scheduled; break;
      case Standing::held: ++sum.held; break;
    }
  });
  co_return sum;
}

// The newest that may be meant, in order.
io::Task<std::vector<MessageId>> LocalQueue::newest(io::Ref<const Search> search, std::size_t max) {
  SmallestIds ids(max);
  co_await scan({}, [&](const Glance& entry) {
    if (search->before && entry.id >= search->before) return;
    if (search->standing && standing_of(entry) != *search->standing) return;
    if (in_time(entry.id, *search)) ids.add(turned_over(entry.id));
  });
  std::vector<MessageId> out = ids.take();
  for (MessageId& id : out) id = turned_over(id);
  co_return out;
}

io::Task<SearchPage> LocalQueue::search(Search search) {
  SearchPage page;
  if (search.max == 0) co_return page;
  std::vector<MessageId> ids = search.ids;
  if (ids.empty()) {
    const std::size_t max = reads_matter(search) ? search_reads_max : search.max;
    ids = co_await newest(search, max);
    page.end = ids.size() < max;
  }
  std::size_t read = 0;
  for (const MessageId id : ids) {
    if (page.found.size() >= search.max) {
      page.end = false;
      break;
    }
    if (++read % reads_per_turn == 0) co_await yield();
    page.reached = id;
    if (!schedule_.contains(id)) continue;
    const auto loaded = co_await load(id);
    const std::vector<EntryView> entries = schedule_.entries(id);  // it may have ended meanwhile
    if (!loaded || entries.empty()) continue;
    Summary line = summary(*loaded, entries);
    if (matches(line, search)) page.found.push_back(std::move(line));
  }
  co_return page;
}

}  // namespace queue
