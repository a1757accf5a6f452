// See dkim_lookup.h.
#include "lib/mailauth/dkim_lookup.h"

#include <fmt/format.h>

#include <utility>

#include "lib/mailauth/dkim_key.h"

namespace mailauth {
namespace {

constexpr std::size_t name_bytes_max = 253;  // of a name in the DNS, as text (RFC 1035 §3.1)

KeyVerdict refuse(DkimResult result, std::string problem) {
  return {.result = result, .problem = std::move(problem), .key_bits = 0, .testing = false};
}

KeyType key_type_for(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::ed25519_sha256 ? KeyType::ed25519 : KeyType::rsa;
}

// Is this record for such a signature at all (§6.1.2, steps 4 to 8)? Empty: yes.
std::string misfit(const Claim& claim, const DkimKeyRecord& record) {
  if (record.is_revoked()) return "the key was revoked";
  if (record.type != to_string(key_type_for(claim.algorithm))) {
    return fmt::format("the key's k= does not fit {}", to_string(claim.algorithm));
  }
  if (!record.allows_sha256) return "the key's h= does not allow sha256";
  if (!record.serves_email) return "the key's s= is not for mail";
  if (record.exact_domain && claim.identity_domain != claim.domain) {
    return "the key's t=s wants the domain of i= to be d=";
  }
  return {};
}

// Of several records the one that came furthest is reported.
int progress(DkimResult result) {
  switch (result) {
    case DkimResult::pass: return 3;
    case DkimResult::fail: return 2;
    case DkimResult::policy: return 1;
    default: return 0;
  }
}

}  // namespace

std::string_view to_string(DkimResult result) {
  switch (result) {
    case DkimResult::pass: return "pass";
    case DkimResult::fail: return "fail";
    case DkimResult::policy: return "policy";
    case DkimResult::neutral: return "neutral";
    case DkimResult::temperror: return "temperror";
    case DkimResult::permerror: return "permerror";
  }
  std::unreachable();
}

KeyVerdict check_claim_with(const Claim& claim, std::string_view text) {
  const auto record = parse_key_record(text);
  if (!record) {
    return refuse(DkimResult::permerror, "the key record: " + record.error().detail);
  }
  KeyVerdict verdict = refuse(DkimResult::permerror, misfit(claim, *record));
  verdict.testing = record->testing;
  if (!verdict.problem.empty()) return verdict;
  const auto key = PublicKey::from_octets(key_type_for(claim.algorithm), record->octets);
  if (!key) {
    verdict.problem = "the key record: " + key.error().detail;
    return verdict;
  }
  verdict.key_bits = key->bits();
  if (key->type() == KeyType::rsa && verdict.key_bits < rsa_bits_min) {
    // RFC 8301 §3.2: "Verifiers MUST NOT consider signatures using RSA keys of less than 1024 bits
    // as valid signatures."
    verdict.result = DkimResult::policy;
    verdict.problem = fmt::format("an RSA key of {} bits", verdict.key_bits);
  } else if (key->verify(claim.hash, claim.octets)) {
    verdict.result = DkimResult::pass;
  } else {
    verdict.result = DkimResult::fail;
    verdict.problem = "the signature does not fit the header";
  }
  return verdict;
}

io::Task<KeyVerdict> check_claim(io::Ref<dns::Resolver> resolver, Claim claim) {
  const std::string name = key_record_name(claim.selector, claim.domain);
  if (name.size() > name_bytes_max) {
    co_return refuse(DkimResult::permerror, "the key's name is too long for the DNS");
  }
  const dns::Answer answer = co_await resolver->query(name, dns::Type::txt);
  if (dns::is_negative(answer.status)) {
    co_return refuse(DkimResult::permerror, "no key at " + name);
  }
  if (answer.status != dns::Status::ok) {
    co_return refuse(DkimResult::temperror,
                     fmt::format("the DNS does not answer for {}: {}", name, answer.why));
  }
  // §6.1.2, step 3: of several records we try each.
  KeyVerdict best = refuse(DkimResult::permerror, "no key at " + name);
  for (std::size_t i = 0; i < answer.records.size() && i < key_records_max; ++i) {
    KeyVerdict one = check_claim_with(claim, answer.records[i].data);
    if (i == 0 || progress(one.result) > progress(best.result)) best = std::move(one);
    if (best.result == DkimResult::pass) break;
  }
  co_return best;
}

}  // namespace mailauth
