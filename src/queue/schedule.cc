// See schedule.h.
#include "queue/schedule.h"

#include <algorithm>
#include <utility>

namespace queue {
namespace {

// A burst of due entries is moved in portions: fairness needs only one entry per destination, and a
// million at once would stop the loop for a second.
constexpr int promoted_at_once_max = 64;
// A destination may have a million; expire_blocked() finds the others.
constexpr int expired_at_once_max = 1024;
constexpr std::size_t reply_bytes_max = 512;  // of a destination's last words

base::Time time_of(std::uint32_t seconds) { return base::Time(std::chrono::seconds(seconds)); }

// For Entry::by_after. One second more than it is, because `expires` may be short of one: who is
// told that the time is over is told the truth.
std::uint32_t by_after(const message::DeliverBy& by, base::Time begun) {
  if (!by.given()) return 0;
  // Of what came too late already the sender has been told by whoever sent it on (RFC 2852 §4).
  if (by.mode == message::DeliverBy::Mode::notify && by.deadline <= begun) return 0;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(by.deadline - begun).count() + 1;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, by_after_max));
}

DestinationLimits limits_of(const Settings& settings) {
  return {.others = std::max(1U, settings.destination_concurrency_max),
          .local = std::max(1U, settings.maildir_concurrency_max)};
}

}  // namespace

Schedule::Schedule(std::shared_ptr<const Settings> settings)
    : settings_(std::move(settings)), destinations_(limits_of(*settings_)) {}

void Schedule::set_settings(std::shared_ptr<const Settings> settings) {
  // What waits already keeps its beginning, and lives as long as is said now.
  const auto longer = std::chrono::floor<std::chrono::seconds>(settings->expire_after) -
                      std::chrono::floor<std::chrono::seconds>(settings_->expire_after);
  for (std::uint32_t slot = 0; longer.count() != 0 && slot < slots_.end(); ++slot) {
    slots_[slot].expires = seconds_of(time_of(slots_[slot].expires) + longer);
  }
  settings_ = std::move(settings);
  destinations_.set_limits(limits_of(*settings_));
}

// --- into the schedule ---------------------------------------------------------------------------

void Schedule::add(const NewEntry& entry, base::Time now) {
  if (join(entry)) return;
  const std::uint32_t slot = slots_.take();
  Entry& made = slots_[slot];
  made.id = entry.id;
  made.priority = entry.priority;  // before it is put anywhere
  made.due = std::max(entry.next_attempt, base::Time{});
  made.set_recipients(entry.recipients);
  made.destination = destinations_.intern(entry.destination);
  made.expires = seconds_of(entry.accepted + settings_->expire_after);
  made.attempts = static_cast<std::uint16_t>(std::min<std::uint32_t>(entry.attempts, 0xffff));
  const auto [head, first] = index_.try_emplace(entry.id, slot);
  if (!first) {
    made.sibling = std::exchange(head->second, slot);
    made.shared = true;
    slots_[made.sibling].shared = true;
  }
  ++destinations_[made.destination].entries;
  made.scheduled = entry.scheduled && made.due > now;
  made.delay_told = entry.delay_told;
  made.by_after = by_after(entry.by, entry.accepted) & by_after_max;
  made.by_returns = entry.by.mode == message::DeliverBy::Mode::give_back;
  const EntryState due = made.due <= now ? EntryState::ready : EntryState::waiting;
  place(slot, entry.hold ? EntryState::held : due);
}

void Schedule::restore_backoff(std::string_view destination, base::Time until,
                               std::uint32_t failures, std::string_view reply) {
  const auto index = destinations_.find(destination);
  if (!index || destinations_[*index].blocked) return;
  DestinationState& state = destinations_[*index];
  state.failures = static_cast<std::uint16_t>(std::clamp<std::uint32_t>(failures, 1, 0xffff));
  state.last_reply = reply.substr(0, reply_bytes_max);
  destinations_.block(*index, until);  // if that is past, the next call of next() ends it
}

