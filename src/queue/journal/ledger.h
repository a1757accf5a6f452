// queue/journal/ledger.h: what of a stream is alive, and where it lies.
//
// What:    live messages (place of commit and newest deferral, states of recipients, chunks,
//          perhaps the body), and how many octets of each segment are still needed.
// In/Out:  told by the head as records get their places, and by replay; asked by readers.
// Errors:  none: a message that is not here has ended (or never was).
// Limits:  about 80 octets per message that waits; bodies by BodyBudget.
// Not here: disk (segment.h), when a record gets its place (head.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "queue/journal/record.h"

namespace queue::journal {

// Memory for bodies that wait for their first attempt; shared by the streams of a loop.
struct BodyBudget {
  std::uint64_t bytes_left = 0;
};

struct Live {
  Place commit;
  Place defer;  // nowhere: none, or inside the moved record
  std::uint32_t record_bytes = 0;
  std::uint32_t oldest = 0;  // segment with a commit of it; below commit.segment: a copy was made
  bool has_states = false;
  bool has_chunks = false;
  std::shared_ptr<const std::string> body;
};

struct SegmentUse {
  std::uint64_t bytes = 0;   // of the file (a sealed one)
  std::uint64_t live = 0;    // octets of commits and chunks that are needed
  std::uint32_t drafts = 0;  // chunks whose message is not committed yet
  bool sealed = false;
};

class Ledger {
 public:
  explicit Ledger(BodyBudget& budget) : budget_(budget) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  // Messages.
  [[nodiscard]] const Live* find(MessageId id) const;
  [[nodiscard]] std::size_t size() const { return live_.size(); }
  void each(const std::function<void(MessageId)>& each) const;
  // A committed message. Its chunks were drafts' before (chunk_placed), or come from replay.
  struct Commit {
    MessageId id;
    Place place;
    std::uint32_t record_bytes = 0;
    std::vector<Chunk> chunks;
    std::string states;
    bool chunks_were_drafts = false;
  };
  void add(Commit commit);
  // The same message at a new place: what it used at the old one is not needed any more.
  void move(Commit commit);
  void end(MessageId id);
  // Replay met an older commit of a live message.
  void met_older_copy(MessageId id, std::uint32_t segment);
  void set_ends(MessageId id, const std::vector<RecipientEnd>& ends);
  void set_states(MessageId id, std::string_view newer);
  void set_defer(MessageId id, Place place);
  [[nodiscard]] const std::string& states(MessageId id) const;  // "" when all are pending
  [[nodiscard]] const std::vector<Chunk>& chunks(MessageId id) const;
  // Messages of which a chunk lies in this segment.
  [[nodiscard]] std::vector<MessageId> with_chunks_in(std::uint32_t segment) const;

  // Bodies in memory; keep_body does nothing when the budget is spent or the message has ended.
  void keep_body(MessageId id, std::string body);
  void drop_body(MessageId id);

  // Drafts.
  void chunk_placed(const Chunk& chunk);
  void chunk_abandoned(const Chunk& chunk);

  // Segments.
  void add_segment(std::uint32_t number, SegmentUse use);
  void seal_segment(std::uint32_t number, std::uint64_t file_bytes);
  void remove_segment(std::uint32_t number);
  [[nodiscard]] const std::map<std::uint32_t, SegmentUse>& segments() const { return segments_; }
  // Where commits of a live message may lie.
  [[nodiscard]] Homes homes(const Live& live) const;
  // Does one of these exist, besides `without`?
  [[nodiscard]] bool any_exists(Homes homes, std::uint32_t without = 0) const;
  [[nodiscard]] bool has_segment(std::uint32_t number) const { return segments_.contains(number); }
  // The oldest sealed segment after `after` that is worth emptying.
  [[nodiscard]] std::optional<std::uint32_t> mostly_dead(std::uint32_t after = 0) const;
  // Since the last question a segment may have become worth it.
  [[nodiscard]] bool take_dead_hint() { return std::exchange(dead_hint_, false); }

 private:
  using Map = std::unordered_map<MessageId, Live>;
  Live& at(MessageId id);
  void use(const Place& place, std::uint64_t bytes);
  void unuse(const Place& place, std::uint64_t bytes);
  void unuse_all(const Live& live, MessageId id);
  void forget_body(Live& live);

  BodyBudget& budget_;
  Map live_;
  std::unordered_map<MessageId, std::string> states_;
  std::unordered_map<MessageId, std::vector<Chunk>> chunks_;
  std::map<std::uint32_t, SegmentUse> segments_;
  bool dead_hint_ = false;
};

}  // namespace queue::journal
