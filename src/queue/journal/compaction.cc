// See compaction.h.
#include "queue/journal/compaction.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "lib/base/check.h"

namespace queue::journal {

namespace {

using namespace std::chrono_literals;

// Most messages end within a second: waiting saves copying them.
constexpr base::Duration pause = 1s;
constexpr std::uint64_t step_bytes_max = 1ULL << 20U;
// A message that changes while it is copied is tried again; so often in one go.
constexpr int rounds_max = 4;
constexpr std::size_t ends_per_record = 1024;

std::vector<RecipientEnd> to_ends(std::string_view states) {
  std::vector<RecipientEnd> ends;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i] == '\0') continue;
    ends.push_back({static_cast<std::uint32_t>(i), static_cast<RecipientState>(states[i])});
  }
  return ends;
}

Record make_record(Compaction::Copy& copy) {
  Record record;
  record.type = RecordType::moved;
  record.id = copy.message.info.id;
  record.envelope = encode_envelope(copy.message.info);
  record.state = encode_state(copy.message.state);
  record.chunks = copy.chunks;
  copy.content = copy.message.info.content.encode();
  record.meta = encode_commit({record.envelope, record.state, record.chunks, copy.content});
  record.body = copy.body;
  record.source = copy.message.source;
  return record;
}

}  // namespace

Compaction::Compaction(Context& context, Stream& stream) : context_(context), stream_(stream) {
  stream_.on_dead_segment([this] { wake(); });
}

Compaction::~Compaction() { context_.doors.clock.disarm(timer_); }

void Compaction::wake() {
  again_ = true;
  if (running_ || armed_ || stopping_ || given_up_) return;
  armed_ = true;
  context_.doors.clock.arm(timer_, context_.doors.clock.now() + pause);
}

void Compaction::begin() {
  armed_ = false;
  if (stopping_) return;
  if (!held()) return tasks_.spawn(run());
  armed_ = true;
  context_.doors.clock.arm(timer_, held_until_);
}

bool Compaction::held() const { return context_.doors.clock.now() < held_until_; }

io::Task<void> Compaction::hold(base::Instant until) {
  keep_holding(until);
  base::Result<> waited;
  while (running_ && waited) waited = co_await paused_.wait();
}

io::Task<void> Compaction::stop() {
  stopping_ = true;
  context_.doors.clock.disarm(timer_);
  armed_ = false;
  co_await tasks_.join();
}

io::Task<void> Compaction::run() {
  running_ = true;
  again_ = false;
  std::uint32_t after = 0;
  while (may_go_on()) {
    // Rule 2 of docs/journal.md: one at a time, the oldest first.
    const auto segment = stream_.ledger().mostly_dead(after);
    if (!segment) break;
    after = *segment;
    // Its error concerns this segment only (damage, a full disk): it stays, and is tried again
    // later.
    (void)co_await empty(*segment);
  }
  if (may_go_on() && !stream_.own() && stream_.ledger().size() == 0) (void)co_await retire();
  running_ = false;
  paused_.notify();
  if (again_ || held()) wake();
}

bool Compaction::may_go_on() const {
  return !interrupted() && !given_up_ && stream_.trouble().empty();
}

bool Compaction::lies_in(MessageId id, std::uint32_t segment) const {
  const Live* live = stream_.ledger().find(id);
  if (live == nullptr) return false;
  if (live->commit.segment == segment) return true;
  return std::ranges::any_of(stream_.ledger().chunks(id), [segment](const Chunk& chunk) {
    return chunk.place.segment == segment;
  });
}

