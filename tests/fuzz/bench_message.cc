// Fuzz target: what the tools of bench read from outside. How the octets are cut does not matter.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "tools/bench/bare_wire.h"
#include "tools/bench/inspection.h"

namespace {

void inspect(std::string_view message) {
  bench::Inspection whole;
  whole.feed(message);
  const bench::Finding expected = whole.finish();
  bench::Inspection cut;
  for (std::string_view rest = message; !rest.empty();) {
    const std::size_t step = std::min<std::size_t>(rest.size(), 1 + rest.size() % 7);
    cut.feed(rest.substr(0, step));
    rest.remove_prefix(step);
  }
  const bench::Finding found = cut.finish();
  CHECK(found.kind == expected.kind && found.number == expected.number, "cuts do not matter");
  CHECK(found.bytes == message.size(), "every octet counts");
}

void find_end(std::string_view text) {
  const std::size_t expected = bench::find_end_of_text(text, 0);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::size_t before = bench::find_end_of_text(text.substr(0, cut), 0);
    if (before != std::string_view::npos) {
      CHECK(before == expected, "the first end is the end");
      break;
    }
    CHECK(bench::find_end_of_text(text, cut) == expected, "what was looked at has no end");
  }
}

void read_replies(std::string_view replies) {
  bench::ReplyCodes whole;
  whole.feed(replies);
  bench::ReplyCodes cut;
  for (const char& octet : replies) cut.feed({&octet, 1});
  while (const auto code = whole.next()) {
    CHECK(cut.next() == code, "the same codes");
    CHECK(*code >= 0 && *code <= 999, "three digits");
    if (*code == 0) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  inspect(input);
  find_end(input.substr(0, 512));
  read_replies(input);
  if (const auto mark = bench::parse_mark(input)) {
    CHECK(mark->number < 1'000'000'000'000'000'000, "digits are limited");
    CHECK(bench::parse_mark(bench::mark_text(*mark)) == mark, "what we write can be read");
  }
  return 0;
}