bool Schedule::join(const NewEntry& entry) {
  const auto found = index_.find(entry.id);
  if (found == index_.end()) return false;
  const auto destination = destinations_.find(entry.destination);
  for (std::uint32_t slot = found->second; slot != no_slot; slot = slots_[slot].sibling) {
    Entry& present = slots_[slot];
    const bool out = present.state == EntryState::active || present.state == EntryState::taken;
    if (out || present.destination != destination) continue;
    std::vector<std::uint32_t> all = present.recipients();
    all.insert(all.end(), entry.recipients.begin(), entry.recipients.end());
    std::ranges::sort(all);
    const auto doubled = std::ranges::unique(all);
    all.erase(doubled.begin(), doubled.end());
    present.set_recipients(all);
    return true;
  }
  return false;
}

void Schedule::place(std::uint32_t slot, EntryState state) {
  Entry& entry = slots_[slot];
  CHECK(entry.previous == no_slot && entry.next == no_slot && entry.place == no_slot,
        "an entry is taken out before it is put elsewhere");
  entry.state = state;
  if (state == EntryState::ready) {
    destinations_[entry.destination].ready.push_back(slots_, slot);
    destinations_.offer(entry.destination);
  } else if (state == EntryState::waiting) {
    waiting_.push(slots_, slot);
  } else if (state == EntryState::expired) {
    expired_.push_back(slots_, slot);
  } else if (state == EntryState::late) {
    late_.push_back(slots_, slot);
  }
}

void Schedule::displace(std::uint32_t slot) {
  const Entry& entry = slots_[slot];
  if (entry.state == EntryState::ready) {
    destinations_[entry.destination].ready.remove(slots_, slot);
  } else if (entry.state == EntryState::waiting) {
    waiting_.remove(slots_, slot);
  } else if (entry.state == EntryState::expired) {
    expired_.remove(slots_, slot);
  } else if (entry.state == EntryState::late) {
    late_.remove(slots_, slot);
  } else if (entry.state == EntryState::active) {
    running_.end(slots_, slot);
  }
}

void Schedule::erase(std::uint32_t slot) {
  const Entry& entry = slots_[slot];
  const auto head = index_.find(entry.id);
  CHECK(head != index_.end(), "a message that was scheduled is in the index");
  std::uint32_t* link = &head->second;
  while (*link != slot) {
    CHECK(*link != no_slot, "an entry is among its siblings");
    link = &slots_[*link].sibling;
  }
  *link = entry.sibling;
  if (head->second == no_slot) index_.erase(head);
  const std::uint32_t destination = entry.destination;
  slots_.give_back(slot);
  --destinations_[destination].entries;
  destinations_.release_if_unused(destination);
}

// --- what is next --------------------------------------------------------------------------------

void Schedule::promote(base::Time now) {
  for (int i = 0; i < promoted_at_once_max && !waiting_.empty(); ++i) {
    if (waiting_.earliest() > now) return;
    const std::uint32_t slot = waiting_.front();
    displace(slot);
    slots_[slot].scheduled = false;
    place(slot, EntryState::ready);
  }
}

bool Schedule::full() const { return active_ - running_.slow() >= settings_->attempts_max; }

Running::Limits Schedule::running_limits() const {
  return {settings_->attempt_slow_after, settings_->attempts_slow_max};
}

std::optional<Work> Schedule::next(base::Time now) {
  running_.age(slots_, now, running_limits());
  if (full()) return std::nullopt;
  destinations_.unblock_due(now);
  promote(now);
  // Of those late every second: a million of them must not stop what can go.
  late_turn_ = !late_turn_;
  if (!expired_.empty() || (late_turn_ && !late_.empty())) return next_aside();
  for (;;) {
    const auto destination = destinations_.next_runnable();
    if (!destination) {
      if (waiting_.empty() || waiting_.earliest() > now) return next_aside();
      promote(now);
      continue;
    }
    ReadyList& ready = destinations_[*destination].ready;
    const std::uint32_t slot = ready.front(slots_);
    displace(slot);
    ready.turn_taken();
    Work work = begin(slot, EntryState::active);
    running_.begin(slots_, slot, now);
    destinations_.offer(*destination);
    return work;
  }
}

