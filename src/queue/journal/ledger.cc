// See ledger.h.
#include "queue/journal/ledger.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"

namespace queue::journal {

namespace {

// A segment with less than a quarter of live octets gives back three times what emptying it costs.
constexpr std::uint64_t dead_factor = 4;
const std::string no_states;
const std::vector<Chunk> no_chunks;

bool is_mostly_dead(const SegmentUse& use) {
  return use.sealed && use.drafts == 0 && use.live * dead_factor < use.bytes;
}

std::uint64_t chunk_record_bytes(const Chunk& chunk) { return record_bytes(0, chunk.bytes); }

}  // namespace

Ledger::~Ledger() {
  for (auto& [id, live] : live_) forget_body(live);
}

const Live* Ledger::find(MessageId id) const {
  const auto found = live_.find(id);
  return found == live_.end() ? nullptr : &found->second;
}

void Ledger::each(const std::function<void(MessageId)>& each) const {
  for (const auto& [id, live] : live_) each(id);
}

Live& Ledger::at(MessageId id) {
  const auto found = live_.find(id);
  CHECK(found != live_.end(), "only live messages change");
  return found->second;
}

void Ledger::use(const Place& place, std::uint64_t bytes) {
  // A segment that is missing (damage) is noticed when its bytes are read.
  if (const auto found = segments_.find(place.segment); found != segments_.end()) {
    found->second.live += bytes;
  }
}

void Ledger::unuse(const Place& place, std::uint64_t bytes) {
  const auto found = segments_.find(place.segment);
  if (found == segments_.end()) return;
  CHECK(found->second.live >= bytes, "what is unused was used before");
  found->second.live -= bytes;
  dead_hint_ |= is_mostly_dead(found->second);
}

void Ledger::unuse_all(const Live& live, MessageId id) {
  unuse(live.commit, live.record_bytes);
  if (!live.has_chunks) return;
  for (const Chunk& chunk : chunks_.at(id)) unuse(chunk.place, chunk_record_bytes(chunk));
}

void Ledger::add(Commit commit) {
  CHECK(commit.id && commit.place, "a commit has an id and a place");
  auto [entry, is_new] = live_.try_emplace(commit.id);
  CHECK(is_new, "an id is committed once");
  Live& live = entry->second;
  live.commit = commit.place;
  live.oldest = commit.place.segment;
  live.record_bytes = commit.record_bytes;
  use(live.commit, live.record_bytes);
  for (const Chunk& chunk : commit.chunks) {
    if (!commit.chunks_were_drafts) {
      use(chunk.place, chunk_record_bytes(chunk));
    } else if (const auto found = segments_.find(chunk.place.segment); found != segments_.end()) {
      CHECK(found->second.drafts > 0, "a chunk of a draft is counted");
      --found->second.drafts;
      dead_hint_ |= is_mostly_dead(found->second);
    }
  }
  live.has_chunks = !commit.chunks.empty();
  if (live.has_chunks) chunks_[commit.id] = std::move(commit.chunks);
  live.has_states = !commit.states.empty();
  if (live.has_states) states_[commit.id] = std::move(commit.states);
}

void Ledger::move(Commit commit) {
  Live& old = at(commit.id);
  auto body = std::move(old.body);
  const std::uint32_t oldest = old.oldest;
  unuse_all(old, commit.id);
  chunks_.erase(commit.id);
  states_.erase(commit.id);
  live_.erase(commit.id);
  const MessageId id = commit.id;
  add(std::move(commit));
  Live& copy = at(id);
  copy.body = std::move(body);
  copy.oldest = oldest;
}

void Ledger::end(MessageId id) {
  const auto found = live_.find(id);
  CHECK(found != live_.end(), "a message ends once");
  unuse_all(found->second, id);
  forget_body(found->second);
  if (found->second.has_chunks) chunks_.erase(id);
  if (found->second.has_states) states_.erase(id);
  live_.erase(found);
}

void Ledger::met_older_copy(MessageId id, std::uint32_t segment) {
  Live& live = at(id);
  CHECK(segment <= live.oldest, "replay goes backwards");
  live.oldest = segment;
}

Homes Ledger::homes(const Live& live) const {
  // The segment of the first commit may be gone by now.
  const auto oldest = segments_.lower_bound(live.oldest);
  CHECK(oldest != segments_.end(), "a live message has its segment");
  return {oldest->first, live.commit.segment};
}

bool Ledger::any_exists(Homes homes, std::uint32_t without) const {
  auto segment = segments_.lower_bound(homes.oldest);
  if (segment != segments_.end() && segment->first == without) ++segment;
  return segment != segments_.end() && segment->first <= homes.newest;
}

void Ledger::set_ends(MessageId id, const std::vector<RecipientEnd>& ends) {
  Live& live = at(id);
  std::string& states = states_[id];
  overlay_ends(states, ends);
  live.has_states = true;
}

void Ledger::set_states(MessageId id, std::string_view newer) {
  Live& live = at(id);
  overlay_states(states_[id], newer);
  live.has_states = true;
}

void Ledger::set_defer(MessageId id, Place place) { at(id).defer = place; }

const std::string& Ledger::states(MessageId id) const {
  const auto found = states_.find(id);
  return found == states_.end() ? no_states : found->second;
}

const std::vector<Chunk>& Ledger::chunks(MessageId id) const {
  const auto found = chunks_.find(id);
  return found == chunks_.end() ? no_chunks : found->second;
}

std::vector<MessageId> Ledger::with_chunks_in(std::uint32_t segment) const {
  std::vector<MessageId> ids;
  for (const auto& [id, chunks] : chunks_) {
    const auto here = [segment](const Chunk& chunk) { return chunk.place.segment == segment; };
    if (std::ranges::any_of(chunks, here)) ids.push_back(id);
  }
  std::ranges::sort(ids);  // a hash map's order must not show in what is written
  return ids;
}

void Ledger::keep_body(MessageId id, std::string body) {
  const auto found = live_.find(id);
  if (found == live_.end() || found->second.body || body.size() > budget_.bytes_left) return;
  budget_.bytes_left -= body.size();
  found->second.body = std::make_shared<const std::string>(std::move(body));
}

void Ledger::forget_body(Live& live) {
  if (!live.body) return;
  budget_.bytes_left += live.body->size();
  live.body.reset();
}

void Ledger::drop_body(MessageId id) {
  if (const auto found = live_.find(id); found != live_.end()) forget_body(found->second);
}

void Ledger::chunk_placed(const Chunk& chunk) {
  use(chunk.place, chunk_record_bytes(chunk));
  ++segments_.at(chunk.place.segment).drafts;
}

void Ledger::chunk_abandoned(const Chunk& chunk) {
  unuse(chunk.place, chunk_record_bytes(chunk));
  const auto found = segments_.find(chunk.place.segment);
  CHECK(found != segments_.end() && found->second.drafts > 0, "a draft keeps its segments");
  --found->second.drafts;
  dead_hint_ |= is_mostly_dead(found->second);
}

void Ledger::add_segment(std::uint32_t number, SegmentUse use) {
  const bool is_new = segments_.emplace(number, use).second;
  CHECK(is_new, "a segment is made once");
}

void Ledger::seal_segment(std::uint32_t number, std::uint64_t file_bytes) {
  SegmentUse& segment = segments_.at(number);
  segment.bytes = file_bytes;
  segment.sealed = true;
  dead_hint_ |= is_mostly_dead(segment);
}

void Ledger::remove_segment(std::uint32_t number) {
  const auto found = segments_.find(number);
  CHECK(found != segments_.end() && found->second.live == 0 && found->second.drafts == 0,
        "a segment goes when nothing in it is needed");
  segments_.erase(found);
}

std::optional<std::uint32_t> Ledger::mostly_dead(std::uint32_t after) const {
  for (auto at = segments_.upper_bound(after); at != segments_.end(); ++at) {
    if (is_mostly_dead(at->second)) return at->first;
  }
  return {};
}

}  // namespace queue::journal
