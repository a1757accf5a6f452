// Fuzz target: the name in HELO. What is looked up in the DNS is a name, and nothing else is.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/address.h"
#include "policy/client/helo_check.h"

namespace {

class NobodyKnown final : public directory::Snapshot {
 public:
  bool is_local_domain(std::string_view domain) const override { return domain == "home.test"; }
  directory::Local lookup(const message::Address& /*address*/) const override { return {}; }
  const directory::Mailbox* mailbox(const message::Address& /*a*/) const override {
    return nullptr;
  }
  directory::Expansion expand(const message::Recipient& /*one*/) const override { return {}; }
  const directory::Login* login(std::string_view /*name*/) const override { return nullptr; }
  bool may_send_as(std::string_view /*m*/, const message::Address& /*a*/) const override {
    return false;
  }
  directory::SendingLimits limits(std::string_view /*mailbox*/) const override { return {}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const NobodyKnown known;
  static const auto client = *io::IpAddress::parse("198.51.100.9");
  static const auto us = *io::IpAddress::parse("192.0.2.1");
  const policy::HeloFinding found =
      policy::judge_helo({.helo = {reinterpret_cast<const char*>(data), size},
                          .client = client,
                          .us = us,
                          .hostname = "mx.home.test",
                          .known = known});
  if (found.to_lookup.empty()) return 0;
  CHECK(message::is_domain(found.to_lookup), "what is looked up is a name");
  CHECK(found.to_lookup.find('.') != std::string::npos, "a full one");
  CHECK(found.problem.empty() || found.ours, "a wrong name is not looked up");
  return 0;
}