std::optional<Work> Schedule::next_aside() {
  const EntryList& list = expired_.empty() ? late_ : expired_;
  if (list.empty()) return std::nullopt;
  const std::uint32_t slot = list.front();
  const bool late = slots_[slot].state == EntryState::late;
  displace(slot);
  Work work = begin(slot, EntryState::taken);
  work.late = late;
  return work;
}

Work Schedule::begin(std::uint32_t slot, EntryState state) {
  Entry& entry = slots_[slot];
  DestinationState& destination = destinations_[entry.destination];
  Work work{.ticket = slot,
            .id = entry.id,
            .destination = destination.key,
            .recipients = entry.recipients(),
            .attempts = entry.attempts,
            .expires = expiry(entry),
            .expired = entry.state == EntryState::expired,
            .destination_reply = {}};
  const bool aside = work.expired || entry.state == EntryState::late;
  if (aside) work.destination_reply = destination.last_reply;
  place(slot, state);
  ++active_;
  if (state == EntryState::active) ++destination.active;
  return work;
}

std::optional<base::Time> Schedule::next_wakeup() const {
  // An ending may come first.
  if (full()) return running_.next_aging(slots_, running_limits());
  std::optional<base::Time> wake = destinations_.next_unblock();
  if (!waiting_.empty() && (!wake || waiting_.earliest() < *wake)) wake = waiting_.earliest();
  return wake;
}

bool Schedule::open(std::string_view destination) const {
  const auto index = destinations_.find(destination);
  return !index || !destinations_[*index].blocked;
}

// --- what came of it -----------------------------------------------------------------------------

Ended Schedule::finish(std::uint32_t ticket, const Ending& ending, base::Time now,
                       std::uint64_t random) {
  Entry& entry = slots_[ticket];
  const bool attempted = entry.state == EntryState::active;
  CHECK(attempted || entry.state == EntryState::taken, "only work that is out can be finished");
  const std::uint32_t index = entry.destination;
  --active_;
  Ended ended;
  if (attempted) {
    displace(ticket);
    --destinations_[index].active;
    if (ending.whole_destination && !ending.interrupted) {
      ended.destination_blocked = block(index, ending, now, random);
    } else if (ending.reached && !ending.interrupted) {
      destinations_.revive(index);
    }
  }
  ended.destination_due = destinations_[index].blocked_until;
  ended.destination_failures = destinations_[index].failures;
  entry.delay_told = entry.delay_told || ending.delay_told;
  if (ending.left.empty()) {
    const MessageId id = entry.id;
    ended.attempts = entry.attempts;
    if (destinations_[index].entries > 1) destinations_.offer(index);
    erase(ticket);
    ended.message_done = !index_.contains(id);
    return ended;
  }
  entry.set_recipients(ending.left);
  if (attempted && !ending.interrupted && entry.attempts < 0xffff) ++entry.attempts;
  defer(ticket, ending, now, random);
  destinations_.offer(index);
  ended.held = entry.state == EntryState::held;
  ended.attempts = entry.attempts;
  ended.next_attempt = view(ticket).next_attempt;
  return ended;
}

void Schedule::defer(std::uint32_t slot, const Ending& ending, base::Time now,
                     std::uint64_t random) {
  Entry& entry = slots_[slot];
  const DestinationState& destination = destinations_[entry.destination];
  if (entry.hold_after) {
    entry.hold_after = false;
    place(slot, EntryState::held);
    return;
  }
  // It waits with its destination, and is due with all the others. But one that failed more often
  // than its destination may itself be the cause, and must not block it again and again.
  const bool with_destination = ending.whole_destination && entry.attempts <= destination.failures;
  if (ending.interrupted) {
    place(slot, entry.due <= now ? EntryState::ready : EntryState::waiting);
    return;
  }
  if (with_destination) {
    entry.due = now;
    place(slot, EntryState::ready);
    return;
  }
  entry.due = now + ladder(std::max<std::uint32_t>(entry.attempts, 1), random);
  if (destination.blocked) entry.due = std::max(entry.due, destination.blocked_until);
  // RFC 5321 §4.5.4.1 gives up after a time, not after a number: the last attempt is at its end.
  if (const base::Time end = expiry(entry); end > now) entry.due = std::min(entry.due, end);
  // Who is told of a delay is told what an attempt of that moment came to.
  if (const auto at = notice_at(entry); at && *at > now) entry.due = std::min(entry.due, *at);
  place(slot, EntryState::waiting);
}

