// See format.h.
#include "queue/journal/format.h"

#include <isa-l.h>

#include <algorithm>
#include <cstring>

#include "lib/base/check.h"
#include "queue/journal/codec.h"

namespace queue::journal {

namespace {

constexpr std::string_view segment_magic = "SPJOURNL";
constexpr std::string_view trailer_magic = "SPSEALED";
constexpr std::uint32_t flag_recycled = 1;  // of a segment's header
constexpr std::uint32_t crc_start = 0xffffffff;

// The library's function takes and gives the raw register of CRC32C, before the final inversion.
std::uint32_t crc_register(std::string_view bytes, std::uint32_t state) {
  CHECK(bytes.size() <= segment_bytes_max, "a checksum is over one record at most");
  auto* data =
      const_cast<unsigned char*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast): its C API
          reinterpret_cast<const unsigned char*>(bytes.data()));
  return crc32_iscsi(data, static_cast<int>(bytes.size()), state);
}

void store(char* at, std::uint64_t value, unsigned octets) {
  for (unsigned i = 0; i < octets; ++i) at[i] = static_cast<char>(value >> (8 * i));
}

std::uint32_t seed(std::uint64_t salt, std::uint32_t offset) {
  std::array<char, 16> bytes;
  store(bytes.data(), salt, 8);
  store(bytes.data() + 8, offset, 8);
  return crc_register({bytes.data(), bytes.size()}, crc_start);
}

bool known(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(RecordType::chunk) &&
         type <= static_cast<std::uint8_t>(RecordType::index);
}

}  // namespace

std::uint32_t checksum(std::string_view bytes) { return ~crc_register(bytes, crc_start); }

std::uint32_t seeded_checksum(std::uint64_t salt, std::uint32_t offset, std::string_view bytes) {
  return ~crc_register(bytes, seed(salt, offset));
}

std::string encode(const SegmentHeader& header) {
  std::string bytes;
  Writer writer(bytes);
  writer.raw(segment_magic);
  writer.u32(header.version);
  writer.u32(header.stream);
  writer.u32(header.segment);
  writer.u32(header.recycled ? flag_recycled : 0);
  writer.u64(header.salt);
  writer.i64(header.created);
  bytes.resize(segment_header_bytes - 4);
  writer.u32(checksum(bytes));
  return bytes;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < segment_header_bytes || !bytes.starts_with(segment_magic)) return {};
  Reader reader(bytes.substr(segment_magic.size()));
  SegmentHeader header;
  header.version = reader.u32();
  header.stream = reader.u32();
  header.segment = reader.u32();
  header.recycled = (reader.u32() & flag_recycled) != 0;
  header.salt = reader.u64();
  header.created = reader.i64();
  (void)reader.raw(20);
  if (reader.u32() != checksum(bytes.substr(0, segment_header_bytes - 4))) return {};
  return header;
}

std::string encode(const Trailer& trailer) {
  std::string bytes;
  Writer writer(bytes);
  writer.raw(trailer_magic);
  writer.u32(format_version);
  writer.u32(trailer.stream);
  writer.u32(trailer.segment);
  writer.u32(trailer.index_offset);
  writer.u64(trailer.salt);
  writer.u64(trailer.file_bytes);
  writer.u32(0);
  writer.u32(checksum(bytes));
  return bytes;
}

std::optional<Trailer> decode_trailer(std::string_view bytes) {
  if (bytes.size() != trailer_bytes || !bytes.starts_with(trailer_magic)) return {};
  Reader reader(bytes.substr(trailer_magic.size()));
  const std::uint32_t version = reader.u32();
  if (version < format_version_min || version > format_version) return {};
  Trailer trailer;
  trailer.stream = reader.u32();
  trailer.segment = reader.u32();
  trailer.index_offset = reader.u32();
  trailer.salt = reader.u64();
  trailer.file_bytes = reader.u64();
  (void)reader.u32();
  if (reader.u32() != checksum(bytes.substr(0, trailer_bytes - 4))) return {};
  return trailer;
}

RecordHeaderBytes seal_record(RecordHeader header, std::uint64_t salt, std::uint32_t offset,
                              std::string_view meta, std::string_view body) {
  CHECK(meta.size() + body.size() <= payload_bytes_max, "a record fits into a segment");
  CHECK(header.group_index < header.group_size, "a record stands inside its group");
  const std::uint32_t seeded = seed(salt, offset);
  RecordHeaderBytes bytes = {};
  char* const at = bytes.data();
  store(at + 4, header.epoch, 4);
  store(at + 8, header.id, 8);
  store(at + 16, meta.size(), 4);
  store(at + 20, ~crc_register(meta, seeded), 4);
  store(at + 24, body.size(), 4);
  store(at + 28, ~crc_register(body, seeded), 4);
  at[32] = static_cast<char>(header.type);
  store(at + 34, header.group_index, 2);
  store(at + 36, header.group_size, 2);
  store(at, ~crc_register({at + 4, record_header_bytes - 4}, seeded), 4);
  return bytes;
}

std::optional<RecordHeader> decode_record_header(std::string_view bytes, std::uint64_t salt,
                                                 std::uint32_t offset) {
  if (bytes.size() < record_header_bytes) return {};
  const auto type = static_cast<std::uint8_t>(bytes[32]);
  // Cheap tests first: a scan through a damaged stretch asks at every eighth octet.
  if (!known(type) || bytes[33] != 0 || bytes[38] != 0 || bytes[39] != 0) return {};
  Reader reader(bytes);
  const std::uint32_t crc = reader.u32();
  if (crc != seeded_checksum(salt, offset, bytes.substr(4, record_header_bytes - 4))) return {};
  RecordHeader header;
  header.epoch = reader.u32();
  header.id = reader.u64();
  header.meta_bytes = reader.u32();
  header.meta_crc = reader.u32();
  header.body_bytes = reader.u32();
  header.body_crc = reader.u32();
  header.type = static_cast<RecordType>(type);
  (void)reader.u16();
  header.group_index = reader.u16();
  header.group_size = reader.u16();
  if (header.group_index >= header.group_size) return {};
  if (std::uint64_t{header.meta_bytes} + header.body_bytes > payload_bytes_max) return {};
  return header;
}

bool meta_holds(const RecordHeader& header, std::uint64_t salt, std::uint32_t offset,
                std::string_view meta) {
  return meta.size() == header.meta_bytes && seeded_checksum(salt, offset, meta) == header.meta_crc;
}

std::optional<RecordView> parse_record(std::string_view bytes, std::uint64_t salt,
                                       std::uint32_t offset) {
  const auto header = decode_record_header(bytes, salt, offset);
  if (!header || record_bytes(*header) > bytes.size()) return {};
  RecordView view;
  view.header = *header;
  view.meta = bytes.substr(record_header_bytes, header->meta_bytes);
  view.body = bytes.substr(record_header_bytes + header->meta_bytes, header->body_bytes);
  const std::uint32_t seeded = seed(salt, offset);
  view.meta_ok = ~crc_register(view.meta, seeded) == header->meta_crc;
  view.body_ok = ~crc_register(view.body, seeded) == header->body_crc;
  return view;
}

}  // namespace queue::journal
