// See scan.h.
#include "queue/journal/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace queue::journal {

namespace {

struct Found {
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  RecordView view;
};

class Scanner {
 public:
  Scanner(std::string_view bytes, const SegmentHeader& header) : bytes_(bytes), header_(header) {}

  Scan run() {
    find_records();
    judge_gaps();
    judge_bodies();
    drop_broken_groups();
    for (const Found& found : records_) apply(found);
    sum_up();
    return std::move(scan_);
  }

 private:
  void find_records();
  void add(std::uint32_t offset, const RecordView& view);
  void gap(std::uint32_t offset, std::uint32_t end, std::string what);
  void judge_gaps();
  void judge_bodies();
  void drop_broken_groups();
  [[nodiscard]] std::size_t group_end(std::size_t first) const;
  void apply(const Found& found);
  void apply_commit(const Found& found);
  void apply_ends(const Found& found);
  void apply_defers(const Found& found);
  void sum_up();
  void damaged(const Found& found, std::string what) {
    scan_.damages.push_back({found.offset, found.bytes, std::move(what)});
  }
  [[nodiscard]] bool last_epoch(std::uint32_t offset) const { return offset >= scan_.epoch; }

  std::string_view bytes_;
  SegmentHeader header_;
  Scan scan_;
  std::vector<Found> records_;
  std::vector<Damage> gaps_;
  std::set<std::uint32_t> chunks_;
  std::map<MessageId, SummaryCommit> commits_;
  std::map<MessageId, std::string> states_;
  std::map<MessageId, SummaryDefer> defers_;
  std::map<MessageId, Homes> dones_;
  std::map<std::string, Defer> destinations_;
};

std::string_view name(RecordType type) {
  switch (type) {
    case RecordType::chunk: return "piece of a body";
    case RecordType::commit: return "message";
    case RecordType::moved: return "moved message";
    case RecordType::ends: return "ends";
    case RecordType::defers: return "deferrals";
    case RecordType::index: return "index";
  }
  return "record";
}

std::string describe(const RecordHeader& header) {
  if (header.id == 0) return std::string(name(header.type));
  return fmt::format("{} {}", name(header.type), MessageId{header.id}.text());
}

void Scanner::gap(std::uint32_t offset, std::uint32_t end, std::string what) {
  if (offset < end) gaps_.push_back({offset, end - offset, std::move(what)});
}

void Scanner::add(std::uint32_t offset, const RecordView& view) {
  const auto bytes = static_cast<std::uint32_t>(record_bytes(view.header));
  if (!view.meta_ok) {
    gap(offset, offset + bytes, describe(view.header) + " does not match its checksum");
    return;
  }
  records_.push_back({offset, bytes, view});
  scan_.tail = offset + bytes;
  scan_.epoch = std::max(scan_.epoch, view.header.epoch);
}

void Scanner::find_records() {
  const auto size =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes_.size(), segment_bytes_max));
  std::uint32_t at = segment_header_bytes;
  std::uint32_t gap_begin = at;
  while (at + record_header_bytes <= size) {
    const auto view = parse_record(bytes_.substr(at, size - at), header_.salt, at);
    if (!view || view->header.epoch > at) {
      at += record_alignment;
      continue;
    }
    gap(gap_begin, at, "not a record");
    add(at, *view);
    at += static_cast<std::uint32_t>(record_bytes(view->header));
    gap_begin = at;
  }
  gap(gap_begin, size, "not a record");
}

// Up to its last octet that is not zero.
std::uint64_t used_bytes(std::string_view bytes) {
  const auto last = bytes.find_last_not_of('\0');
  return last == std::string_view::npos ? 0 : last + 1;
}

void Scanner::judge_gaps() {
  for (Damage& gap : gaps_) {
    if (gap.offset >= scan_.tail) {
      // What an older segment left cannot be told from what was torn; neither counts.
      if (!header_.recycled) scan_.torn_bytes += used_bytes(bytes_.substr(gap.offset, gap.bytes));
    } else if (last_epoch(gap.offset)) {
      scan_.torn_bytes += gap.bytes;
    } else {
      scan_.damages.push_back(std::move(gap));
    }
  }
}

void Scanner::judge_bodies() {
  std::erase_if(records_, [this](const Found& found) {
    if (found.view.body_ok) return false;
    if (last_epoch(found.offset)) {
      scan_.torn_bytes += found.bytes;
      return true;
    }
    damaged(found, describe(found.view.header) + ": its body does not match its checksum");
    return false;
  });
}

