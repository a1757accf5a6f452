// queue/journal/format.h: the frames of the journal: segment header, record header, trailer.
//
// What:    constants and pure encode/decode of docs/journal.md, "Bytes".
// In/Out:  structs ↔ octets; seal_record fills a record header's checksums for its place.
// Errors:  decoders return nullopt for anything whose magic, version or checksum does not hold.
// Limits:  segment_bytes_max, payload_bytes_max.
// Not here: what meta means (record.h, summary.h), files (segment.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace queue::journal {

inline constexpr std::uint32_t format_version = 7;
// Version 1 had no account and no time of release in an envelope, version 2 no Junk, version 3 no
// flags in a segment's header, version 4 no recipients whose sender was told of a delay, version 5
// no return paths of recipients and no REQUIRETLS, version 6 no deadline and no priority; what they
// wrote is still read.
inline constexpr std::uint32_t format_version_min = 1;
inline constexpr std::size_t segment_header_bytes = 64;
inline constexpr std::size_t record_header_bytes = 40;
inline constexpr std::size_t trailer_bytes = 48;
inline constexpr std::size_t record_alignment = 8;
// Offsets are u32, and the checksum library counts in int.
inline constexpr std::uint64_t segment_bytes_max = 1ULL << 30U;
inline constexpr std::uint64_t payload_bytes_max = segment_bytes_max - (1ULL << 20U);
inline constexpr std::size_t group_records_max = 65'535;  // a u16 counts them

// Where a record begins. Segments are counted from 1; 0 is nowhere.
struct Place {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  bool operator==(const Place&) const = default;
  [[nodiscard]] explicit operator bool() const { return segment != 0; }
};

struct SegmentHeader {
  std::uint32_t version = format_version;
  std::uint32_t stream = 0;
  std::uint32_t segment = 0;
  std::uint64_t salt = 0;
  std::int64_t created = 0;  // µs since 1970
  bool recycled = false;     // behind its records lies what an older segment left, not zeros
  bool operator==(const SegmentHeader&) const = default;
};

enum class RecordType : std::uint8_t {
  chunk = 1,
  commit = 2,
  moved = 3,
  ends = 4,
  defers = 5,
  index = 6,
};

struct RecordHeader {
  RecordType type = RecordType::chunk;
  std::uint32_t epoch = 0;
  std::uint64_t id = 0;
  std::uint32_t meta_bytes = 0;
  std::uint32_t meta_crc = 0;
  std::uint32_t body_bytes = 0;
  std::uint32_t body_crc = 0;
  std::uint16_t group_index = 0;
  std::uint16_t group_size = 1;
  bool operator==(const RecordHeader&) const = default;
};

struct Trailer {
  std::uint32_t stream = 0;
  std::uint32_t segment = 0;
  std::uint32_t index_offset = 0;
  std::uint64_t salt = 0;
  std::uint64_t file_bytes = 0;
  bool operator==(const Trailer&) const = default;
};

using RecordHeaderBytes = std::array<char, record_header_bytes>;

// CRC32C; the seeded one is that of salt, offset and the octets.
[[nodiscard]] std::uint32_t checksum(std::string_view bytes);
[[nodiscard]] std::uint32_t seeded_checksum(std::uint64_t salt, std::uint32_t offset,
                                            std::string_view bytes);

[[nodiscard]] constexpr std::uint64_t record_bytes(std::uint64_t meta, std::uint64_t body) {
  return (record_header_bytes + meta + body + record_alignment - 1) / record_alignment *
         record_alignment;
}
[[nodiscard]] inline std::uint64_t record_bytes(const RecordHeader& header) {
  return record_bytes(header.meta_bytes, header.body_bytes);
}

[[nodiscard]] std::string encode(const SegmentHeader& header);
// A header of a newer version decodes too, if its checksum holds: the caller tells the
// administrator.
[[nodiscard]] std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

[[nodiscard]] std::string encode(const Trailer& trailer);
[[nodiscard]] std::optional<Trailer> decode_trailer(std::string_view bytes);

// The header of a record with this meta and body at this offset: lengths and checksums are filled
// in.
[[nodiscard]] RecordHeaderBytes seal_record(RecordHeader header, std::uint64_t salt,
                                            std::uint32_t offset, std::string_view meta,
                                            std::string_view body);
[[nodiscard]] std::optional<RecordHeader> decode_record_header(std::string_view bytes,
                                                               std::uint64_t salt,
                                                               std::uint32_t offset);

[[nodiscard]] bool meta_holds(const RecordHeader& header, std::uint64_t salt, std::uint32_t offset,
                              std::string_view meta);

// A whole record in memory and which of its parts hold.
struct RecordView {
  RecordHeader header;
  std::string_view meta;
  std::string_view body;
  bool meta_ok = false;
  bool body_ok = false;
};
// nullopt: the header does not hold or the record is longer than `bytes`.
[[nodiscard]] std::optional<RecordView> parse_record(std::string_view bytes, std::uint64_t salt,
                                                     std::uint32_t offset);

}  // namespace queue::journal
