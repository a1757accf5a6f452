// Fuzzes the scan of a segment: records made of the input, then some octets overwritten by the
// rest of it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "queue/journal/codec.h"
#include "queue/journal/scan.h"
#include "queue/journal/segment.h"

namespace {

using namespace queue::journal;

constexpr SegmentHeader segment{format_version, 1, 4, 0x5a17, 0};
constexpr std::size_t capacity = 8192;

// Appends a record whose checksums hold, with this content.
void append(std::string& bytes, Reader& input, std::uint32_t& epoch) {
  RecordHeader header;
  const unsigned kind = input.u8();
  header.type = static_cast<RecordType>(1 + (kind % 6));
  header.id = input.u8();
  header.group_size = static_cast<std::uint16_t>(1 + ((kind >> 3U) % 3));
  header.group_index = static_cast<std::uint16_t>((kind >> 5U) % header.group_size);
  const auto offset = static_cast<std::uint32_t>(bytes.size());
  if ((kind & 0x80U) != 0) epoch = offset;
  header.epoch = epoch;
  const std::string_view meta = input.text();
  const std::string_view body = input.text();
  const auto sealed = seal_record(header, segment.salt, offset, meta, body);
  bytes.append(sealed.data(), sealed.size());
  bytes += meta;
  bytes += body;
  bytes.resize((bytes.size() + record_alignment - 1) / record_alignment * record_alignment);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > capacity / 2) return 0;
  Reader input({reinterpret_cast<const char*>(data), size});
  std::string bytes(segment_header_bytes, '\0');
  std::uint32_t epoch = segment_header_bytes;
  const unsigned records = input.u8() % 8;
  for (unsigned i = 0; i < records && input.ok(); ++i) append(bytes, input, epoch);
  bytes.resize(capacity);
  while (input.ok() && !input.at_end()) {
    const std::size_t at = input.u16() % capacity;
    bytes[at] = static_cast<char>(input.u8());
  }
  const Scan scan = scan_segment(bytes, segment);
  CHECK(scan.tail <= capacity && scan.epoch <= scan.tail, "the tail lies in the segment");
  CHECK(scan.torn_bytes <= 2 * capacity, "torn octets are those of the segment");
  CHECK(Summary::decode(scan.summary.encode()), "what a scan sums up can be written as an index");
  return 0;
}
