// See journal.h.
#include "queue/journal/journal.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/base/check.h"
#include "queue/journal/compaction.h"
#include "queue/journal/draft.h"
#include "queue/journal/fetch.h"
#include "queue/journal/replay.h"
#include "queue/journal/stream.h"

namespace queue::journal {

namespace {

// Deferrals of one record are read together when one of them is asked for.
constexpr std::size_t defers_per_record = 16;

struct Lane {  // a stream and who cleans up behind it
  Lane(Context& context, std::uint32_t number, bool own)
      : stream(context, number, own), compaction(context, stream) {}
  Stream stream;
  Compaction compaction;
};

class JournalStore final : public Journal {
 public:
  JournalStore(io::Doors doors, std::shared_ptr<const Settings> settings, const Claim& claim,
               SyncMode mode);

  std::unique_ptr<Draft> open_draft() override;
  io::Task<base::Result<>> commit(std::unique_ptr<Draft> draft, MessageInfo info) override;
  io::Task<base::Result<>> finish(std::vector<Finish> ends,
                                  std::vector<NewMessage> new_messages) override;
  io::Task<base::Result<>> defer(std::vector<Defer> deferrals) override;
  io::Task<base::Result<BodyOctets>> read_body(MessageId id, std::uint64_t offset,
                                               std::uint64_t length) override;
  void forget_body(MessageId id) override {
    if (Stream* const stream = home(id); stream != nullptr) stream->ledger().drop_body(id);
  }
  io::Task<base::Result<Stored>> read(MessageId id) override;
  io::Task<base::Result<ReplayReport>> load(std::function<void(Stored)> each) override;
  [[nodiscard]] std::size_t live_count() const override;
  void each_live(const std::function<void(MessageId)>& each) const override;
  [[nodiscard]] std::string trouble() const override;
  io::Task<void> close() override;
  [[nodiscard]] Usage usage() const override;
  io::Task<base::Result<Copyable>> hold(base::Instant until) override;
  void keep_holding(base::Instant until) override {
    for (const auto& lane : lanes_) lane->compaction.keep_holding(until);
  }

 private:
  [[nodiscard]] Stream& own() const { return lanes_.front()->stream; }
  // The home stream of a live message, or nullptr.
  [[nodiscard]] Stream* home(MessageId id) const;
  [[nodiscard]] base::Result<> why_unknown() const;
  base::Result<> claim_spares();
  static io::Task<base::Result<>> finish_in(io::Ref<Stream> stream, std::vector<Finish> ends,
                                            std::vector<NewMessage> new_messages);
  static io::Task<base::Result<>> defer_in(io::Ref<Stream> stream, std::vector<Defer> deferrals);

