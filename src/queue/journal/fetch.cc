// See fetch.h.
#include "queue/journal/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace queue::journal {

namespace {

// Most metas fit, so that one read does.
constexpr std::size_t first_read_bytes = 4096;

std::unexpected<base::Error> corrupt(const SegmentHeader& header, std::uint32_t offset,
                                     std::string_view what) {
  return base::fail(base::ErrorKind::corrupt,
                    fmt::format("journal segment {} at {}: {} does not match its checksum",
                                SegmentName{header.stream, header.segment}.text(), offset, what));
}

// A record that a window may hold: header and meta, and the body if `bytes` are those of it all.
struct RecordBytes {
  Octets octets;
  std::shared_ptr<OpenSegment> segment;
};

io::Task<base::Result<RecordBytes>> fetch_record(io::Ref<Context> context, io::Ref<Stream> stream,
                                                 Place place, std::uint64_t bytes) {
  auto source = stream->source(place.segment);
  if (!source) co_return std::unexpected(std::move(source.error()));
  RecordBytes record{.octets = {}, .segment = source->segment};
  auto octets = co_await stream->read_ahead().get(
      context, std::move(*source), {place.offset, static_cast<std::uint32_t>(bytes)});
  if (!octets) co_return std::unexpected(std::move(octets.error()));
  record.octets = std::move(*octets);
  co_return record;
}

base::Result<std::string> body_of(std::string_view record, const SegmentHeader& header,
                                  std::uint32_t offset) {
  const auto view = parse_record(record, header.salt, offset);
  if (!view || !view->body_ok) return corrupt(header, offset, "a body");
  return std::string(view->body);
}

base::Result<std::string> read_exactly(const OpenSegment& segment, std::uint64_t offset,
                                       std::uint64_t bytes) {
  std::string octets(bytes, '\0');
  auto got = segment.file->read_at(offset, octets);
  if (!got) return std::unexpected(std::move(got.error()));
  octets.resize(*got);
  return octets;
}

// A piece larger than a window: as a whole.
base::Result<std::string> read_large_body(const OpenSegment& segment, std::uint32_t offset,
                                          std::uint64_t bytes) {
  auto record = read_exactly(segment, offset, bytes);
  if (!record) return record;
  return body_of(*record, segment.header, offset);
}

base::Result<Defer> find_defer(std::string_view meta, MessageId id) {
  auto defers = decode_defers(meta);
  if (defers) {
    // The last one counts when a batch names a message twice.
    const auto found = std::ranges::find(defers->rbegin(), defers->rend(), id, &Defer::id);
    if (found != defers->rend()) return std::move(*found);
  }
  return base::fail(base::ErrorKind::corrupt, "no deferral of " + id.text() + " where it was");
}

std::unexpected<base::Error> no_message(MessageId id) {
  return base::fail(base::ErrorKind::not_found, "no message " + id.text() + " in the journal");
}

// Appends what [begin, begin + piece.size()) and the wanted span have in common.
void append_common(std::string& out, std::string_view piece, std::uint64_t begin, Span wanted) {
  const std::uint64_t from = std::max(wanted.offset, begin);
  const std::uint64_t to = std::min(wanted.offset + wanted.length, begin + piece.size());
  if (from < to) out.append(piece.substr(from - begin, to - from));
}

}  // namespace

io::Task<base::Result<std::string>> fetch_meta(io::Ref<Context> context, io::Ref<Stream> stream,
                                               Place place, std::uint64_t bytes) {
  if (bytes == 0 || bytes > window_bytes_max) bytes = first_read_bytes;
  for (;;) {
    auto record = co_await fetch_record(context, stream, place, bytes);
    if (!record) co_return std::unexpected(std::move(record.error()));
    const SegmentHeader& segment = record->segment->header;
    std::string_view view = record->octets.view;
    const auto header = decode_record_header(view, segment.salt, place.offset);
    if (!header) co_return corrupt(segment, place.offset, "a record's header");
    const std::uint64_t whole = record_header_bytes + std::uint64_t{header->meta_bytes};
    view.remove_prefix(record_header_bytes);
    view = view.substr(0, header->meta_bytes);
    if (view.size() < header->meta_bytes && bytes < whole && whole <= window_bytes_max) {
      bytes = whole;
      continue;
    }
    std::string meta(view);
    if (meta.size() < header->meta_bytes) {  // an envelope of thousands of recipients
      auto rest = co_await off_loop(
          context, [segment = record->segment, place, bytes = header->meta_bytes] {
            return read_exactly(*segment, place.offset + record_header_bytes, bytes);
          });
      if (!rest) co_return std::unexpected(std::move(rest.error()));
      meta = std::move(*rest);
    }
    if (!meta_holds(*header, segment.salt, place.offset, meta)) {
      co_return corrupt(segment, place.offset, "a record");
    }
    co_return meta;
  }
}

