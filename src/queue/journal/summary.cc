// See summary.h.
#include "queue/journal/summary.h"

namespace queue::journal {

namespace {

constexpr std::uint64_t varint_bytes_max = 10;

void write_commit(Writer& writer, const SummaryCommit& commit) {
  writer.u64(commit.id.value);
  writer.u32(commit.offset);
  writer.u32(commit.bytes);
  write_chunks(writer, commit.chunks);
  writer.text(commit.state);
  writer.text(commit.envelope);
}

SummaryCommit read_commit(Reader& reader) {
  SummaryCommit commit;
  commit.id.value = reader.u64();
  commit.offset = reader.u32();
  commit.bytes = reader.u32();
  commit.chunks = read_chunks(reader);
  commit.state = reader.text();
  commit.envelope = reader.text();
  return commit;
}

}  // namespace

std::uint64_t summary_bytes_max(const SummaryCommit& commit) {
  return 16 + (3 * varint_bytes_max) + (12 * commit.chunks.size()) + commit.state.size() +
         commit.envelope.size();
}

std::uint64_t summary_bytes_max(const Defer& defer) {
  return 4 + 8 + 8 + 1 + (5 * varint_bytes_max) + (varint_bytes_max * defer.recipients.size()) +
         defer.destination.size() + defer.last_reply.size() + defer.hold_reason.size();
}

std::string Summary::encode() const {
  std::string meta;
  Writer writer(meta);
  writer.varint(commits.size());
  for (const SummaryCommit& commit : commits) write_commit(writer, commit);
  writer.varint(states.size());
  for (const States& state : states) {
    writer.u64(state.id.value);
    writer.text(state.recipients);
  }
  writer.varint(defers.size());
  for (const SummaryDefer& defer : defers) {
    writer.u32(defer.offset);
    write_defer(writer, defer.defer);
  }
  writer.varint(dones.size());
  for (const Done& done : dones) {
    writer.u64(done.id.value);
    writer.u32(done.homes.oldest);
    writer.u32(done.homes.newest);
  }
  writer.varint(destinations.size());
  for (const Defer& defer : destinations) write_defer(writer, defer);
  return meta;
}

std::optional<Summary> Summary::decode(std::string_view meta) {
  Reader reader(meta);
  Summary summary;
  // Filled one by one: a bad count must not reserve memory for elements that are not there.
  for (std::size_t left = reader.count(19); left > 0 && reader.ok(); --left) {
    summary.commits.push_back(read_commit(reader));
  }
  for (std::size_t left = reader.count(9); left > 0 && reader.ok(); --left) {
    States state;
    state.id.value = reader.u64();
    state.recipients = reader.text();
    summary.states.push_back(std::move(state));
  }
  for (std::size_t left = reader.count(26); left > 0 && reader.ok(); --left) {
    const std::uint32_t offset = reader.u32();
    summary.defers.push_back({offset, read_defer(reader)});
  }
  for (std::size_t left = reader.count(16); left > 0 && reader.ok(); --left) {
    const MessageId id{reader.u64()};
    const std::uint32_t oldest = reader.u32();
    summary.dones.push_back({id, {oldest, reader.u32()}});
  }
  for (std::size_t left = reader.count(22); left > 0 && reader.ok(); --left) {
    summary.destinations.push_back(read_defer(reader));
  }
  if (!reader.finished()) return {};
  return summary;
}

}  // namespace queue::journal