  // Asking for free space writes down the answer: trouble() is a question all the same.
  std::unique_ptr<Context> context_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // the own stream first
  bool loaded_ = false;
};

Record commit_record(const MessageInfo& info, std::string_view body, std::vector<Chunk> chunks) {
  CHECK(info.id, "a message has an id before it is committed");
  Record record;
  record.type = RecordType::commit;
  record.id = info.id;
  record.envelope = encode_envelope(info);
  record.chunks = std::move(chunks);
  const std::string content = info.content.encode();
  record.meta = encode_commit({record.envelope, {}, record.chunks, content});
  record.body = body;
  return record;
}

JournalStore::JournalStore(io::Doors doors, std::shared_ptr<const Settings> settings,
                           const Claim& claim, SyncMode mode)
    : context_(std::make_unique<Context>(doors, std::move(settings), mode)) {
  CHECK(context_->settings->draft_chunk_bytes > 0, "chunks have a size");
  lanes_.push_back(std::make_unique<Lane>(*context_, claim.own, true));
  for (const std::uint32_t number : claim.adopted) {
    CHECK(number != claim.own, "a stream is claimed once");
    lanes_.push_back(std::make_unique<Lane>(*context_, number, false));
  }
}

Stream* JournalStore::home(MessageId id) const {
  for (const auto& lane : lanes_) {
    if (lane->stream.ledger().find(id) != nullptr) return &lane->stream;
  }
  return nullptr;
}

// A message that is not known has ended long ago, unless a stream failed while it ended.
base::Result<> JournalStore::why_unknown() const {
  for (const auto& lane : lanes_) {
    if (!lane->stream.trouble().empty()) {
      return base::fail(base::ErrorKind::io, lane->stream.trouble());
    }
  }
  return {};
}

// Files that an earlier run put aside. Those of streams that are no more have no use.
base::Result<> JournalStore::claim_spares() {
  io::Files& files = context_->doors.files;
  auto spares = list_spares(files, context_->folder());
  if (!spares) return std::unexpected(std::move(spares.error()));
  for (const SegmentName spare : *spares) {
    if (spare.stream == own().number()) {
      own().add_spare(spare);
      continue;
    }
    for (const auto& lane : lanes_) {
      if (lane->stream.number() != spare.stream) continue;
      // Best effort: one that stays costs room and no mail, and must not keep a server from its
      // start.
      [[maybe_unused]] const auto removed = remove_spare(files, context_->folder(), spare);
    }
  }
  return {};
}

std::unique_ptr<Draft> JournalStore::open_draft() {
  return std::make_unique<JournalDraft>(*context_, own());
}

io::Task<base::Result<>> JournalStore::commit(std::unique_ptr<Draft> draft, MessageInfo info) {
  CHECK(loaded_, "a journal is loaded before it is written");
  auto* const ours = static_cast<JournalDraft*>(draft.get());
  CHECK(ours != nullptr && &ours->stream() == &own(), "a draft is committed where it was opened");
  if (!ours->health()) co_return ours->health();
  if (const auto& full = context_->space.refusal(); !full.empty()) {
    co_return base::fail(base::ErrorKind::no_space, full);
  }
  info.received_bytes = ours->size();
  Submission submission;
  submission.mail = true;
  submission.records.push_back(commit_record(info, ours->tail(), ours->chunks()));
  auto result = co_await own().submit(submission);
  if (submission.records.front().place) {
    const bool whole = ours->chunks().empty();
    ours->committed();
    // What waits for days must not take the memory of what goes now.
    const bool soon = info.release_at <= info.accepted;
    if (whole && soon && result) own().ledger().keep_body(info.id, std::move(ours->tail()));
  }
  co_return result;
}

io::Task<base::Result<>> JournalStore::finish(std::vector<Finish> ends,
                                              std::vector<NewMessage> new_messages) {
  CHECK(loaded_, "a journal is loaded before it is written");
  // A group lies in one stream. Ends of messages from several streams come from an operator's
  // command, reports come one message at a time; if both meet, the group with the reports is safe
  // first: a crash between the two repeats an end, and loses none.
  Stream* const first = ends.empty() ? nullptr : home(ends.front().id);
  Stream& main = first != nullptr ? *first : own();
  std::map<Stream*, std::vector<Finish>> others;
  std::vector<Finish> mine;
  for (Finish& end : ends) {
    Stream* const stream = home(end.id);
    if (stream == nullptr) {
      if (auto lost = why_unknown(); !lost) co_return lost;
    }
    if (stream == nullptr || stream == &main) {
      mine.push_back(std::move(end));
    } else {
      others[stream].push_back(std::move(end));
    }
  }
  auto result = co_await finish_in(main, std::move(mine), std::move(new_messages));
  for (auto& [stream, theirs] : others) {
    auto done = co_await finish_in(*stream, std::move(theirs), {});
    if (!done) result = std::move(done);
  }
  co_return result;
}

io::Task<base::Result<>> JournalStore::finish_in(io::Ref<Stream> stream, std::vector<Finish> ends,
                                                 std::vector<NewMessage> new_messages) {
  if (new_messages.size() >= group_records_max) {
    co_return base::fail(base::ErrorKind::limit, "too many messages in one group");
  }
  Submission submission;
  submission.group = true;
  submission.sync = new_messages.empty() ? Submission::Sync::soon : Submission::Sync::now;
  submission.records.resize(1);
  submission.records.front().type = RecordType::ends;
  for (Finish& end : ends) {
    // The first attempt is over: what remains of the message is read from disk.
    stream->ledger().drop_body(end.id);
    submission.records.front().ends.push_back({std::move(end), {}});
  }
  std::uint64_t bytes = 0;
  for (NewMessage& message : new_messages) {
    message.info.received_bytes = message.body.size();
    bytes += message.body.size();
    submission.records.push_back(commit_record(message.info, message.body, {}));
  }
  if (bytes > submission_bytes_max) {
    co_return base::fail(base::ErrorKind::limit, "more than one group may hold");
  }
  auto result = co_await stream->submit(submission);
  if (result) {
    for (NewMessage& message : new_messages) {
      stream->ledger().keep_body(message.info.id, std::move(message.body));
    }
  }
  co_return result;
}

io::Task<base::Result<>> JournalStore::defer(std::vector<Defer> deferrals) {
  CHECK(loaded_, "a journal is loaded before it is written");
  std::map<Stream*, std::vector<Defer>> by_stream;
  for (Defer& defer : deferrals) {
    Stream* const stream = defer.id ? home(defer.id) : &own();
    if (stream == nullptr) {
      if (auto lost = why_unknown(); !lost) co_return lost;
    }
    if (stream != nullptr) by_stream[stream].push_back(std::move(defer));
  }
  base::Result<> result;
  for (auto& [stream, theirs] : by_stream) {
    auto done = co_await defer_in(*stream, std::move(theirs));
    if (!done) result = std::move(done);
  }
  co_return result;
}

io::Task<base::Result<>> JournalStore::defer_in(io::Ref<Stream> stream,
                                                std::vector<Defer> deferrals) {
  Submission submission;
  submission.sync = Submission::Sync::soon;
  for (Defer& defer : deferrals) {
    if (defer.id) stream->ledger().drop_body(defer.id);
    if (submission.records.empty() ||
        submission.records.back().defers.size() >= defers_per_record) {
      submission.records.emplace_back().type = RecordType::defers;
    }
    submission.records.back().defers.push_back(std::move(defer));
  }
  co_return co_await stream->submit(submission);
}

io::Task<base::Result<BodyOctets>> JournalStore::read_body(MessageId id, std::uint64_t offset,
                                                           std::uint64_t length) {
  Stream* const stream = home(id);
  if (stream == nullptr) {
    co_return base::fail(base::ErrorKind::not_found, "no message " + id.text() + " in the journal");
  }
  co_return co_await fetch_span(*context_, *stream, id, {offset, length});
}

io::Task<base::Result<Stored>> JournalStore::read(MessageId id) {
  Stream* const stream = home(id);
  if (stream == nullptr) {
    co_return base::fail(base::ErrorKind::not_found, "no message " + id.text() + " in the journal");
  }
  auto fetched = co_await fetch_message(*context_, *stream, id);
  if (!fetched) co_return std::unexpected(std::move(fetched.error()));
  co_return make_stored(std::move(fetched->info), fetched->state);
}

io::Task<base::Result<ReplayReport>> JournalStore::load(std::function<void(Stored)> each) {
  CHECK(!loaded_, "a journal is loaded once");
  if (auto made = context_->doors.files.make_directories(context_->folder()); !made) {
    co_return std::unexpected(std::move(made.error()));
  }
  ReplayReport report;
  for (const auto& lane : lanes_) {
    if (auto done = replay(*context_, lane->stream, each, report); !done) {
      co_return std::unexpected(std::move(done.error()));
    }
  }
  if (auto done = claim_spares(); !done) co_return std::unexpected(std::move(done.error()));
  for (const auto& lane : lanes_) lane->compaction.wake();
  // A destination put off in an adopted stream is remembered by the own one from now on.
  for (const Defer& defer : std::exchange(report.destinations, {})) {
    own().destinations().put_older(defer);
  }
  for (const auto& lane : lanes_) {
    if (!lane->stream.own()) lane->stream.destinations().clear();
  }
  report.destinations = own().destinations().in_force(context_->doors.clock.wall());
  loaded_ = true;
  co_return report;
}

std::size_t JournalStore::live_count() const {
  std::size_t count = 0;
  for (const auto& lane : lanes_) count += lane->stream.ledger().size();
  return count;
}

void JournalStore::each_live(const std::function<void(MessageId)>& each) const {
  for (const auto& lane : lanes_) lane->stream.ledger().each(each);
}

std::string JournalStore::trouble() const {
  for (const auto& lane : lanes_) {
    if (!lane->stream.trouble().empty()) return lane->stream.trouble();
  }
  return context_->space.refusal();
}

io::Task<void> JournalStore::close() {
  for (const auto& lane : lanes_) co_await lane->compaction.stop();
  for (const auto& lane : lanes_) co_await lane->stream.close();
}

// No file goes, then none is written to. All records of a message lie in one stream, so it does not
// matter that streams are sealed one after the other. What is told of each is as it was at the
// instant of its seal: nothing is placed between that and the next line.
io::Task<base::Result<Journal::Copyable>> JournalStore::hold(base::Instant until) {
  CHECK(loaded_, "a journal is loaded before it is copied");
  for (const auto& lane : lanes_) co_await lane->compaction.hold(until);
  Copyable out;
  for (const auto& lane : lanes_) {
    if (auto sealed = co_await lane->stream.seal(); !sealed) {
      co_return std::unexpected(std::move(sealed.error()));
    }
    out.messages += lane->stream.ledger().size();
    for (const auto& [number, use] : lane->stream.ledger().segments()) {
      out.segments.push_back(SegmentName{lane->stream.number(), number}.text());
    }
  }
  co_return out;
}

Journal::Usage JournalStore::usage() const {
  Usage usage;
  for (const auto& lane : lanes_) {
    for (const auto& [number, segment] : lane->stream.ledger().segments()) {
      ++usage.segments;
      usage.bytes += segment.bytes;
      usage.live_bytes += segment.live;
    }
    usage.messages += lane->stream.ledger().size();
  }
  return usage;
}

}  // namespace

base::Result<std::vector<std::uint32_t>> list_streams(io::Files& files, const std::string& folder) {
  auto names = list_segments(files, folder);
  if (!names) return std::unexpected(std::move(names.error()));
  auto spares = list_spares(files, folder);
  if (!spares) return std::unexpected(std::move(spares.error()));
  std::set<std::uint32_t> streams;
  for (const SegmentName name : *names) streams.insert(name.stream);
  // One of which nothing else is left is claimed, too: whoever adopts it removes them.
  for (const SegmentName spare : *spares) streams.insert(spare.stream);
  return std::vector<std::uint32_t>(streams.begin(), streams.end());
}

Claim claim_streams(const std::vector<std::uint32_t>& existing, unsigned loop, unsigned loops) {
  CHECK(loop < loops, "loops are counted from 0");
  Claim claim{loop, {}};
  for (const std::uint32_t stream : existing) {
    if (stream != loop && stream % loops == loop) claim.adopted.push_back(stream);
  }
  return claim;
}

std::unique_ptr<Journal> Journal::make(io::Doors doors, std::shared_ptr<const Settings> settings,
                                       Claim claim, SyncMode mode) {
  return std::make_unique<JournalStore>(doors, std::move(settings), claim, mode);
}

}  // namespace queue::journal
