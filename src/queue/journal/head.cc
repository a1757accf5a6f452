// See head.h.
#include "queue/journal/head.h"

#include <algorithm>
#include <set>

#include "lib/base/check.h"

namespace queue::journal {

namespace {

constexpr std::uint64_t reserve_part = 16;  // of the capacity, for ends and deferrals
constexpr std::string_view zeros("\0\0\0\0\0\0\0", record_alignment - 1);

bool moved_meanwhile(const Record& record, const Ledger& ledger) {
  const Live* live = ledger.find(record.id);
  return live == nullptr || live->commit != record.source->commit ||
         live->defer != record.source->defer || ledger.states(record.id) != record.source->states;
}

void settle_ends(Record& record, const Ledger& ledger) {
  if (!record.restated) {
    std::erase_if(record.ends, [&](End& end) {
      const Live* live = ledger.find(end.finish.id);
      if (live != nullptr) end.homes = ledger.homes(*live);
      return live == nullptr;
    });
  }
  record.left_out = record.ends.empty();
  record.meta = encode_ends(record.ends);
}

void settle_defers(Record& record, const Ledger& ledger) {
  std::erase_if(record.defers, [&](const Defer& defer) {
    if (!defer.id) return false;  // a destination
    const Live* live = ledger.find(defer.id);
    return live == nullptr || (record.defer_source && live->defer != *record.defer_source);
  });
  record.left_out = record.defers.empty();
  record.meta = encode_defers(record.defers);
}

std::uint64_t states_bytes_max(const Finish& finish, const Ledger& ledger) {
  std::uint64_t recipients = ledger.states(finish.id).size();
  for (const RecipientEnd& end : finish.ends) {
    recipients = std::max<std::uint64_t>(recipients, std::uint64_t{end.recipient} + 1);
  }
  return 8 + 10 + recipients;
}

std::uint64_t index_growth(const Record& record, const Ledger& ledger) {
  switch (record.type) {
    case RecordType::commit:
    case RecordType::moved: {
      SummaryCommit commit;
      return summary_bytes_max(commit) + (12 * record.chunks.size()) + record.state.size() +
             record.envelope.size();
    }
    case RecordType::ends: {
      std::uint64_t bytes = 0;
      for (const End& end : record.ends) {
        bytes +=
            end.finish.message_done ? summary_done_bytes : states_bytes_max(end.finish, ledger);
      }
      return bytes;
    }
    case RecordType::defers: {
      std::uint64_t bytes = 0;
      for (const Defer& defer : record.defers) bytes += summary_bytes_max(defer);
      return bytes;
    }
    case RecordType::chunk:
    case RecordType::index: return 0;
  }
  return 0;
}

}  // namespace

void settle(Submission& submission, const Ledger& ledger) {
  for (Record& record : submission.records) {
    if (record.type == RecordType::ends) settle_ends(record, ledger);
    if (record.type == RecordType::defers) settle_defers(record, ledger);
    if (record.type == RecordType::moved) record.left_out = moved_meanwhile(record, ledger);
  }
}

std::uint64_t bytes_needed(const Submission& submission, const Ledger& ledger) {
  std::uint64_t bytes = 0;
  for (const Record& record : submission.records) {
    if (!record.left_out) bytes += record.bytes() + index_growth(record, ledger);
  }
  return bytes;
}

Head::Head(std::shared_ptr<OpenSegment> segment, std::uint64_t capacity, std::vector<Defer> opening)
    : segment_(std::move(segment)), capacity_(capacity) {
  CHECK(capacity_ <= segment_bytes_max, "offsets fit into 32 bits");
  if (opening.empty()) return;
  opening_bytes_ = opening_bytes(opening);
  opening_.type = RecordType::defers;
  opening_.defers = std::move(opening);
  opening_.meta = encode_defers(opening_.defers);
}

std::uint64_t Head::opening_bytes(const std::vector<Defer>& opening) {
  std::uint64_t bytes = record_bytes(10, 0);
  for (const Defer& defer : opening) bytes += 2 * summary_bytes_max(defer);  // record and index
  return bytes;
}

std::uint64_t Head::capacity_for(std::uint64_t bytes) {
  const std::uint64_t frame = segment_header_bytes + seal_bytes(summary_base_bytes);
  // Rounded up, so that what is left after the reserve is enough.
  return (bytes + frame + record_alignment) * reserve_part / (reserve_part - 1) + reserve_part;
}

bool Head::fits(const Submission& submission, std::uint64_t bytes) const {
  if (bytes == 0) return true;
  const std::uint64_t reserve = submission.mail ? capacity_ / reserve_part : 0;
  return offset_ + opening_bytes_ + bytes + seal_bytes(summary_bytes_) + reserve <= capacity_;
}

Batch Head::begin() {
  Batch batch;
  batch.offset = offset_;
  return batch;
}

void Head::place(Submission& submission, Batch& batch, Ledger& ledger, Destinations& destinations) {
  batch.members.push_back(&submission);
  batch.sync |= submission.sync != Submission::Sync::none;
  const auto matters = [](const Record& record) { return !record.left_out; };
  const auto count = std::ranges::count_if(submission.records, matters);
  if (count == 0) return;
  if (opening_bytes_ > 0) {
    opening_bytes_ = 0;
    place_record(opening_, batch, 0, 1);
    note(opening_, ledger, destinations);
  }
  CHECK(!submission.group || static_cast<std::size_t>(count) <= group_records_max, "a u16 counts");
  std::uint16_t index = 0;
  const auto size = submission.group ? static_cast<std::uint16_t>(count) : std::uint16_t{1};
  for (Record& record : submission.records) {
    if (record.left_out) continue;
    place_record(record, batch, index, size);
    note(record, ledger, destinations);
    if (submission.group) ++index;
  }
  CHECK(offset_ + seal_bytes(summary_bytes_) <= capacity_, "what was placed fits, and the index");
}

void Head::place_record(Record& record, Batch& batch, std::uint16_t index, std::uint16_t size) {
  RecordHeader header;
  header.type = record.type;
  header.epoch = epoch_;
  header.id = record.id.value;
  header.group_index = index;
  header.group_size = size;
  record.place = {number(), offset_};
  record.header = seal_record(header, segment_->header.salt, offset_, record.meta, record.body);
  batch.pieces.emplace_back(record.header.data(), record.header.size());
  if (!record.meta.empty()) batch.pieces.emplace_back(record.meta);
  if (!record.body.empty()) batch.pieces.push_back(record.body);
  const std::uint64_t bytes = record.bytes();
  const std::uint64_t padding =
      bytes - record_header_bytes - record.meta.size() - record.body.size();
  if (padding > 0) batch.pieces.push_back(zeros.substr(0, padding));
  offset_ += static_cast<std::uint32_t>(bytes);
}

void Head::note(Record& record, Ledger& ledger, Destinations& destinations) {
  summary_bytes_ += index_growth(record, ledger);
  switch (record.type) {
    case RecordType::chunk:
      return ledger.chunk_placed({record.place, static_cast<std::uint32_t>(record.body.size())});
    case RecordType::commit:
    case RecordType::moved: return note_commit(record, ledger);
    case RecordType::ends: return note_ends(record, ledger);
    case RecordType::defers: return note_defers(record, ledger, destinations);
    case RecordType::index: CHECK(false, "the index is written by seal()");
  }
}

void Head::note_commit(Record& record, Ledger& ledger) {
  const auto bytes = static_cast<std::uint32_t>(record.bytes());
  summary_.commits.push_back({record.id, record.place.offset, bytes, record.chunks,
                              std::move(record.state), std::move(record.envelope)});
  Ledger::Commit commit{.id = record.id,
                        .place = record.place,
                        .record_bytes = bytes,
                        .chunks = std::move(record.chunks),
                        .states = {},
                        .chunks_were_drafts = true};
  if (record.type == RecordType::commit) return ledger.add(std::move(commit));
  commit.states = record.source->states;
  ledger.move(std::move(commit));
}

void Head::note_ends(const Record& record, Ledger& ledger) {
  for (const End& end : record.ends) {
    const MessageId id = end.finish.id;
    if (end.finish.message_done) {
      if (end.homes != Homes{number(), number()}) summary_.dones.push_back({id, end.homes});
      if (!record.restated && ledger.find(id) != nullptr) ledger.end(id);
    } else if (ledger.find(id) != nullptr) {
      ledger.set_ends(id, end.finish.ends);
      summary_.states.push_back({id, {}});
    }
  }
}

void Head::note_defers(Record& record, Ledger& ledger, Destinations& destinations) {
  for (Defer& defer : record.defers) {
    if (!defer.id) {
      destinations.put(defer);
      continue;
    }
    ledger.set_defer(defer.id, record.place);
    summary_.defers.push_back({record.place.offset, std::move(defer)});
  }
}

base::Result<> Head::write(const Batch& batch) {
  if (batch.pieces.empty()) return {};
  return segment_->file->write_at(batch.offset, batch.pieces);
}

Summary Head::sum_up(const Ledger& ledger, std::vector<Defer> destinations) {
  Summary summary = std::move(summary_);
  summary_ = {};
  std::erase_if(summary.commits, [&](const SummaryCommit& commit) {
    const Live* live = ledger.find(commit.id);
    return live == nullptr || live->commit != Place{number(), commit.offset};
  });
  std::erase_if(summary.defers, [&](const SummaryDefer& defer) {
    const Live* live = ledger.find(defer.defer.id);
    return live == nullptr || live->defer != Place{number(), defer.offset};
  });
  std::erase_if(summary.dones,
                [&](const Summary::Done& done) { return !ledger.any_exists(done.homes); });
  std::set<MessageId> named;
  std::erase_if(summary.states, [&](Summary::States& states) {
    states.recipients = ledger.states(states.id);
    return states.recipients.empty() || !named.insert(states.id).second;
  });
  summary.destinations = std::move(destinations);
  return summary;
}

}  // namespace queue::journal
