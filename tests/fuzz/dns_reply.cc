// Fuzz target: a name server's reply never crashes the reader, and says nothing it does not hold.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/dns/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr dns::Type types[] = {dns::Type::a,   dns::Type::aaaa, dns::Type::mx, dns::Type::txt,
                                 dns::Type::ptr, dns::Type::ns,   dns::Type::srv};
  const std::string_view reply(reinterpret_cast<const char*>(data) + 1, size - 1);
  const dns::WireQuestion question{
      .id = 0x1234, .name = "a.test", .type = types[data[0] % std::size(types)]};
  const auto answer = dns::read_reply(reply, question);
  if (answer.records.size() > dns::reply_records_max) __builtin_trap();
  if (answer.status != dns::Status::ok && !answer.records.empty()) __builtin_trap();
  if (answer.status == dns::Status::ok && answer.records.empty() &&
      answer.canonical_name == question.name) {
    __builtin_trap();
  }
  return 0;
}
