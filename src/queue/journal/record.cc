// See record.h.
#include "queue/journal/record.h"

#include <algorithm>

namespace queue::journal {

namespace {

constexpr std::uint8_t flag_eight_bit = 1;
constexpr std::uint8_t flag_smtputf8 = 2;
constexpr std::uint8_t flag_dsn = 4;
constexpr std::uint8_t flag_hold = 8;
constexpr unsigned ret_shift = 4;
constexpr unsigned ret_mask = 3;
constexpr std::uint8_t flag_binary = 64;
// Of the last octet.
constexpr std::uint8_t flag_junk = 1;
constexpr std::uint8_t flag_require_tls = 2;
constexpr std::uint8_t flag_deadline = 4;
constexpr std::uint8_t flag_priority = 8;
// Of a deadline.
constexpr std::uint8_t flag_give_back = 1;
constexpr std::uint8_t flag_trace = 2;
constexpr std::uint8_t flag_other_original = 1;
// A recipient index beyond this is no message of ours (recipients_max of a session is far below).
constexpr std::uint64_t recipients_max = 1'000'000;

std::int64_t since_1970(base::Time time) { return time.time_since_epoch().count(); }
base::Time to_time(std::int64_t microseconds) { return base::Time(base::Duration(microseconds)); }

void write_recipient(Writer& writer, const message::Recipient& recipient) {
  const bool other = recipient.original != recipient.address;
  writer.text(recipient.address.local);
  writer.text(recipient.address.domain);
  writer.u8(static_cast<std::uint8_t>((other ? flag_other_original : 0U) |
                                      (unsigned{recipient.notify} << 1U)));
  if (other) {
    writer.text(recipient.original.local);
    writer.text(recipient.original.domain);
  }
  writer.text(recipient.orcpt);
}

message::Recipient read_recipient(Reader& reader) {
  message::Recipient recipient;
  recipient.address.local = reader.text();
  recipient.address.domain = reader.text();
  const unsigned flags = reader.u8();
  recipient.notify = static_cast<std::uint8_t>(flags >> 1U);
  recipient.original = recipient.address;
  if ((flags & flag_other_original) != 0) {
    recipient.original.local = reader.text();
    recipient.original.domain = reader.text();
  }
  recipient.orcpt = reader.text();
  return recipient;
}

bool same_return(const message::Recipient& one, const message::Recipient& other) {
  return one.return_path == other.return_path && one.of_list == other.of_list;
}

// Each return path once, then for each recipient the number of its own; 0: it has none.
void write_return_paths(Writer& writer, const std::vector<message::Recipient>& recipients) {
  std::vector<const message::Recipient*> paths;
  std::vector<std::size_t> numbers;
  for (const auto& recipient : recipients) {
    if (recipient.return_path.is_null()) {
      numbers.push_back(0);
      continue;
    }
    const auto known = std::ranges::find_if(
        paths, [&recipient](const auto* other) { return same_return(*other, recipient); });
    numbers.push_back(static_cast<std::size_t>(known - paths.begin()) + 1);
    if (known == paths.end()) paths.push_back(&recipient);
  }
  writer.varint(paths.size());
  for (const auto* one : paths) {
    writer.text(one->return_path.local);
    writer.text(one->return_path.domain);
    writer.u8(one->of_list ? 1 : 0);
  }
  if (paths.empty()) return;
  for (const std::size_t number : numbers) writer.varint(number);
}

bool read_return_paths(Reader& reader, std::vector<message::Recipient>& recipients) {
  struct Path {
    message::Address address;
    bool of_list = false;
  };
  std::vector<Path> paths(reader.count(3));
  for (Path& path : paths) {
    path.address.local = reader.text();
    path.address.domain = reader.text();
    path.of_list = reader.u8() != 0;
  }
  if (paths.empty()) return reader.ok();
  for (auto& recipient : recipients) {
    const std::uint64_t number = reader.varint();
    if (number > paths.size()) return false;
    if (number == 0) continue;
    recipient.return_path = paths[number - 1].address;
    recipient.of_list = paths[number - 1].of_list;
  }
  return reader.ok();
}

// Of the few messages that have them.
void write_wishes(Writer& writer, const message::Envelope& envelope) {
  if (envelope.by.given()) {
    const bool give_back = envelope.by.mode == message::DeliverBy::Mode::give_back;
    writer.i64(since_1970(envelope.by.deadline));
    writer.u8(static_cast<std::uint8_t>((give_back ? flag_give_back : 0U) |
                                        (envelope.by.trace ? flag_trace : 0U)));
  }
  if (envelope.priority != 0) writer.u8(static_cast<std::uint8_t>(envelope.priority));
}

// False: no such values.
bool read_wishes(Reader& reader, unsigned flags, message::Envelope& envelope) {
  if ((flags & flag_deadline) != 0) {
    envelope.by.deadline = to_time(reader.i64());
    const unsigned how = reader.u8();
    envelope.by.mode = (how & flag_give_back) != 0 ? message::DeliverBy::Mode::give_back
                                                   : message::DeliverBy::Mode::notify;
    envelope.by.trace = (how & flag_trace) != 0;
  }
  if ((flags & flag_priority) != 0) envelope.priority = static_cast<std::int8_t>(reader.u8());
  return reader.ok() && envelope.priority >= -9 && envelope.priority <= 9;
}

std::uint8_t more_flags(const MessageInfo& info) {
  unsigned flags = 0;
  if (info.junk) flags |= flag_junk;
  if (info.envelope.require_tls) flags |= flag_require_tls;
  if (info.envelope.by.given()) flags |= flag_deadline;
  if (info.envelope.priority != 0) flags |= flag_priority;
  return static_cast<std::uint8_t>(flags);
}

// Replay meets the newest first, compaction writes old ones again: an end stays an end in whatever
// order they come.
void overlay(char& state, char newer) {
  const bool ended = !is_pending(static_cast<RecipientState>(state));
  if (newer == '\0' || (ended && newer == static_cast<char>(RecipientState::pending_told))) return;
  state = newer;
}

std::uint8_t envelope_flags(const MessageInfo& info) {
  unsigned flags = static_cast<unsigned>(info.envelope.ret) << ret_shift;
  if (info.envelope.eight_bit) flags |= flag_eight_bit;
  if (info.envelope.smtputf8) flags |= flag_smtputf8;
  if (info.is_dsn) flags |= flag_dsn;
  if (info.hold) flags |= flag_hold;
  if (info.envelope.binary) flags |= flag_binary;
  return static_cast<std::uint8_t>(flags);
}

}  // namespace

std::string encode_envelope(const MessageInfo& info) {
  std::string bytes;
  bytes.reserve(256);
  Writer writer(bytes);
  writer.i64(since_1970(info.accepted));
  writer.varint(info.received_bytes);
  writer.u8(envelope_flags(info));
  writer.text(info.envelope.sender.local);
  writer.text(info.envelope.sender.domain);
  writer.text(info.envelope.envid);
  writer.text(info.session_text);
  writer.text(info.note);
  writer.text(info.hold_reason);
  writer.varint(info.envelope.recipients.size());
  for (const auto& recipient : info.envelope.recipients) write_recipient(writer, recipient);
  writer.text(info.account);
  writer.i64(since_1970(info.release_at));
  writer.u8(more_flags(info));
  write_return_paths(writer, info.envelope.recipients);
  write_wishes(writer, info.envelope);
  return bytes;
}

std::optional<MessageInfo> decode_envelope(MessageId id, std::string_view bytes) {
  Reader reader(bytes);
  MessageInfo info;
  info.id = id;
  info.accepted = to_time(reader.i64());
  info.received_bytes = reader.varint();
  const unsigned flags = reader.u8();
  const unsigned ret = (flags >> ret_shift) & ret_mask;
  if (ret > static_cast<unsigned>(message::Envelope::Ret::headers)) return {};
  info.envelope.ret = static_cast<message::Envelope::Ret>(ret);
  info.envelope.eight_bit = (flags & flag_eight_bit) != 0;
  info.envelope.smtputf8 = (flags & flag_smtputf8) != 0;
  info.is_dsn = (flags & flag_dsn) != 0;
  info.hold = (flags & flag_hold) != 0;
  info.envelope.binary = (flags & flag_binary) != 0;
  info.envelope.sender.local = reader.text();
  info.envelope.sender.domain = reader.text();
  info.envelope.envid = reader.text();
  info.session_text = reader.text();
  info.note = reader.text();
  info.hold_reason = reader.text();
  const std::size_t recipients = reader.count(4);
  for (std::size_t i = 0; i < recipients && reader.ok(); ++i) {
    info.envelope.recipients.push_back(read_recipient(reader));
  }
  if (reader.finished()) return info;  // as format version 1 wrote it
  info.account = reader.text();
  info.release_at = to_time(reader.i64());
  if (reader.finished()) return info;  // as format version 2 wrote it
  const unsigned more = reader.u8();
  info.junk = (more & flag_junk) != 0;
  info.envelope.require_tls = (more & flag_require_tls) != 0;
  if (reader.finished() && (more & (flag_deadline | flag_priority)) == 0) {
    return info;  // as format versions 3 to 5 wrote it
  }
  if (!read_return_paths(reader, info.envelope.recipients)) return {};
  if (!read_wishes(reader, more, info.envelope)) return {};
  if (!reader.finished()) return {};
  return info;
}

std::string encode_state(const State& state) {
  std::string bytes;
  Writer writer(bytes);
  writer.text(state.recipients);
  writer.u8(state.defer ? 1 : 0);
  if (state.defer) write_defer(writer, *state.defer);
  return bytes;
}

std::optional<State> decode_state(std::string_view bytes) {
  State state;
  if (bytes.empty()) return state;  // a commit: nothing happened yet
  Reader reader(bytes);
  state.recipients = reader.text();
  const auto last = static_cast<char>(RecipientState::pending_told);
  if (std::ranges::any_of(state.recipients, [&](char c) { return c < 0 || c > last; })) {
    return {};
  }
  const std::uint8_t deferred = reader.u8();
  if (deferred > 1) return {};
  if (deferred == 1) state.defer = read_defer(reader);
  if (!reader.finished()) return {};
  return state;
}

void write_chunks(Writer& writer, const std::vector<Chunk>& chunks) {
  writer.varint(chunks.size());
  for (const Chunk& chunk : chunks) {
    writer.u32(chunk.place.segment);
    writer.u32(chunk.place.offset);
    writer.u32(chunk.bytes);
  }
}

std::vector<Chunk> read_chunks(Reader& reader) {
  std::vector<Chunk> chunks(reader.count(12));
  for (Chunk& chunk : chunks) {
    chunk.place.segment = reader.u32();
    chunk.place.offset = reader.u32();
    chunk.bytes = reader.u32();
  }
  return chunks;
}

std::string encode_commit(const CommitMeta& commit) {
  std::string meta;
  meta.reserve(commit.envelope.size() + commit.state.size() + commit.content.size() + 16 +
               (12 * commit.chunks.size()));
  Writer writer(meta);
  writer.text(commit.envelope);
  writer.text(commit.state);
  write_chunks(writer, commit.chunks);
  writer.raw(commit.content);
  return meta;
}

std::optional<CommitMeta> decode_commit(std::string_view meta) {
  Reader reader(meta);
  CommitMeta commit;
  commit.envelope = reader.text();
  commit.state = reader.text();
  commit.chunks = read_chunks(reader);
  if (!reader.ok()) return {};
  commit.content = reader.rest();
  return commit;
}

void write_defer(Writer& writer, const Defer& defer) {
  writer.u64(defer.id.value);
  writer.text(defer.destination);
  writer.i64(since_1970(defer.next_attempt));
  writer.varint(defer.attempts);
  writer.varint(defer.recipients.size());
  for (const std::uint32_t recipient : defer.recipients) writer.varint(recipient);
  writer.text(std::string_view(defer.last_reply).substr(0, reply_bytes_max));
  writer.u8(defer.hold ? 1 : 0);
  writer.text(std::string_view(defer.hold_reason).substr(0, reply_bytes_max));
}

Defer read_defer(Reader& reader) {
  Defer defer;
  defer.id.value = reader.u64();
  defer.destination = reader.text();
  defer.next_attempt = to_time(reader.i64());
  defer.attempts = static_cast<std::uint32_t>(reader.varint());
  defer.recipients.resize(reader.count(1));
  for (std::uint32_t& recipient : defer.recipients) {
    recipient = static_cast<std::uint32_t>(reader.varint());
  }
  defer.last_reply = reader.text();
  defer.hold = reader.u8() != 0;
  defer.hold_reason = reader.text();
  return defer;
}

std::string encode_defers(const std::vector<Defer>& defers) {
  std::string meta;
  Writer writer(meta);
  writer.varint(defers.size());
  for (const Defer& defer : defers) write_defer(writer, defer);
  return meta;
}

std::optional<std::vector<Defer>> decode_defers(std::string_view meta) {
  Reader reader(meta);
  std::vector<Defer> defers;
  const std::size_t count = reader.count(22);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) defers.push_back(read_defer(reader));
  if (!reader.finished()) return {};
  return defers;
}