// Index after the last record of the whole group that begins here; `first` when it is not whole.
std::size_t Scanner::group_end(std::size_t first) const {
  const std::uint16_t size = records_[first].view.header.group_size;
  if (first + size > records_.size()) return first;
  std::uint32_t offset = records_[first].offset;
  for (std::size_t i = 0; i < size; ++i) {
    const Found& found = records_[first + i];
    const RecordHeader& header = found.view.header;
    if (header.group_index != i || header.group_size != size || found.offset != offset)
      return first;
    offset += found.bytes;
  }
  return first + size;
}

void Scanner::drop_broken_groups() {
  std::vector<Found> whole;
  for (std::size_t i = 0; i < records_.size();) {
    const std::size_t end = group_end(i);
    if (end > i) {
      whole.insert(whole.end(), records_.begin() + static_cast<std::ptrdiff_t>(i),
                   records_.begin() + static_cast<std::ptrdiff_t>(end));
      i = end;
      continue;
    }
    if (last_epoch(records_[i].offset)) {
      scan_.torn_bytes += records_[i].bytes;
    } else {
      damaged(records_[i], describe(records_[i].view.header) + ": its group is not whole");
    }
    ++i;
  }
  records_ = std::move(whole);
}

void Scanner::apply(const Found& found) {
  switch (found.view.header.type) {
    case RecordType::chunk:
      if (found.view.body_ok) chunks_.insert(found.offset);
      return;
    case RecordType::commit:
    case RecordType::moved: return apply_commit(found);
    case RecordType::ends: return apply_ends(found);
    case RecordType::defers: return apply_defers(found);
    case RecordType::index: return;  // of a sealing that a crash interrupted
  }
}

void Scanner::apply_commit(const Found& found) {
  const auto meta = decode_commit(found.view.meta);
  const MessageId id{found.view.header.id};
  if (!meta || !id || !decode_envelope(id, meta->envelope)) {
    return damaged(found, describe(found.view.header) + ": unreadable");
  }
  const auto missing = [&](const Chunk& chunk) {
    return chunk.place.segment == header_.segment && !chunks_.contains(chunk.place.offset);
  };
  if (std::ranges::any_of(meta->chunks, missing)) {
    if (last_epoch(found.offset)) {  // torn: never answered
      scan_.torn_bytes += found.bytes;
      return;
    }
    damaged(found, describe(found.view.header) + ": a piece of its body is missing");
  }
  SummaryCommit commit{id,
                       found.offset,
                       found.bytes,
                       meta->chunks,
                       std::string(meta->state),
                       std::string(meta->envelope)};
  commits_.insert_or_assign(id, std::move(commit));
}

void Scanner::apply_ends(const Found& found) {
  const auto ends = decode_ends(found.view.meta);
  if (!ends) return damaged(found, "ends: unreadable");
  for (const End& end : *ends) {
    const MessageId id = end.finish.id;
    if (!end.finish.message_done) {
      overlay_ends(states_[id], end.finish.ends);
      continue;
    }
    commits_.erase(id);
    dones_[id] = end.homes;
    states_.erase(id);
    defers_.erase(id);
  }
}

void Scanner::apply_defers(const Found& found) {
  auto defers = decode_defers(found.view.meta);
  if (!defers) return damaged(found, "deferrals: unreadable");
  for (Defer& defer : *defers) {
    if (defer.id) {
      const MessageId id = defer.id;
      defers_.insert_or_assign(id, SummaryDefer{found.offset, std::move(defer)});
    } else {
      std::string destination = defer.destination;
      destinations_.insert_or_assign(std::move(destination), std::move(defer));
    }
  }
}

void Scanner::sum_up() {
  Summary& summary = scan_.summary;
  for (auto& [id, commit] : commits_) summary.commits.push_back(std::move(commit));
  for (auto& [id, states] : states_) summary.states.push_back({id, std::move(states)});
  for (auto& [id, defer] : defers_) summary.defers.push_back(std::move(defer));
  for (const auto& [id, homes] : dones_) summary.dones.push_back({id, homes});
  for (auto& [key, defer] : destinations_) summary.destinations.push_back(std::move(defer));
}

}  // namespace

bool all_zero(std::string_view bytes) { return used_bytes(bytes) == 0; }

Scan scan_segment(std::string_view bytes, const SegmentHeader& header) {
  return Scanner(bytes, header).run();
}

}  // namespace queue::journal
