// See stream.h.
#include "queue/journal/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "lib/base/check.h"
#include "lib/io/loop.h"
#include "lib/io/random.h"

namespace queue::journal {

namespace {

using namespace std::chrono_literals;

// Ends and deferrals wait so long for a commit to share its sync: losing one costs a duplicate
// attempt.
constexpr base::Duration soon_sync = 10ms;
// Another body is arriving: it may be whole in a moment.
constexpr int turns_for_others = 2;
constexpr std::size_t open_segments_max = 64;
constexpr std::uint64_t segment_bytes_min = 64ULL << 10U;
// Of one that is made from nothing: mail waits while its zeros are written, a stream of little mail
// needs no more, and a busy one has filled it when the file made in the background is there.
constexpr std::uint64_t small_segment_bytes = 1ULL << 20U;
// Large messages get one with room for some.
constexpr std::uint64_t small_segment_messages = 4;
constexpr std::uint64_t small_segment_bytes_max = 8ULL << 20U;
// Destinations put off take this part of a segment at most, else it is made larger.
constexpr std::uint64_t opening_part_max = 4;
// A dead segment shorter than this part of the usual one is not worth being written over.
constexpr std::uint64_t spare_part_min = 2;
// An adopted stream takes only the ends of its messages.
constexpr std::uint64_t adopted_segment_bytes_max = 1ULL << 20U;

}  // namespace

Stream::Stream(Context& context, std::uint32_t number, bool own)
    : context_(context), number_(number), own_(own), ledger_(context.bodies) {
  if (own_) context_.space.on_shortage([this] { stock_.give_back(); });
}

Stream::~Stream() {
  context_.doors.clock.disarm(soon_timer_);
  if (own_) context_.space.on_shortage({});
}

void Stream::SoonTimer::fire() {
  stream_.soon_armed_ = false;
  stream_.urgent_ = true;
  stream_.wake();
}

io::Task<base::Result<>> Stream::submit(io::Ref<Submission> submission) {
  if (!trouble_.empty()) co_return base::fail(trouble_kind_, trouble_);
  if (closing_) co_return base::fail(base::ErrorKind::closed, "the journal is closed");
  waiting_.push_back(&*submission);
  if (submission->sync != Submission::Sync::soon) urgent_ = true;
  wake();
  co_return co_await submission->done;
}

io::Task<base::Result<>> Stream::make_safe() {
  Submission nothing;
  co_return co_await submit(nothing);
}

io::Task<base::Result<>> Stream::seal() {
  Submission submission;
  submission.seal = true;
  co_return co_await submit(submission);
}

// The flush runs after everything that is ready now and, when others are at their bodies, after
// what came while that was done: so it takes along what the same turn commits, and those who are a
// little behind.
void Stream::wake() {
  if (flushing_ || posted_ || waiting_.empty()) return;
  if (!urgent_) {
    if (!soon_armed_) context_.doors.clock.arm(soon_timer_, context_.doors.clock.now() + soon_sync);
    soon_armed_ = true;
    return;
  }
  posted_ = true;
  after_turns(drafts_ > 1 ? turns_for_others : 1);
}

void Stream::after_turns(int turns) {
  context_.doors.loop.post([this, turns, alive = alive()] {
    if (alive.expired()) return;
    if (turns > 1) return after_turns(turns - 1);
    posted_ = false;
    if (!flushing_ && !waiting_.empty()) tasks_.spawn(flush());
  });
}

io::Task<void> Stream::flush() {
  flushing_ = true;
  urgent_ = false;
  context_.doors.clock.disarm(soon_timer_);
  soon_armed_ = false;
  std::deque<Submission*> turn = std::exchange(waiting_, {});
  while (!turn.empty() && trouble_.empty()) {
    Batch batch = gather(turn);
    if (batch.members.empty()) {
      co_await make_room(turn);
    } else {
      co_await write(std::move(batch));
    }
  }
  flushing_ = false;
  // Before it is needed: a segment that is made from nothing lets mail wait.
  if (from_stock_ && head_ && head_->is_half_full()) mind_the_stock();
  if (!trouble_.empty()) {
    const base::Error error{trouble_kind_, trouble_};
    fail_all(std::move(turn), error);
    fail_all(std::exchange(waiting_, {}), error);
    co_return;
  }
  if (ledger_.take_dead_hint() && on_dead_segment_) on_dead_segment_();
  wake();
}

Batch Stream::gather(std::deque<Submission*>& turn) {
  Batch batch = head_ ? head_->begin() : Batch{};
  while (!turn.empty()) {
    Submission& next = *turn.front();
    if (next.seal) break;
    settle(next, ledger_);
    const std::uint64_t bytes = bytes_needed(next, ledger_);
    if (bytes == 0) {
      batch.members.push_back(&next);
      batch.sync |= next.sync != Submission::Sync::none;
    } else if (head_ && head_->fits(next, bytes)) {
      head_->place(next, batch, ledger_, destinations_);
    } else {
      break;
    }
    turn.pop_front();
  }
  return batch;
}

io::Task<void> Stream::write(Batch batch) {
  base::Result<> result = head_ ? head_->write(batch) : base::Result<>{};
  if (result && batch.sync && head_ && head_->dirty()) {
    const base::Instant begin = context_.doors.clock.now();
    const auto segment = head_->segment();
    result = co_await off_loop(context_, [segment] { return segment->file->sync(); });
    context_.pace.measured(context_.doors.clock.now() - begin);
    if (result) head_->synced();
  }
  if (!result) {
    fail(result.error());
    result = base::fail(trouble_kind_, trouble_);
  }
  for (Submission* member : batch.members) member->done.complete(result);
}

void Stream::fail(const base::Error& error) {
  // After a failed sync nobody knows what is on the disk; only replay may look again.
  trouble_kind_ = error.kind == base::ErrorKind::no_space ? error.kind : base::ErrorKind::io;
  trouble_ =
      fmt::format("stream {} of the journal is closed until a restart: {}", number_, error.text());
}

void Stream::fail_all(std::deque<Submission*> submissions, const base::Error& error) {
  for (Submission* submission : submissions) submission->done.complete(std::unexpected(error));
}

io::Task<void> Stream::make_room(io::Ref<std::deque<Submission*>> turn) {
  Submission* const first = turn->front();
  if (first->seal) {
    auto sealed = co_await seal_head();
    if (!sealed) fail(sealed.error());
    turn->pop_front();
    first->done.complete(std::move(sealed));
    co_return;
  }
  auto made = co_await roll_over(*first);
  if (made || !trouble_.empty()) co_return;
  turn->pop_front();
  first->done.complete(std::move(made));
}

io::Task<base::Result<>> Stream::roll_over(io::Ref<const Submission> next) {
  auto opening = destinations_.in_force(context_.doors.clock.wall());
  const std::uint64_t needed =
      Head::capacity_for(bytes_needed(*next, ledger_) + Head::opening_bytes(opening));
  if (needed > segment_bytes_max) {
    co_return base::fail(base::ErrorKind::limit, "more than fits into a segment of the journal");
  }
  mind_the_stock();
  std::uint64_t capacity = std::max(needed, capacity_after(Head::opening_bytes(opening), needed));
  from_stock_ = !stock_.empty();
  // A file that waits has its room already.
  const std::uint64_t more = from_stock_ ? 0 : capacity;
  // Asked in this order: right after a refusal the disk is left alone.
  if (next->mail && (!context_.space.refusal().empty() || !context_.space.room_for(more))) {
    co_return base::fail(base::ErrorKind::no_space, context_.space.refusal());
  }
  auto made = co_await make_segment(capacity);
  if (!made && made.error().kind == base::ErrorKind::no_space) {
    if (next->mail) context_.space.met_the_end();
    // Ends must go on when the disk is full: a small segment may still fit.
    if (!next->mail && capacity > std::max(needed, segment_bytes_min)) {
      capacity = std::max(needed, segment_bytes_min);
      made = co_await make_segment(capacity);
    }
  }
  if (!made) co_return std::unexpected(std::move(made.error()));
  if (auto sealed = co_await seal_head(); !sealed) {
    fail(sealed.error());
    co_return sealed;
  }
  auto segment = std::make_shared<OpenSegment>(std::move(*made));
  ledger_.add_segment(segment->header.segment, {});
  head_ = std::make_unique<Head>(std::move(segment), capacity, std::move(opening));
  CHECK(head_->fits(*next, bytes_needed(*next, ledger_)),
        "a new segment has room for what it is for");
  co_return base::Result<>{};
}

std::uint64_t Stream::standard_bytes() const {
  const std::uint64_t most = own_ ? segment_bytes_max : adopted_segment_bytes_max;
  return std::min(context_.settings->segment_bytes, most);
}

// Where thousands of destinations are put off, what each segment says again at its beginning must
// leave as much room again: else a full one would count as mostly dead, and compaction would move
// its mail into the next one of that kind, for ever.
std::uint64_t Stream::capacity_after(std::uint64_t opening, std::uint64_t needed) const {
  std::uint64_t usual = standard_bytes();
  if (stock_.empty()) {
    const std::uint64_t some = std::min(needed * small_segment_messages, small_segment_bytes_max);
    usual = std::min(usual, std::max(some, small_segment_bytes));
  }
  if (opening <= usual / opening_part_max) return usual;
  return std::min(Head::capacity_for(opening + std::max(opening, usual)), segment_bytes_max);
}

// Called when a segment is full, or half full and the last of the stock.
void Stream::mind_the_stock() {
  if (own_ && head_ && stock_.is_short()) {
    stock_.make_one({number_, ++last_segment_}, standard_bytes());
  }
}

SegmentHeader Stream::next_header() {
  SegmentHeader header;
  header.stream = number_;
  header.segment = ++last_segment_;  // never used again, even if this fails
  header.salt = context_.doors.random.number();
  header.created = context_.doors.clock.wall().time_since_epoch().count();
  return header;
}

io::Task<base::Result<OpenSegment>> Stream::make_segment(std::uint64_t capacity) {
  if (const auto spare = stock_.take()) {
    auto made = co_await make_segment_from(*spare, capacity);
    if (made) co_return made;
  }
  io::Files& files = context_.doors.files;
  co_return co_await off_loop(
      context_, [&files, folder = context_.folder(), header = next_header(), capacity] {
        return create_segment(files, folder, header, capacity);
      });
}

io::Task<base::Result<OpenSegment>> Stream::make_segment_from(SegmentName spare,
                                                              std::uint64_t capacity) {
  io::Files& files = context_.doors.files;
  co_return co_await off_loop(
      context_, [&files, folder = context_.folder(), spare, header = next_header(), capacity] {
        return recycle_segment(files, folder, spare, header, capacity);
      });
}

void Stream::add_spare(SegmentName spare) {
  last_segment_ = std::max(last_segment_, spare.segment);  // no other segment gets its number
  stock_.add(spare);
}

bool Stream::wants_spare(std::uint32_t segment) const {
  if (!own_ || closing_ || stock_.full()) return false;
  const std::uint64_t bytes = ledger_.segments().at(segment).bytes;
  if (bytes > standard_bytes() || bytes < standard_bytes() / spare_part_min) return false;
  const auto open = open_.find(segment);
  return open == open_.end() || open->second.use_count() == 1;
}

io::Task<base::Result<>> Stream::seal_head() {
  if (!head_) co_return base::Result<>{};
  const auto segment = head_->segment();
  auto summary = head_->sum_up(ledger_, destinations_.in_force(context_.doors.clock.wall()));
  const std::uint32_t tail = head_->tail();
  const std::uint32_t epoch = head_->epoch();
  auto bytes = co_await off_loop(context_, [segment, tail, epoch, summary = std::move(summary)] {
    return seal_segment(*segment, tail, epoch, summary);
  });
  if (!bytes) co_return std::unexpected(std::move(bytes.error()));
  ledger_.seal_segment(segment->header.segment, *bytes);
  keep_open(segment);
  head_.reset();
  co_return base::Result<>{};
}

base::Result<std::shared_ptr<OpenSegment>> Stream::segment(std::uint32_t segment) {
  if (head_ && head_->number() == segment) return head_->segment();
  if (const auto found = open_.find(segment); found != open_.end()) return found->second;
  if (!ledger_.has_segment(segment)) {
    return base::fail(base::ErrorKind::corrupt,
                      "journal segment " + SegmentName{number_, segment}.text() + " is missing");
  }
  auto opened = open_segment(context_.doors.files, context_.folder(), {number_, segment});
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto shared = std::make_shared<OpenSegment>(std::move(*opened));
  keep_open(shared);
  return shared;
}

void Stream::keep_open(std::shared_ptr<OpenSegment> segment) {
  if (open_.size() >= open_segments_max) {  // those that somebody reads stay known: wants_spare()
    std::erase_if(open_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  const std::uint32_t number = segment->header.segment;
  open_[number] = std::move(segment);
}

base::Result<ReadAhead::Source> Stream::source(std::uint32_t number) {
  auto found = segment(number);
  if (!found) return std::unexpected(std::move(found.error()));
  // Behind the head's end records are still to come: what is read there now would be wrong soon.
  const bool head = head_ && head_->number() == number;
  const auto end = head ? head_->tail() : std::numeric_limits<std::uint32_t>::max();
  return ReadAhead::Source{std::move(*found), end};
}

io::Task<void> Stream::close() {
  closing_ = true;
  co_await stock_.close();
  while (flushing_ || !waiting_.empty()) {
    if (!flushing_) tasks_.spawn(flush());
    co_await tasks_.join();
  }
  if (trouble_.empty()) {
    // An error is met again by the replay of the next start; everybody was answered before.
    (void)co_await seal_head();
  }
  head_.reset();
  open_.clear();
  read_ahead_.clear();
}

}  // namespace queue::journal
