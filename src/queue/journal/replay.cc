// See replay.h.
#include "queue/journal/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <unordered_map>

#include "queue/journal/segment.h"

namespace queue::journal {

namespace {

// What newer segments say about a message whose commit was not met yet.
struct Later {
  bool done = false;
  std::string states;
  std::optional<Defer> defer;
  Place defer_place;
};

class Replay {
 public:
  Replay(Context& context, Stream& stream, const std::function<void(Stored)>& each,
         ReplayReport& report)
      : context_(context), stream_(stream), each_(each), report_(report) {}

  base::Result<> run();

 private:
  base::Result<> read(SegmentName name);
  base::Result<bool> make_usable(SegmentName name, Reading& reading);
  void report_damages(SegmentName name, const Scan& scan);
  void apply(std::uint32_t segment, Summary summary);
  void apply_commit(std::uint32_t segment, SummaryCommit commit);
  void damage(SegmentName name, std::string_view what) {
    report_.damages.push_back(fmt::format("{}/{}: {}", context_.folder(), name.text(), what));
  }

  Context& context_;
  Stream& stream_;
  const std::function<void(Stored)>& each_;
  ReplayReport& report_;
  std::unordered_map<MessageId, Later> later_;
};

base::Result<> Replay::run() {
  auto names = list_segments(context_.doors.files, context_.folder());
  if (!names) return std::unexpected(std::move(names.error()));
  std::erase_if(*names, [this](SegmentName name) { return name.stream != stream_.number(); });
  if (names->empty()) return {};
  stream_.begin_after(names->back().segment);
  // All are known before the first is read: a commit counts its chunks in older ones.
  for (const SegmentName name : *names) stream_.ledger().add_segment(name.segment, {});
  for (const SegmentName name : *names | std::views::reverse) {
    if (auto done = read(name); !done) return done;
  }
  const auto in_force = stream_.destinations().in_force(context_.doors.clock.wall());
  report_.destinations.insert(report_.destinations.end(), in_force.begin(), in_force.end());
  return {};
}

base::Result<> Replay::read(SegmentName name) {
  auto reading = read_segment(context_.doors.files, context_.folder(), name);
  if (!reading) return std::unexpected(std::move(reading.error()));
  ++report_.segments;
  report_.bytes_read += reading->bytes_read;
  report_damages(name, reading->scan);
  auto usable = make_usable(name, *reading);
  if (!usable) return std::unexpected(std::move(usable.error()));
  if (*usable) apply(name.segment, std::move(reading->scan.summary));
  return {};
}

base::Result<bool> Replay::make_usable(SegmentName name, Reading& reading) {
  Ledger& ledger = stream_.ledger();
  io::Files& files = context_.doors.files;
  switch (reading.condition) {
    case Reading::Condition::sealed:
      ledger.seal_segment(name.segment, reading.file_bytes);
      return true;
    case Reading::Condition::unsealed: {
      auto bytes = recover_segment(files, context_.folder(), name, reading.scan);
      if (!bytes) return std::unexpected(std::move(bytes.error()));
      ledger.seal_segment(name.segment, *bytes);
      return true;
    }
    case Reading::Condition::unused: {
      auto removed = remove_segment(files, context_.folder(), name);
      if (!removed) return std::unexpected(std::move(removed.error()));
      ledger.remove_segment(name.segment);
      return false;
    }
    case Reading::Condition::unreadable:
      // It stays for whoever can make something of it; it is never counted as sealed, so never
      // emptied.
      damage(name, "neither header nor trailer hold: the segment cannot be read");
      return false;
  }
  return false;
}

void Replay::report_damages(SegmentName name, const Scan& scan) {
  report_.torn_bytes += scan.torn_bytes;
  for (const Damage& one : scan.damages) {
    damage(name, fmt::format("at {}, {} octets: {}", one.offset, one.bytes, one.what));
  }
}

void Replay::apply(std::uint32_t segment, Summary summary) {
  for (const Summary::Done& done : summary.dones) {
    if (stream_.ledger().find(done.id) == nullptr) later_[done.id].done = true;
  }
  for (const Summary::States& states : summary.states) {
    if (stream_.ledger().find(states.id) == nullptr) {
      overlay_states(later_[states.id].states, states.recipients);
    }
  }
  // The last word about a message counts, so backwards here too.
  for (SummaryDefer& defer : summary.defers | std::views::reverse) {
    const MessageId id = defer.defer.id;
    if (stream_.ledger().find(id) != nullptr) continue;
    Later& later = later_[id];
    if (later.defer) continue;
    later.defer_place = {segment, defer.offset};
    later.defer = std::move(defer.defer);
  }
  for (const Defer& defer : summary.destinations) stream_.destinations().put_older(defer);
  for (SummaryCommit& commit : summary.commits) apply_commit(segment, std::move(commit));
}

void Replay::apply_commit(std::uint32_t segment, SummaryCommit commit) {
  Ledger& ledger = stream_.ledger();
  // A copy was made: the newer one counts.
  if (ledger.find(commit.id) != nullptr) return ledger.met_older_copy(commit.id, segment);
  Later later;
  if (const auto found = later_.find(commit.id); found != later_.end()) {
    // The word "done" stays: there may be an older copy of this message.
    if (found->second.done) return;
    later = std::move(found->second);
    later_.erase(found);
  }
  auto info = decode_envelope(commit.id, commit.envelope);
  auto state = decode_state(commit.state);
  if (!info || !state) {
    return damage({stream_.number(), segment},
                  fmt::format("at {}: message {} is unreadable", commit.offset, commit.id.text()));
  }
  overlay_states(state->recipients, later.states);
  if (later.defer) state->defer = std::move(later.defer);
  ledger.add({.id = commit.id,
              .place = {segment, commit.offset},
              .record_bytes = commit.bytes,
              .chunks = std::move(commit.chunks),
              .states = state->recipients,
              .chunks_were_drafts = false});
  if (later.defer_place) ledger.set_defer(commit.id, later.defer_place);
  ++report_.messages;
  each_(make_stored(std::move(*info), *state));
}

}  // namespace

base::Result<> replay(Context& context, Stream& stream, const std::function<void(Stored)>& each,
                      ReplayReport& report) {
  return Replay(context, stream, each, report).run();
}

}  // namespace queue::journal
