// Fuzz target: record data of any type, and zone text, never crash the reader.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/dns/rdata.h"
#include "lib/dns/zone_resolver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr dns::Type types[] = {dns::Type::a,   dns::Type::aaaa, dns::Type::mx,  dns::Type::txt,
                                 dns::Type::ptr, dns::Type::srv,  dns::Type::tlsa};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] < 0xc0) {
    const auto record = dns::read_record(types[data[0] % std::size(types)], bytes);
    if (record && record->data.size() > 4 * bytes.size() + 20) __builtin_trap();
    return 0;
  }
  dns::ZoneResolver zone("");
  const auto added = zone.add(bytes);
  const auto answer = zone.lookup("a.example", added ? dns::Type::mx : dns::Type::a);
  if (answer.status == dns::Status::ok && answer.records.empty()) __builtin_trap();
  return 0;
}
