// See draft.h.
#include "queue/journal/draft.h"

#include <algorithm>
#include <utility>

namespace queue::journal {

JournalDraft::~JournalDraft() {
  if (stream_alive_.expired()) return;
  for (const Chunk& chunk : chunks_) stream_.ledger().chunk_abandoned(chunk);
}

io::Task<base::Result<>> JournalDraft::append(std::string bytes) {
  if (!health_) co_return health_;
  size_ += bytes.size();
  if (tail_.empty()) {
    tail_ = std::move(bytes);
  } else {
    tail_ += bytes;
  }
  const std::uint64_t chunk_bytes = context_.settings->draft_chunk_bytes;
  if (tail_.size() <= chunk_bytes) co_return base::Result<>{};
  if (const auto& full = context_.space.refusal(); !full.empty()) {
    health_ = base::fail(base::ErrorKind::no_space, full);
    co_return health_;
  }
  // Whole chunks go; the rest stays for the next append or the commit.
  std::string_view left = tail_;
  while (left.size() >= chunk_bytes && health_) {
    Submission submission;
    submission.sync = Submission::Sync::none;
    submission.mail = true;
    submission.records.resize(1);
    Record& record = submission.records.front();
    record.type = RecordType::chunk;
    record.body = left.substr(0, chunk_bytes);
    health_ = co_await stream_.submit(submission);
    if (record.place) chunks_.push_back({record.place, static_cast<std::uint32_t>(chunk_bytes)});
    left.remove_prefix(chunk_bytes);
  }
  tail_ = std::string(left);
  co_return health_;
}

}  // namespace queue::journal