std::string encode_ends(const std::vector<End>& ends) {
  std::string meta;
  Writer writer(meta);
  writer.varint(ends.size());
  for (const End& end : ends) {
    writer.u64(end.finish.id.value);
    writer.u32(end.homes.oldest);
    writer.u32(end.homes.newest);
    writer.u8(end.finish.message_done ? 1 : 0);
    writer.varint(end.finish.ends.size());
    for (const RecipientEnd& recipient : end.finish.ends) {
      writer.varint(recipient.recipient);
      writer.u8(static_cast<std::uint8_t>(recipient.state));
    }
    writer.text(std::string_view(end.finish.decision).substr(0, decision_bytes_max));
  }
  return meta;
}

std::optional<std::vector<End>> decode_ends(std::string_view meta) {
  Reader reader(meta);
  std::vector<End> ends(reader.count(19));
  for (End& end : ends) {
    end.finish.id.value = reader.u64();
    end.homes.oldest = reader.u32();
    end.homes.newest = reader.u32();
    end.finish.message_done = reader.u8() != 0;
    end.finish.ends.resize(reader.count(2));
    for (RecipientEnd& recipient : end.finish.ends) {
      const std::uint64_t index = reader.varint();
      const std::uint8_t state = reader.u8();
      if (index >= recipients_max ||
          state > static_cast<std::uint8_t>(RecipientState::pending_told)) {
        return {};
      }
      recipient.recipient = static_cast<std::uint32_t>(index);
      recipient.state = static_cast<RecipientState>(state);
    }
    end.finish.decision = reader.text();
    if (!reader.ok()) return {};
  }
  if (!reader.finished()) return {};
  return ends;
}

