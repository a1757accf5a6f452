// Fuzz target: a name server's reply to an update never crashes the reader, and no octets without
// the key's signature are a success.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/dns/update.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view reply(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool with_key = (data[0] & 1U) != 0;
  const dns::TsigKey key{.name = "k.test", .secret = "a secret that no fuzzer guesses"};
  const dns::SentUpdate sent{.id = 0x1234,
                             .mac = "mac",
                             .key = with_key ? std::optional(key) : std::nullopt,
                             .now = base::Time()};
  if (dns::read_update_reply(reply, sent) && with_key) __builtin_trap();
  return 0;
}