io::Task<base::Result<>> Compaction::empty(std::uint32_t segment) {
  io::Files& files = context_.doors.files;
  auto reading = co_await off_loop(context_, [&files, folder = context_.folder(),
                                              name = SegmentName{stream_.number(), segment}] {
    return read_segment(files, folder, name);
  });
  if (!reading) co_return std::unexpected(std::move(reading.error()));
  if (!reading->scan.damages.empty()) {
    // What it says about messages elsewhere may be lost: it stays until a start has looked at it.
    co_return base::fail(base::ErrorKind::corrupt, "a damaged segment is not emptied");
  }
  const Summary& summary = reading->scan.summary;
  if (auto done = co_await restate(segment, summary); !done) co_return done;
  std::set<MessageId> ids;
  for (const SummaryCommit& commit : summary.commits) ids.insert(commit.id);
  for (const MessageId id : stream_.ledger().with_chunks_in(segment)) ids.insert(id);
  std::erase_if(ids, [this](MessageId id) { return damaged_.contains(id); });
  if (auto done = co_await move_messages(segment, std::move(ids)); !done) co_return done;
  if (interrupted()) co_return base::Result<>{};
  co_return co_await remove(segment);
}

// Rule 1: what this segment says about messages in other segments is said again at the head.
io::Task<base::Result<>> Compaction::restate(std::uint32_t segment,
                                             io::Ref<const Summary> summary) {
  Ledger& ledger = stream_.ledger();
  Submission submission;
  std::vector<End> ends;
  const auto cut = [&](std::size_t at) {
    if (ends.size() < at) return;
    Record record;
    record.type = RecordType::ends;
    record.restated = true;
    record.ends = std::exchange(ends, {});
    submission.records.push_back(std::move(record));
  };
  for (const Summary::Done& done : summary->dones) {
    if (!ledger.any_exists(done.homes, segment)) continue;
    ends.push_back({{.id = done.id, .ends = {}, .message_done = true, .decision = {}}, done.homes});
    cut(ends_per_record);
  }
  for (const Summary::States& states : summary->states) {
    const Live* live = ledger.find(states.id);
    // One whose commit is newer has its states inside; one that lies here is moved as a whole.
    if (live == nullptr || live->commit.segment >= segment) continue;
    ends.push_back({{.id = states.id,
                     .ends = to_ends(ledger.states(states.id)),
                     .message_done = false,
                     .decision = {}},
                    ledger.homes(*live)});
    cut(ends_per_record);
  }
  cut(1);
  for (const SummaryDefer& defer : summary->defers) {
    const Live* live = ledger.find(defer.defer.id);
    const Place here{segment, defer.offset};
    if (live == nullptr || live->defer != here || live->commit.segment == segment) continue;
    Record record;
    record.type = RecordType::defers;
    record.defers.push_back(defer.defer);
    record.defer_source = here;
    submission.records.push_back(std::move(record));
  }
  if (submission.records.empty()) co_return base::Result<>{};
  co_return co_await stream_.submit(submission);
}

io::Task<base::Result<>> Compaction::move_messages(std::uint32_t segment, std::set<MessageId> ids) {
  for (int round = 0; round < rounds_max; ++round) {
    std::vector<MessageId> step;
    std::uint64_t bytes = 0;
    std::erase_if(ids, [&](MessageId id) { return !lies_in(id, segment); });
    for (const MessageId id : ids) {
      if (interrupted()) co_return base::Result<>{};
      if (!lies_in(id, segment)) continue;
      step.push_back(id);
      bytes += stream_.ledger().find(id)->record_bytes;
      if (bytes < step_bytes_max && id != *ids.rbegin()) continue;
      if (auto done = co_await move_step(std::exchange(step, {})); !done) co_return done;
      bytes = 0;
    }
    if (!step.empty()) {
      if (auto done = co_await move_step(std::move(step)); !done) co_return done;
    }
  }
  co_return base::Result<>{};
}