io::Task<base::Result<std::string>> fetch_body(io::Ref<Context> context, io::Ref<Stream> stream,
                                               Place place, std::uint64_t bytes) {
  if (bytes <= window_bytes_max) {
    auto record = co_await fetch_record(context, stream, place, bytes);
    if (!record) co_return std::unexpected(std::move(record.error()));
    co_return body_of(record->octets.view, record->segment->header, place.offset);
  }
  auto segment = stream->segment(place.segment);
  if (!segment) co_return std::unexpected(std::move(segment.error()));
  co_return co_await off_loop(context, [segment = std::move(*segment), place, bytes] {
    return read_large_body(*segment, place.offset, bytes);
  });
}

io::Task<base::Result<FetchedMessage>> fetch_message(io::Ref<Context> context,
                                                     io::Ref<Stream> stream, MessageId id) {
  const Live* live = stream->ledger().find(id);
  if (live == nullptr) co_return no_message(id);
  FetchedMessage fetched;
  fetched.source = {live->commit, live->defer, stream->ledger().states(id)};
  auto bytes = co_await fetch_meta(context, stream, fetched.source.commit, live->record_bytes);
  if (!bytes) co_return std::unexpected(std::move(bytes.error()));
  const auto meta = decode_commit(*bytes);
  auto info = meta ? decode_envelope(id, meta->envelope) : std::nullopt;
  auto state = meta ? decode_state(meta->state) : std::nullopt;
  if (!info || !state) {
    co_return base::fail(base::ErrorKind::corrupt, "message " + id.text() + " is unreadable");
  }
  auto content = message::Content::decode(meta->content);
  if (!content) co_return std::unexpected(std::move(content.error()));
  fetched.info = std::move(*info);
  fetched.info.content = std::move(*content);
  fetched.state = std::move(*state);
  overlay_states(fetched.state.recipients, fetched.source.states);
  if (fetched.source.defer) {
    auto defers = co_await fetch_meta(context, stream, fetched.source.defer);
    if (!defers) co_return std::unexpected(std::move(defers.error()));
    auto defer = find_defer(*defers, id);
    if (!defer) co_return std::unexpected(std::move(defer.error()));
    fetched.state.defer = std::move(*defer);
  }
  co_return fetched;
}

io::Task<base::Result<BodyOctets>> fetch_span(io::Ref<Context> context, io::Ref<Stream> stream,
                                              MessageId id, Span span) {
  const Live* live = stream->ledger().find(id);
  if (live == nullptr) co_return no_message(id);
  span.length = std::min(span.length, UINT64_MAX - span.offset);
  if (live->body) co_return BodyOctets(live->body, span.offset, span.length);
  std::string out;
  struct Part {
    Place place;
    std::uint64_t record_bytes;
    std::uint64_t begin;
    std::uint64_t bytes;
  };
  std::vector<Part> parts;
  std::uint64_t begin = 0;
  for (const Chunk& chunk : stream->ledger().chunks(id)) {
    parts.push_back({chunk.place, record_bytes(0, chunk.bytes), begin, chunk.bytes});
    begin += chunk.bytes;
  }
  // How much of the body the commit itself holds shows when it is read.
  parts.push_back({live->commit, live->record_bytes, begin, UINT64_MAX - begin});
  for (const Part& part : parts) {
    if (part.begin >= span.offset + span.length || part.begin + part.bytes <= span.offset) continue;
    auto& last = stream->last_read();
    if (last.place == part.place) {
      append_common(out, last.body, part.begin, span);
      continue;
    }
    auto body = co_await fetch_body(context, stream, part.place, part.record_bytes);
    if (!body) co_return std::unexpected(std::move(body.error()));
    append_common(out, *body, part.begin, span);
    // Smaller ones stay in a window.
    if (part.record_bytes > window_bytes_max) stream->last_read() = {part.place, std::move(*body)};
  }
  co_return BodyOctets(std::move(out));
}

}  // namespace queue::journal
