// queue/journal/submission.h: what one caller asks the head to write.
//
// What:    a Submission is a row of Records that are one group (or independent ones), and the wait
//          for
//          their safety; it lives in the frame of the coroutine that awaits it.
// In/Out:  made by journal.cc and compaction.cc; Head gives each record its place.
// Errors:  done completes with the batch's error.
// Limits:  submission_bytes_max.
// Not here: the order of writing (stream.h), placing (head.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/completion.h"
#include "queue/journal/format.h"
#include "queue/journal/record.h"

namespace queue::journal {

inline constexpr std::uint64_t submission_bytes_max = 256ULL << 20U;

// Where a message was when it was read, to see that nothing has changed when its copy is written.
struct Source {
  Place commit;
  Place defer;
  std::string states;
};

struct Record {
  RecordType type = RecordType::chunk;
  MessageId id;           // commit, moved
  std::string meta;       // ends and deferrals: encoded when the record is placed
  std::string_view body;  // lives as long as the submission

  // commit, moved: for ledger and index.
  std::vector<Chunk> chunks;
  std::string envelope;
  std::string state;
  std::optional<Source> source;  // moved

  std::vector<End> ends;
  bool restated = false;  // ends written again by compaction: the messages may be long gone
  std::vector<Defer> defers;
  std::optional<Place> defer_source;  // deferrals written again: only if they still lie here

  // Results.
  bool left_out = false;  // nothing of it matters any more
  Place place;
  RecordHeaderBytes header = {};

  [[nodiscard]] std::uint64_t bytes() const { return record_bytes(meta.size(), body.size()); }
};

struct Submission {
  enum class Sync : std::uint8_t {
    none,  // chunks: safe with their commit
    soon,  // rides along with the next sync, or causes one after soon_sync
    now,
  };
  std::vector<Record> records;
  Sync sync = Sync::now;
  bool group = false;  // all of the records or none; else each stands alone
  bool seal = false;   // no records: seals the head
  bool mail = false;   // new mail: refused when the disk is nearly full
  io::Completion<base::Result<>> done;
};

}  // namespace queue::journal