io::Task<base::Result<>> Compaction::move_step(std::vector<MessageId> ids) {
  std::deque<Copy> copies;
  for (const MessageId id : ids) {
    Copy& copy = copies.emplace_back();
    auto copied = co_await copy_message(id, copy);
    if (copied) continue;
    abandon(copy.chunks);
    copies.pop_back();
    const base::ErrorKind kind = copied.error().kind;
    // What cannot be read stays where it is; trying it again and again would only write.
    if (kind == base::ErrorKind::corrupt) damaged_.insert(id);
    if (kind == base::ErrorKind::corrupt || kind == base::ErrorKind::not_found) continue;
    for (const Copy& other : copies) abandon(other.chunks);
    co_return copied;
  }
  Submission submission;
  for (Copy& copy : copies) submission.records.push_back(make_record(copy));
  base::Result<> result;
  if (!copies.empty()) result = co_await stream_.submit(submission);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    // Not placed: it changed or ended while it was copied, or nothing was written.
    if (!submission.records[i].place) abandon(copies[i].chunks);
  }
  co_return result;
}

io::Task<base::Result<>> Compaction::copy_message(MessageId id, io::Ref<Copy> copy) {
  auto message = co_await fetch_message(context_, stream_, id);
  if (!message) co_return std::unexpected(std::move(message.error()));
  const Live* live = stream_.ledger().find(id);
  if (live == nullptr) co_return base::fail(base::ErrorKind::not_found, "ended meanwhile");
  auto body = co_await fetch_body(context_, stream_, message->source.commit, live->record_bytes);
  if (!body) co_return std::unexpected(std::move(body.error()));
  copy->message = std::move(*message);
  copy->body = std::move(*body);
  co_return co_await copy_chunks(id, copy->chunks);
}

io::Task<base::Result<>> Compaction::copy_chunks(MessageId id, io::Ref<std::vector<Chunk>> copies) {
  const std::vector<Chunk> chunks = stream_.ledger().chunks(id);
  for (const Chunk& chunk : chunks) {
    auto body = co_await fetch_body(context_, stream_, chunk.place, record_bytes(0, chunk.bytes));
    if (!body) co_return std::unexpected(std::move(body.error()));
    Submission submission;
    submission.sync = Submission::Sync::none;
    submission.records.resize(1);
    Record& record = submission.records.front();
    record.type = RecordType::chunk;
    record.body = *body;
    auto written = co_await stream_.submit(submission);
    if (record.place) copies->push_back({record.place, chunk.bytes});
    if (!written) co_return written;
  }
  co_return base::Result<>{};
}

void Compaction::abandon(const std::vector<Chunk>& chunks) {
  for (const Chunk& chunk : chunks) stream_.ledger().chunk_abandoned(chunk);
}

io::Task<base::Result<>> Compaction::remove(std::uint32_t segment) {
  const SegmentUse& use = stream_.ledger().segments().at(segment);
  if (use.live > 0 || use.drafts > 0) {
    co_return base::fail(base::ErrorKind::busy, "messages changed while they were moved");
  }
  // Rule 3: the ends and copies that made it dead are safe before it goes.
  if (auto safe = co_await stream_.make_safe(); !safe) co_return safe;
  if (held()) co_return base::fail(base::ErrorKind::busy, "somebody copies the segments");
  io::Files& files = context_.doors.files;
  const SegmentName name{stream_.number(), segment};
  const bool spare = stream_.wants_spare(segment);
  auto removed = co_await off_loop(context_, [&files, folder = context_.folder(), name, spare] {
    return spare ? set_aside_segment(files, folder, name) : remove_segment(files, folder, name);
  });
  if (!removed) {
    given_up_ = true;
    co_return removed;
  }
  stream_.forget_file(segment);
  stream_.ledger().remove_segment(segment);
  if (spare) stream_.add_spare(name);
  ++removed_;
  co_return base::Result<>{};
}

// An adopted stream whose last message has ended goes as a whole, the oldest segment first.
io::Task<base::Result<>> Compaction::retire() {
  if (auto sealed = co_await stream_.seal(); !sealed) co_return sealed;
  while (!stream_.ledger().segments().empty() && stream_.ledger().size() == 0 && !interrupted()) {
    const auto& [number, use] = *stream_.ledger().segments().begin();
    if (!use.sealed) break;  // unreadable, or written to again
    if (auto done = co_await remove(number); !done) co_return done;
  }
  co_return base::Result<>{};
}

}  // namespace queue::journal
