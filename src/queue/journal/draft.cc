// See draft.h.
#include "queue/journal/draft.h"

#include <algorithm>
#include <utility>

#include "queue/journal/fetch.h"

namespace queue::journal {

JournalDraft::~JournalDraft() {
  if (stream_alive_.expired()) return;
  stream_.draft_ends();
  context_.drafts.bytes -= counted_;
  for (const Chunk& chunk : chunks_) stream_.ledger().chunk_abandoned(chunk);
}

std::uint64_t JournalDraft::memory_bytes_max() const {
  const Settings& settings = *context_.settings;
  if (context_.drafts.bytes <= settings.draft_memory_bytes_max) return settings.draft_chunk_bytes;
  return std::min(settings.draft_chunk_bytes, crowded_draft_bytes_max);
}

void JournalDraft::count_memory() {
  context_.drafts.bytes += tail_.size();
  context_.drafts.bytes -= counted_;
  counted_ = tail_.size();
}

io::Task<base::Result<>> JournalDraft::append(std::string bytes) {
  if (!health_) co_return health_;
  size_ += bytes.size();
  if (tail_.empty()) {
    tail_ = std::move(bytes);
  } else {
    tail_ += bytes;
  }
  count_memory();
  const std::uint64_t memory_bytes = memory_bytes_max();
  if (tail_.size() <= memory_bytes) co_return base::Result<>{};
  if (const auto& full = context_.space.refusal(); !full.empty()) {
    health_ = base::fail(base::ErrorKind::no_space, full);
    co_return health_;
  }
  // As much as there may be in memory goes at least; the rest stays for the next append or the
  // commit.
  std::string_view left = tail_;
  while (left.size() >= memory_bytes && health_) {
    const std::uint64_t chunk_bytes =
        std::min<std::uint64_t>(left.size(), context_.settings->draft_chunk_bytes);
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
  count_memory();
  co_return health_;
}

// Whole chunks are read even for a part of one: whoever reads goes on where he stopped.
io::Task<base::Result<std::string>> JournalDraft::read(std::uint64_t offset, std::uint64_t length) {
  if (!health_) co_return std::unexpected(health_.error());
  if (offset >= size_) co_return std::string();
  length = std::min(length, size_ - offset);
  std::string out;
  std::uint64_t start = 0;
  for (const Chunk& chunk : chunks_) {
    const std::uint64_t end = start + chunk.bytes;
    if (offset < end && offset + length > start) {
      const auto body =
          co_await fetch_body(context_, stream_, chunk.place, record_bytes(0, chunk.bytes));
      if (!body) co_return std::unexpected(body.error());
      const std::uint64_t from = std::max(offset, start) - start;
      out += std::string_view(*body).substr(from, std::min(offset + length, end) - start - from);
    }
    start = end;
  }
  if (offset + length > start) {
    const std::uint64_t from = std::max(offset, start) - start;
    if (from < tail_.size()) {
      out += std::string_view(tail_).substr(from, offset + length - start - from);
    }
  }
  co_return out;
}

}  // namespace queue::journal
