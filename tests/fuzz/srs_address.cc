// Fuzz target: addresses that claim to be ours for the sender of forwarded mail (SRS). Without our
// secret nobody makes one; what we make leads back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "directory/srs/srs.h"
#include "lib/base/check.h"

namespace {

constexpr base::Time now{std::chrono::hours(24 * 365 * 56)};

// As small as in the other direction: the hash is four letters, which may be guessed; what comes
// out is an address then.
void check_back(const directory::Srs& srs, const message::Address& address) {
  if (!directory::Srs::is_srs(address.local)) return;
  const auto sender = srs.back(address);
  if (!sender) return;
  CHECK(!sender->local.empty() && !sender->domain.empty(), "it leads to somebody");
}

void check_forward(const directory::Srs& srs, const message::Address& sender) {
  const auto ours = srs.forward(sender, "home.test");
  if (!ours) return;
  CHECK(directory::Srs::is_srs(ours->local), "it is known again");
  const auto back = srs.back(*ours);
  CHECK(back.has_value(), "what we make leads back");
  const auto again = message::parse_address(ours->text());
  CHECK(again && again->text() == ours->text(), "it is an address");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static directory::Srs* const srs = [] {
    static directory::Srs one(std::chrono::hours(24 * 7), now);
    one.set_secrets({"of the fuzzer", "an older one"});
    return &one;
  }();
  const auto address = message::parse_address({reinterpret_cast<const char*>(data), size});
  if (!address || address->domain.empty()) return 0;
  check_back(*srs, *address);
  check_forward(*srs, *address);
  return 0;
}
