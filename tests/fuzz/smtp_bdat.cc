// Fuzz target: BDAT chunks. A text that passes has whole line ends only, however it was cut; every
// chunk is consumed to its last octet and no further.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/smtp/bdat_reader.h"

namespace {

// The octets in chunks whose lengths the first octets say.
std::string read(std::string_view input, smtp::BdatReader& reader) {
  std::string out;
  while (!reader.message_done()) {
    const std::size_t wanted = input.empty() ? 0 : static_cast<unsigned char>(input.front());
    input.remove_prefix(std::min<std::size_t>(1, input.size()));
    const std::size_t size = std::min(wanted, input.size());
    reader.begin(size, size == input.size());
    const std::size_t half = reader.feed(input.substr(0, size / 2), out);
    CHECK(half == size / 2, "what was counted is consumed");
    CHECK(reader.feed(input.substr(half), out) == size - half, "and nothing behind it");
    input.remove_prefix(size);
  }
  reader.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  smtp::BdatReader text(smtp::BdatReader::Kind::text, {.line_bytes_max = 200, .size_max = 1000});
  const std::string out = read(input, text);
  if (!text.fault()) {
    CHECK(out.empty() || out.ends_with("\r\n"), "whole lines");
    for (std::size_t i = 0; i < out.size(); ++i) {
      CHECK(out[i] != '\n' || (i > 0 && out[i - 1] == '\r'), "no bare LF");
      CHECK(out[i] != '\r' || (i + 1 < out.size() && out[i + 1] == '\n'), "no bare CR");
    }
  }
  smtp::BdatReader binary(smtp::BdatReader::Kind::binary, {});
  CHECK(read(input, binary).size() == binary.size() && !binary.fault(), "octets stay octets");
  return 0;
}
