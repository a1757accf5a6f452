// queue/journal/record.h: what the meta of each record type says (docs/journal.md, "Record").
//
// What:    pure encode/decode of commits (envelope, state, chunks, content), ends and deferrals.
// In/Out:  queue values ↔ octets.
// Errors:  decoders return nullopt for anything that the encoders do not write.
// Limits:  reply_bytes_max of a deferral's last reply is kept, decision_bytes_max of a decision.
// Not here: frames and checksums (format.h), the envelope index (summary.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/journal/codec.h"
#include "queue/journal/format.h"
#include "queue/store.h"

namespace queue::journal {

inline constexpr std::size_t reply_bytes_max = 2048;
inline constexpr std::size_t decision_bytes_max = 2048;

// A chunk record on disk: a piece of a large body.
struct Chunk {
  Place place;
  std::uint32_t bytes = 0;  // of its body
  bool operator==(const Chunk&) const = default;
};

// What became of a message since its commit. One octet per recipient; missing ones are pending.
struct State {
  std::string recipients;
  std::optional<Defer> defer;
  [[nodiscard]] bool empty() const { return recipients.empty() && !defer; }
};

// The meta of a commit or moved record, taken apart; views into it.
struct CommitMeta {
  std::string_view envelope;
  std::string_view state;
  std::vector<Chunk> chunks;
  std::string_view content;
};

// Segments in which a commit of a message may lie: usually one; more when copies were made.
struct Homes {
  std::uint32_t oldest = 0;
  std::uint32_t newest = 0;
  bool operator==(const Homes&) const = default;
};

// One end as it lies on disk: a Finish and where the commits are that it must outlive.
struct End {
  Finish finish;
  Homes homes;
};

[[nodiscard]] std::string encode_envelope(const MessageInfo& info);
// Everything of a MessageInfo but its content.
[[nodiscard]] std::optional<MessageInfo> decode_envelope(MessageId id, std::string_view bytes);

[[nodiscard]] std::string encode_state(const State& state);
[[nodiscard]] std::optional<State> decode_state(std::string_view bytes);

[[nodiscard]] std::string encode_commit(const CommitMeta& commit);
[[nodiscard]] std::optional<CommitMeta> decode_commit(std::string_view meta);

void write_chunks(Writer& writer, const std::vector<Chunk>& chunks);
[[nodiscard]] std::vector<Chunk> read_chunks(Reader& reader);

void write_defer(Writer& writer, const Defer& defer);
[[nodiscard]] Defer read_defer(Reader& reader);
[[nodiscard]] std::string encode_defers(const std::vector<Defer>& defers);
[[nodiscard]] std::optional<std::vector<Defer>> decode_defers(std::string_view meta);

[[nodiscard]] std::string encode_ends(const std::vector<End>& ends);
[[nodiscard]] std::optional<std::vector<End>> decode_ends(std::string_view meta);

// Lays `newer` over `states`: an end stays an end.
void overlay_states(std::string& states, std::string_view newer);
void overlay_ends(std::string& states, const std::vector<RecipientEnd>& ends);

// A message as Store hands it out.
[[nodiscard]] Stored make_stored(MessageInfo info, const State& state);

}  // namespace queue::journal
