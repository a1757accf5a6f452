// Fuzz target: the trace files of a folder, as a crash or a bad disk may leave them, and what is
// made of an event for people and machines. No event makes two lines.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/io/files.h"
#include "lib/io/sim/host.h"
#include "trace/line.h"
#include "trace/reader.h"

namespace {

constexpr const char* folder = "/trace";
constexpr const char* path = "/trace/00063e1f2a3b4c5d.trace";

void check_lines(const trace::StoredEvent& event) {
  for (const std::string& line : {trace::human_line(event), trace::json_line(event)}) {
    CHECK(std::ranges::none_of(line, [](char c) { return c >= 0 && c < ' '; }), "one line");
  }
}

// A record of this payload whose checksum holds.
std::string sealed(std::string_view payload) {
  std::string record(trace::record_head_bytes, '\0');
  for (std::size_t i = 0; i < 4; ++i) {
    record[i] = static_cast<char>((payload.size() >> (8 * i)) & 0xffU);
  }
  record += payload;
  trace::seal_record(record.data());
  return record;
}

}  // namespace

// '\n' ends a payload; a '!' before one leaves it as it is, without its checksum.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static io::sim::World world(1);
  static io::sim::Host host(world, {"192.0.2.1"});
  io::Files& files = host.doors().files;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string text(trace::file_magic);
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view payload = input.substr(0, end);
    text += payload.starts_with('!') ? std::string(payload.substr(1)) : sealed(payload);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  CHECK(files.make_directories(folder) && io::write_file(files, path, text, 0600),
        "the disk works");
  std::size_t events = 0;
  (void)trace::scan_events(files, path, [&events](const auto& event, auto /*at*/, auto record) {
    check_lines(event);
    CHECK(trace::decode_record(record, trace::Checksum::verify).has_value(), "a whole record");
    ++events;
    return true;
  });
  const auto index = trace::scan_file(files, path);
  CHECK(!index || index->size() <= events * trace::keys_per_event_max, "a bound on the index");
  for (const char* what : {"a@home.test", "01hzzzzzzzzzz", "s01hzzzzzzzzzz"}) {
    const std::string word = what;
    const auto found = trace::find_events(files, folder, std::span(&word, 1), 100);
    CHECK(!found || found->size() <= 100, "a bound on the answer");
  }
  return 0;
}