void overlay_states(std::string& states, std::string_view newer) {
  if (states.size() < newer.size()) states.resize(newer.size(), '\0');
  for (std::size_t i = 0; i < newer.size(); ++i) overlay(states[i], newer[i]);
}

void overlay_ends(std::string& states, const std::vector<RecipientEnd>& ends) {
  for (const RecipientEnd& end : ends) {
    if (end.recipient >= recipients_max || end.state == RecipientState::pending) continue;
    if (states.size() <= end.recipient) states.resize(std::size_t{end.recipient} + 1, '\0');
    overlay(states[end.recipient], static_cast<char>(end.state));
  }
}

Stored make_stored(MessageInfo info, const State& state) {
  Stored stored;
  stored.states.resize(info.envelope.recipients.size(), RecipientState::pending);
  const std::size_t known = std::min(stored.states.size(), state.recipients.size());
  for (std::size_t i = 0; i < known; ++i) {
    stored.states[i] = static_cast<RecipientState>(state.recipients[i]);
  }
  stored.hold = info.hold;
  stored.hold_reason = info.hold_reason;
  if (state.defer) {
    stored.attempts = state.defer->attempts;
    stored.next_attempt = state.defer->next_attempt;
    stored.last_reply = state.defer->last_reply;
    stored.hold = state.defer->hold;
    stored.hold_reason = state.defer->hold_reason;
  } else {
    stored.next_attempt = info.release_at;
  }
  stored.info = std::move(info);
  return stored;
}

}  // namespace queue::journal
