// queue/journal/draft.h: a body that is arriving.
//
// What:    collects octets; when there are more than draft_chunk_bytes they go to disk as chunks.
// In/Out:  Draft::append; Journal::commit takes tail and chunks.
// Errors:  those of Stream::submit: the draft is of no use then.
// Limits:  draft_chunk_bytes of memory; crowded_draft_bytes_max when all drafts of the loop have
//          more than draft_memory_bytes_max; the size is the caller's limit.
// Not here: the commit record (journal.cc).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "queue/journal/context.h"
#include "queue/journal/stream.h"
#include "queue/store.h"

namespace queue::journal {

// What a draft may keep in memory when there are many: enough that a record's header stays small
// beside it.
constexpr std::uint64_t crowded_draft_bytes_max = 16ULL << 10U;

class JournalDraft final : public Draft {
 public:
  JournalDraft(Context& context, Stream& stream)
      : context_(context), stream_(stream), stream_alive_(stream.alive()) {
    stream_.draft_begins();
  }
  ~JournalDraft() override;

  io::Task<base::Result<>> append(std::string bytes) override;
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) override;

  [[nodiscard]] Stream& stream() { return stream_; }
  [[nodiscard]] std::string& tail() { return tail_; }  // what is not on disk yet
  [[nodiscard]] const std::vector<Chunk>& chunks() const { return chunks_; }
  // An append failed: octets are missing, it must not become a message.
  [[nodiscard]] const base::Result<>& health() const { return health_; }
  // The chunks belong to a message now.
  void committed() { chunks_.clear(); }

 private:
  [[nodiscard]] std::uint64_t memory_bytes_max() const;
  void count_memory();

  Context& context_;
  Stream& stream_;
  std::weak_ptr<const bool> stream_alive_;
  std::uint64_t size_ = 0;
  std::string tail_;
  std::uint64_t counted_ = 0;  // octets of tail_ in context_.drafts
  std::vector<Chunk> chunks_;
  base::Result<> health_;
};

}  // namespace queue::journal
