// Fuzz target: a message with DKIM and ARC fields, verified with a key that is always the same.
// However the body is cut, the results are one; a list of verdicts has a bound.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/mailauth/dkim_fixture.h"

namespace {

// Every name has this key, so that signatures come as far as they can (RFC 8463 appendix A.2).
class OneKey final : public dns::Resolver {
 public:
  io::Task<dns::Answer> query(std::string name, dns::Type /*type*/) override {
    dns::Answer answer;
    answer.status = dns::Status::ok;
    dns::Record record;
    record.data = name.starts_with("test.") ? std::string(rsa) : std::string(ed25519);
    answer.records.push_back(record);
    co_return answer;
  }

 private:
  static constexpr std::string_view ed25519 =
      "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  static constexpr std::string_view rsa =
      "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR"
      "6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5Qj"
      "vHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
};

std::string judge(std::string_view message, std::size_t chunk_bytes) {
  OneKey keys;
  const auto checked = mailauth::check_message(keys, message, 1'600'000'000, chunk_bytes);
  CHECK(checked.dkim.verdicts.size() <= mailauth::DkimLimits().signatures_max, "a bound");
  CHECK(checked.arc.hops.size() <= mailauth::arc_instances_max, "a bound");
  std::string words = checked.arc.problem;
  for (const auto& verdict : checked.dkim.verdicts) {
    CHECK((verdict.result == mailauth::DkimResult::pass) == verdict.problem.empty(), "words");
    CHECK(!verdict.is_trusted() || !verdict.domain.empty(), "a pass has a domain");
    words += verdict.problem;
  }
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const std::size_t chunk_bytes = size == 0 ? 1 : 1 + data[size - 1];
  CHECK(judge(message, chunk_bytes) == judge(message, size + 1), "chunks do not matter");
  return 0;
}
