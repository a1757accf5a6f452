// Fuzz target: the small files of the state folder. What was read can be written and read again.
// The first line of the input says which file it is.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "admin/doctor/history.h"
#include "admin/second_factor.h"
#include "admin/tokens.h"
#include "directory/credential.h"
#include "directory/ldap/cache.h"
#include "directory/srs/srs_secrets.h"
#include "lib/base/check.h"
#include "policy/signing/key_index.h"

namespace {

// read(write(read(text))) is read(text), seen by what is written.
template <class Read, class Write>
void there_and_back(std::string_view text, Read read, Write write) {
  const auto first = read(text);
  if (!first) return;
  const std::string written = write(*first);
  const auto again = read(written);
  CHECK(again.has_value(), "what we write can be read");
  CHECK(write(*again) == written, "and says the same");
}

constexpr std::string_view source = "source";

void read_ldap_cache(std::string_view text) {
  there_and_back(
      text, [](std::string_view one) { return directory::decode_ldap_cache(one, source); },
      [](const auto& contents) { return directory::encode_ldap_cache(contents, source); });
}

void read_verifier(std::string_view text) {
  const auto verifier = directory::parse_verifier(text);
  if (!verifier) return;
  CHECK(verifier->iterations <= directory::scram_iterations_max, "a bound on the work");
  CHECK(directory::parse_verifier(verifier->text()).has_value(), "what we write can be read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  const std::string_view name = input.substr(0, end);
  const std::string_view text = end == input.npos ? "" : input.substr(end + 1);
  if (name == "history") there_and_back(text, doctor::read_history, doctor::write_history);
  if (name == "tokens") there_and_back(text, admin::read_tokens, admin::write_tokens);
  if (name == "factors") {
    there_and_back(text, admin::read_second_factors, admin::write_second_factors);
  }
  if (name == "keys") there_and_back(text, policy::read_key_index, policy::write_key_index);
  if (name == "srs")
    there_and_back(text, directory::read_srs_secrets, directory::write_srs_secrets);
  if (name == "ldap") read_ldap_cache(text);
  if (name == "verifier") read_verifier(text);
  return 0;
}
