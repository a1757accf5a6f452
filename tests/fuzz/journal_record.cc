// Fuzzes the decoders of the journal's records: whatever decodes encodes to the same octets again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "queue/journal/format.h"
#include "queue/journal/record.h"
#include "queue/journal/summary.h"

namespace {

using namespace queue::journal;

void decode_all(std::string_view bytes) {
  if (const auto info = decode_envelope({1}, bytes)) {
    CHECK(decode_envelope({1}, encode_envelope(*info)), "an envelope that was read can be written");
  }
  if (const auto state = decode_state(bytes); state && !state->empty()) {
    CHECK(decode_state(encode_state(*state)), "a state that was read can be written");
    (void)make_stored({}, *state);
  }
  if (const auto commit = decode_commit(bytes)) {
    CHECK(decode_commit(encode_commit(*commit)), "a commit that was read can be written");
  }
  if (const auto ends = decode_ends(bytes)) {
    CHECK(decode_ends(encode_ends(*ends)), "ends that were read can be written");
    std::string states;
    for (const End& end : *ends) overlay_ends(states, end.finish.ends);
  }
  if (const auto defers = decode_defers(bytes)) {
    CHECK(decode_defers(encode_defers(*defers)), "deferrals that were read can be written");
  }
  if (const auto summary = Summary::decode(bytes)) {
    CHECK(Summary::decode(summary->encode()), "an index that was read can be written");
  }
  (void)decode_segment_header(bytes);
  (void)decode_trailer(bytes);
  (void)parse_record(bytes, 0, 64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  decode_all({reinterpret_cast<const char*>(data), size});
  return 0;
}
