// Fuzz target: address lists. What is accepted is an address each, and a list of them reads back.
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/address_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view domain : {"", "example.org"}) {
    const auto list = message::parse_address_list(text, domain);
    if (!list) continue;
    std::string written;
    for (const message::Address& address : list->addresses) {
      CHECK(!address.local.empty() && !address.domain.empty(), "whole addresses only");
      if (!written.empty()) written += ", ";
      written += "<" + address.text() + ">";
    }
    const auto again = message::parse_address_list(written);
    CHECK(again && again->addresses == list->addresses, "reads back");
  }
  return 0;
}
