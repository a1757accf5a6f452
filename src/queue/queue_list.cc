// See local_queue.h: what operators may know.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "lib/io/loop.h"
#include "queue/local_queue.h"
#include "queue/smallest_ids.h"

namespace queue {
namespace {

// An operator's question must not stop the loop: below a millisecond each.
constexpr std::uint32_t entries_per_turn = 8'192;
constexpr std::size_t reads_per_turn = 64;
// Of messages that are read back only to see whether their sender is meant.
constexpr std::size_t portion_min = 16'384;

// An asterisk makes it a pattern; one that is meant as it stands matches itself, too.
bool same_address(const message::Address& address, std::string_view text) {
  return base::matches_pattern(address.text(), text);
}

bool destination_matches(std::string_view key, std::string_view wanted) {
  if (wanted.empty() || base::iequals(key, wanted)) return true;
  const std::size_t colon = key.find(':');
  return colon != std::string_view::npos && base::iequals(key.substr(colon + 1), wanted);
}

template <class E>
bool state_matches(const E& entry, const Filter& filter) {
  if (filter.held_only && entry.state != EntryState::held) return false;
  return !filter.scheduled_only || entry.scheduled;
}

}  // namespace

// Lets everything else that is ready run first.
io::Task<void> LocalQueue::yield() {
  io::Completion<bool> turn;
  parts_.doors.loop.post([&turn] { turn.complete(true); });
  co_await turn;
}

bool LocalQueue::content_matters(const Filter& filter) {
  return !filter.sender.empty() || !filter.recipient.empty() || !filter.account.empty() ||
         !filter.hold_reason_prefix.empty();
}

bool LocalQueue::people_match(const Loaded& loaded, const std::vector<EntryView>& entries,
                              const Filter& filter) {
  const MessageInfo& message = *loaded.message;
  const auto held = [](const EntryView& entry) { return entry.state == EntryState::held; };
  if (std::ranges::any_of(entries, held) &&
      !loaded.hold_reason.starts_with(filter.hold_reason_prefix)) {
    return false;
  }
  if (!filter.sender.empty() && !same_address(message.envelope.sender, filter.sender)) {
    return false;
  }
  if (!filter.account.empty() && !base::iequals(message.account, filter.account)) return false;
  if (filter.recipient.empty()) return true;
  return std::ranges::any_of(entries, [&](const EntryView& entry) {
    return std::ranges::any_of(entry.recipients, [&](std::uint32_t i) {
      return same_address(message.envelope.recipients.at(i).address, filter.recipient);
    });
  });
}

io::Task<bool> LocalQueue::content_matches(MessageId id, Filter filter) {
  const auto loaded = co_await load(id);
  const std::vector<EntryView> entries = matching(id, filter);
  co_return loaded && !entries.empty() && people_match(*loaded, entries, filter);
}

// --- looking through the schedule ----------------------------------------------------------------

io::Task<void> LocalQueue::scan(Filter filter, std::function<void(const Glance&)> visit) {
  std::vector<bool> wanted;  // by the destination's number; the names are compared once
  const Destinations& destinations = schedule_.destinations();
  const auto matches = [&](std::uint32_t destination) {
    if (filter.destination.empty()) return true;
    while (wanted.size() < destinations.end()) {
      const auto index = static_cast<std::uint32_t>(wanted.size());
      wanted.push_back(destination_matches(destinations[index].key, filter.destination));
    }
    return bool(wanted[destination]);
  };
  for (std::uint32_t at = 0; at != no_slot && !stopping_;) {
    at = schedule_.glance(at, entries_per_turn, [&](const Glance& entry) {
      if (entry.id <= filter.after || !state_matches(entry, filter)) return;
      if (matches(entry.destination)) visit(entry);
    });
    if (at == no_slot) break;
    co_await yield();
    wanted.clear();  // a number may have become another destination's
  }
}

io::Task<std::vector<MessageId>> LocalQueue::candidates(Filter filter, std::size_t max) {
  if (filter.id) {
    std::vector<MessageId> one;
    if (!matching(filter.id, filter).empty()) one.push_back(filter.id);
    co_return one;
  }
  SmallestIds ids(max);
  co_await scan(std::move(filter), [&ids](const Glance& entry) { ids.add(entry.id); });
  co_return ids.take();
}

std::vector<EntryView> LocalQueue::matching(MessageId id, const Filter& filter) const {
  std::vector<EntryView> entries = schedule_.entries(id);
  std::erase_if(entries, [&](const EntryView& entry) {
    return !state_matches(entry, filter) ||
           !destination_matches(entry.destination, filter.destination);
  });
  return entries;
}

// --- list ----------------------------------------------------------------------------------------

io::Task<std::vector<Summary>> LocalQueue::list(Filter filter, std::size_t max) {
  std::vector<Summary> summaries;
  if (max == 0) co_return summaries;
  const std::size_t portion = content_matters(filter) ? std::max(max, portion_min) : max;
  std::size_t read = 0;
  for (;;) {
    const std::vector<MessageId> ids = co_await candidates(filter, portion);
    for (const MessageId id : ids) {
      if (summaries.size() >= max) co_return summaries;
      if (++read % reads_per_turn == 0) co_await yield();
      const auto loaded = co_await load(id);
      const std::vector<EntryView> entries = matching(id, filter);
      if (!loaded || entries.empty() || !people_match(*loaded, entries, filter)) continue;
      summaries.push_back(summary(*loaded, schedule_.entries(id)));
    }
    if (filter.id || ids.size() < portion) co_return summaries;
    filter.after = ids.back();
  }
}

Summary LocalQueue::summary(const Loaded& loaded, const std::vector<EntryView>& entries) {
  const MessageInfo& message = *loaded.message;
  Summary line;
  line.id = message.id;
  line.accepted = message.accepted;
  line.sender = message.envelope.sender.text();
  line.account = message.account;
  line.priority = message.envelope.priority;
  line.by = message.envelope.by;
  line.bytes = message.content.size();
  line.last_reply = loaded.last_reply;
  line.next_attempt = base::Time::max();
  std::set<std::uint32_t> recipients;
  for (const EntryView& entry : entries) {
    recipients.insert(entry.recipients.begin(), entry.recipients.end());
    line.destinations.emplace_back(entry.destination);
    line.attempts = std::max(line.attempts, entry.attempts);
    line.next_attempt = std::min(line.next_attempt, entry.next_attempt);
    line.hold = line.hold || entry.state == EntryState::held;
    line.active = line.active || entry.state == EntryState::active;
    line.scheduled = line.scheduled || entry.scheduled;
    if (line.last_reply.empty()) line.last_reply = entry.destination_reply;
  }
  for (const std::uint32_t i : recipients) {
    line.recipients.push_back(message.envelope.recipients.at(i).address.text());
  }
  if (line.hold) line.hold_reason = loaded.hold_reason;
  return line;
}

io::Task<std::size_t> LocalQueue::count(Filter filter) {
  const bool all = !filter.id && !filter.after && filter.destination.empty() && !filter.held_only &&
                   !filter.scheduled_only;
  if (all) co_return schedule_.messages();
  if (filter.id) co_return matching(filter.id, filter).empty() ? 0 : 1;
  std::size_t messages = 0;
  co_await scan(filter, [&](const Glance& entry) {
    // Of several entries the first one counts.
    if (!entry.shared || matching(entry.id, filter).front().ticket == entry.ticket) ++messages;
  });
  co_return messages;
}

io::Task<std::vector<DestinationSummary>> LocalQueue::destinations() {
  std::map<std::string, DestinationSummary, std::less<>> found;
  const Destinations& known = schedule_.destinations();
  DestinationSummary* line = nullptr;
  std::uint32_t line_of = no_slot;
  co_await scan({}, [&](const Glance& entry) {
    const DestinationState& state = known[entry.destination];
    if (line == nullptr || line_of != entry.destination || line->key != state.key) {
      line_of = entry.destination;
      line = &found[state.key];
      line->key = state.key;
    }
    ++line->messages;
    line->held += entry.state == EntryState::held ? 1 : 0;
    line->active += entry.state == EntryState::active ? 1 : 0;
    line->oldest = line->oldest ? std::min(line->oldest, entry.id) : entry.id;
    if (entry.state != EntryState::held) {
      line->next_attempt = std::min(line->next_attempt, entry.next_attempt);
    }
    line->failures = state.failures;
    if (line->last_reply != state.last_reply) line->last_reply = state.last_reply;
  });
  std::vector<DestinationSummary> lines;
  lines.reserve(found.size());
  for (auto& [key, one] : found) lines.push_back(std::move(one));
  co_return lines;
}

}  // namespace queue
