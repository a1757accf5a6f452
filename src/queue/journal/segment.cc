// See segment.h.
#include "queue/journal/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "lib/base/check.h"
#include "lib/base/format_version.h"
#include "lib/base/text.h"

namespace queue::journal {

namespace {

constexpr std::string_view suffix = ".log";
constexpr std::string_view spare_suffix = ".spare";
constexpr std::size_t segment_digits = 10;
constexpr std::size_t stream_digits = 4;
constexpr std::uint64_t rewrite_bytes = 1ULL << 20U;

std::string path_of(const std::string& folder, SegmentName name) {
  return folder + "/" + name.text();
}

std::string spare_path_of(const std::string& folder, SegmentName name) {
  return folder + "/" + name.spare_text();
}

base::Result<std::string> read_exactly(io::File& file, std::uint64_t offset, std::uint64_t bytes) {
  std::string into(bytes, '\0');
  auto got = file.read_at(offset, into);
  if (!got) return std::unexpected(std::move(got.error()));
  into.resize(*got);
  return into;
}

base::Result<> write_piece(io::File& file, std::uint64_t offset, std::string_view bytes) {
  return file.write_at(offset, std::span(&bytes, 1));
}

// Room for octets from `offset` to `end`, and written once: that a block which was only allocated
// holds something now is noted in the file system's own journal. While ext4 aborts that one, it
// says of a sync of such a block that it is done when it is not (Linux 6.18), and a message would
// be answered and lost.
base::Result<> make_room(io::File& file, std::uint64_t offset, std::uint64_t end) {
  if (auto done = file.allocate(end); !done) return done;
  const std::string zeros(offset < end ? std::min(rewrite_bytes, end - offset) : 0, '\0');
  while (offset < end) {
    const std::string_view piece =
        std::string_view(zeros).substr(0, std::min<std::uint64_t>(zeros.size(), end - offset));
    if (auto done = write_piece(file, offset, piece); !done) return done;
    offset += piece.size();
  }
  return {};
}

base::Result<OpenSegment> prepare(io::Files& files, const std::string& folder,
                                  const SegmentHeader& header, std::uint64_t bytes) {
  const SegmentName name{header.stream, header.segment};
  auto file = files.open(path_of(folder, name), io::OpenMode::create_new);
  if (!file) return std::unexpected(std::move(file.error()));
  if (auto done = make_room(**file, 0, bytes); !done) {
    return std::unexpected(std::move(done.error()));
  }
  if (auto done = write_piece(**file, 0, encode(header)); !done) {
    return std::unexpected(std::move(done.error()));
  }
  if (auto done = (*file)->sync(); !done) return std::unexpected(std::move(done.error()));
  if (auto done = files.sync_directory(folder); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return OpenSegment{std::move(*file), header};
}

// The old header goes, and that is safe, before the file has a name by which it is found.
base::Result<OpenSegment> prepare_again(io::Files& files, const std::string& folder,
                                        SegmentName spare, SegmentHeader header,
                                        std::uint64_t bytes) {
  header.recycled = true;
  auto file = files.open(spare_path_of(folder, spare), io::OpenMode::write);
  if (!file) return std::unexpected(std::move(file.error()));
  auto before = (*file)->size();
  if (!before) return std::unexpected(std::move(before.error()));
  base::Result<> done = make_room(**file, *before, bytes);
  if (done) done = write_piece(**file, 0, encode(header));
  if (done) done = (*file)->sync();
  if (done) {
    done = files.rename(spare_path_of(folder, spare),
                        path_of(folder, {header.stream, header.segment}));
  }
  if (done) done = files.sync_directory(folder);
  if (!done) return std::unexpected(std::move(done.error()));
  return OpenSegment{std::move(*file), header};
}

struct Ends {  // the two ends of a file
  std::optional<SegmentHeader> header;
  std::optional<Trailer> trailer;
  std::uint64_t bytes = 0;
};

base::Result<Ends> read_ends(io::File& file, SegmentName name) {
  Ends ends;
  auto bytes = file.size();
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  ends.bytes = *bytes;
  auto first = read_exactly(file, 0, segment_header_bytes);
  if (!first) return std::unexpected(std::move(first.error()));
  ends.header = decode_segment_header(*first);
  const auto ours = [&](auto& part) {
    return part && part->stream == name.stream && part->segment == name.segment;
  };
  if (!ours(ends.header)) ends.header.reset();
  if (*bytes < segment_header_bytes + trailer_bytes) return ends;
  auto last = read_exactly(file, *bytes - trailer_bytes, trailer_bytes);
  if (!last) return std::unexpected(std::move(last.error()));
  ends.trailer = decode_trailer(*last);
  if (!ours(ends.trailer) || ends.trailer->file_bytes != *bytes) ends.trailer.reset();
  // The trailer holds the salt too: a damaged first sector does not cost the whole segment.
  if (!ends.header && ends.trailer) {
    ends.header = {.version = format_version,
                   .stream = name.stream,
                   .segment = name.segment,
                   .salt = ends.trailer->salt,
                   .created = 0,
                   .recycled = true};
  }
  return ends;
}

base::Result<> check_version(const SegmentHeader& header, SegmentName name) {
  if (header.version >= format_version_min && header.version <= format_version) return {};
  return base::newer_format("the queue's journal, segment " + name.text(), header.version,
                            format_version);
}

base::Result<std::optional<Summary>> read_index(io::File& file, const Ends& ends,
                                                Reading& reading) {
  const std::uint32_t offset = ends.trailer->index_offset;
  if (offset < segment_header_bytes || offset > ends.bytes - trailer_bytes) return std::nullopt;
  auto bytes = read_exactly(file, offset, ends.bytes - trailer_bytes - offset);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  reading.bytes_read += bytes->size();
  const auto record = parse_record(*bytes, ends.header->salt, offset);
  if (!record || !record->meta_ok || record->header.type != RecordType::index) return std::nullopt;
  return Summary::decode(record->meta);
}

base::Result<> read_by_scan(io::File& file, const Ends& ends, Reading& reading) {
  auto bytes = read_exactly(file, 0, ends.bytes);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  reading.bytes_read += bytes->size();
  if (ends.header) {
    auto damages = std::move(reading.scan.damages);
    reading.scan = scan_segment(*bytes, *ends.header);
    std::ranges::move(reading.scan.damages, std::back_inserter(damages));
    reading.scan.damages = std::move(damages);
    const bool nothing = reading.scan.tail == segment_header_bytes && reading.scan.damages.empty();
    if (nothing) reading.condition = Reading::Condition::unused;
    return {};
  }
  // No record is written before the header is safe: without one there is nothing, or damage.
  const auto rest = std::string_view(*bytes).substr(std::min(bytes->size(), segment_header_bytes));
  reading.condition = all_zero(rest) ? Reading::Condition::unused : Reading::Condition::unreadable;
  return {};
}

std::optional<SegmentName> parse_name(std::string_view text, std::string_view ending) {
  if (!text.ends_with(ending)) return {};
  text.remove_suffix(ending.size());
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash < stream_digits) return {};
  const auto stream = base::parse_number(text.substr(0, dash));
  const auto segment = base::parse_number(text.substr(dash + 1));
  if (!stream || !segment || text.size() - dash - 1 != segment_digits) return {};
  if (*stream > UINT32_MAX || *segment == 0 || *segment > UINT32_MAX) return {};
  return SegmentName{static_cast<std::uint32_t>(*stream), static_cast<std::uint32_t>(*segment)};
}

base::Result<std::vector<SegmentName>> list_names(io::Files& files, const std::string& folder,
                                                  std::string_view ending) {
  auto listed = files.list(folder);
  std::vector<SegmentName> names;
  if (!listed) {
    if (listed.error().kind == base::ErrorKind::not_found) return names;
    return std::unexpected(std::move(listed.error()));
  }
  for (const io::FileInfo& info : *listed) {
    if (const auto name = parse_name(info.name, ending); name && !info.directory) {
      names.push_back(*name);
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::string SegmentName::text() const {
  return fmt::format("{:04}-{:010}{}", stream, segment, suffix);
}

std::string SegmentName::spare_text() const {
  return fmt::format("{:04}-{:010}{}", stream, segment, spare_suffix);
}

std::optional<SegmentName> SegmentName::parse(std::string_view text) {
  return parse_name(text, suffix);
}

std::optional<SegmentName> SegmentName::parse_spare(std::string_view text) {
  return parse_name(text, spare_suffix);
}

base::Result<std::vector<SegmentName>> list_segments(io::Files& files, const std::string& folder) {
  return list_names(files, folder, suffix);
}

base::Result<std::vector<SegmentName>> list_spares(io::Files& files, const std::string& folder) {
  return list_names(files, folder, spare_suffix);
}

base::Result<OpenSegment> create_segment(io::Files& files, const std::string& folder,
                                         const SegmentHeader& header, std::uint64_t bytes) {
  auto segment = prepare(files, folder, header, bytes);
  if (!segment && segment.error().kind != base::ErrorKind::exists) {
    // Best effort: what stays is found without records at the next start and removed then.
    [[maybe_unused]] const auto removed =
        files.remove(path_of(folder, {header.stream, header.segment}));
  }
  return segment;
}

base::Result<OpenSegment> open_segment(io::Files& files, const std::string& folder,
                                       SegmentName name) {
  auto file = files.open(path_of(folder, name), io::OpenMode::write);
  if (!file) return std::unexpected(std::move(file.error()));
  auto ends = read_ends(**file, name);
  if (!ends) return std::unexpected(std::move(ends.error()));
  if (!ends->header) {
    return base::fail(base::ErrorKind::corrupt,
                      "the header of journal segment " + name.text() + " does not hold");
  }
  if (auto ok = check_version(*ends->header, name); !ok) return std::unexpected(ok.error());
  return OpenSegment{std::move(*file), *ends->header};
}

base::Result<std::uint64_t> seal_segment(const OpenSegment& segment, std::uint32_t tail,
                                         std::uint32_t epoch, const Summary& summary) {
  const std::string meta = summary.encode();
  RecordHeader header;
  header.type = RecordType::index;
  header.epoch = epoch;
  const RecordHeaderBytes record = seal_record(header, segment.header.salt, tail, meta, {});
  Trailer trailer;
  trailer.stream = segment.header.stream;
  trailer.segment = segment.header.segment;
  trailer.index_offset = tail;
  trailer.salt = segment.header.salt;
  trailer.file_bytes = tail + seal_bytes(meta.size());
  const std::string last = encode(trailer);
  const std::string padding(record_bytes(meta.size(), 0) - record_header_bytes - meta.size(), '\0');
  const std::array<std::string_view, 3> pieces = {std::string_view(record.data(), record.size()),
                                                  meta, padding};
  // The index is safe before the trailer says that there is one: an index that does not hold is
  // damage.
  io::File& file = *segment.file;
  base::Result<> done = file.write_at(tail, pieces);
  if (done) done = file.sync();
  if (done) done = write_piece(file, trailer.file_bytes - trailer_bytes, last);
  if (done) done = file.truncate(trailer.file_bytes);
  if (done) done = file.sync();
  if (!done) return std::unexpected(std::move(done.error()));
  return trailer.file_bytes;
}

base::Result<Reading> read_segment(io::Files& files, const std::string& folder, SegmentName name) {
  auto file = files.open(path_of(folder, name), io::OpenMode::read);
  if (!file) return std::unexpected(std::move(file.error()));
  auto ends = read_ends(**file, name);
  if (!ends) return std::unexpected(std::move(ends.error()));
  if (ends->header) {
    if (auto ok = check_version(*ends->header, name); !ok) return std::unexpected(ok.error());
  }
  Reading reading;
  reading.file_bytes = ends->bytes;
  reading.bytes_read = segment_header_bytes + trailer_bytes;
  if (ends->trailer) {
    auto summary = read_index(**file, *ends, reading);
    if (!summary) return std::unexpected(std::move(summary.error()));
    if (*summary) {
      reading.scan.summary = std::move(**summary);
      return reading;
    }
    reading.scan.damages.push_back(
        {ends->trailer->index_offset, 0, "index does not match its checksum"});
  }
  reading.condition = Reading::Condition::unsealed;
  if (auto done = read_by_scan(**file, *ends, reading); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return reading;
}

base::Result<std::uint64_t> recover_segment(io::Files& files, const std::string& folder,
                                            SegmentName name, const Scan& scan) {
  auto segment = open_segment(files, folder, name);
  if (!segment) return std::unexpected(std::move(segment.error()));
  io::File& file = *segment->file;
  for (std::uint64_t at = scan.epoch; at < scan.tail; at += rewrite_bytes) {
    auto bytes = read_exactly(file, at, std::min<std::uint64_t>(rewrite_bytes, scan.tail - at));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    if (auto done = write_piece(file, at, *bytes); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  auto sealed = seal_segment(*segment, scan.tail, scan.epoch, scan.summary);
  if (sealed || sealed.error().kind != base::ErrorKind::no_space) return sealed;
  // On a full disk it is read by scanning once more; what it holds must be safe all the same.
  if (auto done = file.sync(); !done) return std::unexpected(std::move(done.error()));
  return file.size();
}

base::Result<> remove_segment(io::Files& files, const std::string& folder, SegmentName name) {
  if (auto done = files.remove(path_of(folder, name)); !done) return done;
  return files.sync_directory(folder);
}

base::Result<> set_aside_segment(io::Files& files, const std::string& folder, SegmentName name) {
  if (auto done = files.rename(path_of(folder, name), spare_path_of(folder, name)); !done) {
    return done;
  }
  return files.sync_directory(folder);
}

base::Result<std::shared_ptr<io::File>> create_spare(io::Files& files, const std::string& folder,
                                                     SegmentName name, std::uint64_t bytes) {
  auto file = files.open(spare_path_of(folder, name), io::OpenMode::create_new);
  if (!file) return std::unexpected(std::move(file.error()));
  base::Result<> done = (*file)->allocate(bytes);
  if (done) done = files.sync_directory(folder);
  if (!done) {
    // Best effort: what stays is written over after the next start.
    [[maybe_unused]] const auto removed = remove_spare(files, folder, name);
    return std::unexpected(std::move(done.error()));
  }
  return std::shared_ptr<io::File>(std::move(*file));
}

base::Result<> write_zeros(io::File& file, std::uint64_t offset, std::uint64_t bytes) {
  const std::string zeros(bytes, '\0');
  if (auto done = write_piece(file, offset, zeros); !done) return done;
  return file.sync();
}

base::Result<OpenSegment> recycle_segment(io::Files& files, const std::string& folder,
                                          SegmentName spare, const SegmentHeader& header,
                                          std::uint64_t bytes) {
  auto segment = prepare_again(files, folder, spare, header, bytes);
  if (!segment) {
    // Best effort, under whichever name it has: a start removes what is left.
    [[maybe_unused]] auto removed = remove_spare(files, folder, spare);
    removed = files.remove(path_of(folder, {header.stream, header.segment}));
  }
  return segment;
}

base::Result<> remove_spare(io::Files& files, const std::string& folder, SegmentName spare) {
  return files.remove(spare_path_of(folder, spare));
}

}  // namespace queue::journal