bool Schedule::block(std::uint32_t destination, const Ending& ending, base::Time now,
                     std::uint64_t random) {
  DestinationState& state = destinations_[destination];
  state.last_reply = ending.reply.substr(0, reply_bytes_max);
  if (state.blocked) return false;  // one of several attempts of the same round
  if (state.failures < 0xffff) ++state.failures;
  destinations_.block(destination, now + ladder(state.failures, random));
  expire_ready(destination, now);
  return true;
}

// Those behind the backoff are never attempted, so nobody else would notice that their time is
// over.
void Schedule::expire_ready(std::uint32_t destination, base::Time now) {
  int left = expired_at_once_max;
  destinations_[destination].ready.each_list([&](const EntryList& ready) {
    for (std::uint32_t slot = ready.front(); slot != no_slot && left > 0; --left) {
      const std::uint32_t following = slots_[slot].next;
      expire(slot, now);
      slot = following;
    }
  });
}

// From when on its times are counted.
base::Time Schedule::begun(const Entry& entry) const {
  return time_of(entry.expires) - settings_->expire_after;
}

// RFC 2852 §4: its sender may want it back earlier than we give up.
base::Time Schedule::expiry(const Entry& entry) const {
  const base::Time ours = time_of(entry.expires);
  if (entry.by_after == 0 || !entry.by_returns) return ours;
  return std::min(ours, begun(entry) + std::chrono::seconds(entry.by_after));
}

void Schedule::expire(std::uint32_t slot, base::Time now) {
  if (expiry(slots_[slot]) > now) return;
  displace(slot);
  place(slot, EntryState::expired);
}

std::optional<base::Time> Schedule::notice_at(const Entry& entry) const {
  const bool asked = entry.by_after != 0 && !entry.by_returns;
  const base::Duration after =
      asked ? std::chrono::seconds(entry.by_after) : settings_->delay_notice_after;
  if (entry.delay_told || after.count() == 0) return std::nullopt;
  const base::Time at = begun(entry) + after;
  // Who gives up earlier than that tells of a failure, not of a delay.
  if (at >= expiry(entry)) return std::nullopt;
  return at;
}

void Schedule::call_late(std::uint32_t slot, base::Time now) {
  if (slots_[slot].state != EntryState::ready) return;
  if (const auto at = notice_at(slots_[slot]); !at || *at > now) return;
  displace(slot);
  place(slot, EntryState::late);
}

std::uint32_t Schedule::expire_blocked(std::uint32_t from, std::uint32_t entries, base::Time now) {
  const std::uint32_t end = std::min(slots_.end(), from + std::min(entries, no_slot - from));
  for (std::uint32_t slot = from; slot < end; ++slot) {
    const Entry& entry = slots_[slot];
    const bool behind =
        entry.state == EntryState::ready && destinations_[entry.destination].blocked;
    if (!behind) continue;
    expire(slot, now);
    call_late(slot, now);
  }
  return end < slots_.end() ? end : no_slot;
}

base::Duration Schedule::ladder(std::uint32_t failures, std::uint64_t random) const {
  const auto& steps = settings_->retry_after;
  CHECK(!steps.empty() && failures > 0, "a retry needs a step of the ladder");
  const base::Duration step = steps[std::min<std::size_t>(failures, steps.size()) - 1];
  const auto percent = std::min<std::int64_t>(settings_->retry_jitter_percent, 100);
  const base::Duration::rep spread = step.count() / 100 * percent;
  const auto range = static_cast<std::uint64_t>(2 * spread + 1);
  return step + base::Duration(static_cast<base::Duration::rep>(random % range) - spread);
}

}  // namespace queue
