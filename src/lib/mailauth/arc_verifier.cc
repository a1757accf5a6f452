// See arc_verifier.h.
#include "lib/mailauth/arc_verifier.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/check.h"
#include "lib/io/task_group.h"
#include "lib/mailauth/dkim_crypto.h"
#include "lib/mailauth/dkim_verifier.h"

namespace mailauth {
namespace {

constexpr std::int64_t clock_skew_seconds = 300;

Claim make_claim(const Signature& signature, std::string hash) {
  return {.domain = signature.domain,
          .selector = signature.selector,
          .identity_domain = signature.domain,
          .algorithm = signature.algorithm,
          .hash = std::move(hash),
          .octets = signature.octets};
}

io::Task<void> check_into(io::Ref<dns::Resolver> resolver, Claim claim,
                          io::Ref<KeyVerdict> verdict) {
  *verdict = co_await check_claim(resolver, std::move(claim));
}

}  // namespace

std::string_view to_string(ArcResult result) {
  switch (result) {
    case ArcResult::none: return "none";
    case ArcResult::pass: return "pass";
    case ArcResult::fail: return "fail";
  }
  std::unreachable();
}

ArcVerifier::ArcVerifier(std::string_view header, BodyHashes& bodies)
    : bodies_(bodies), fields_(all_fields(header)), chain_(read_arc_chain(fields_)) {
  if (!chain_.is_empty() && chain_.problem.empty()) {
    body_ticket_ = bodies.want(chain_.sets.back().message_signature.body);
  }
}

ArcVerdict ArcVerifier::describe() const {
  ArcVerdict verdict;
  verdict.instances = chain_.highest;
  for (std::size_t i = 0; i < chain_.sets.size(); ++i) {
    const ArcSet& set = chain_.sets[i];
    if (set.seal_signature.domain.empty()) continue;
    verdict.hops.push_back({.instance = static_cast<unsigned>(i + 1),
                            .domain = set.seal_signature.domain,
                            .selector = set.seal_signature.selector,
                            .results = set.payload});
  }
  if (!chain_.problem.empty()) {
    verdict.result = ArcResult::fail;
    verdict.problem = chain_.problem;
  }
  return verdict;
}

// What is wrong with the newest AMS and needs no key; empty: nothing.
std::string ArcVerifier::message_problem(base::Time now) const {
  for (const ArcSet& set : chain_.sets) {  // RFC 8301 §3.1
    if (set.seal_signature.algorithm == SignatureAlgorithm::rsa_sha1 ||
        set.message_signature.algorithm == SignatureAlgorithm::rsa_sha1) {
      return "rsa-sha1 proves nothing any more";
    }
  }
  const Signature& signature = chain_.sets.back().message_signature;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  if (signature.expires_seconds && *signature.expires_seconds + clock_skew_seconds < seconds) {
    return "the newest AMS has expired";
  }
  if (signature.body.bytes_max &&
      *signature.body.bytes_max != bodies_.canonical_bytes(body_ticket_)) {
    return "the newest AMS leaves a part of the body open (l=)";
  }
  return signature.body_hash == bodies_.hash(body_ticket_)
             ? std::string()
             : "the body is not the one that the newest AMS signed";
}

Claim ArcVerifier::message_claim() const {
  const ArcSet& newest = chain_.sets.back();
  const Signature& signature = newest.message_signature;
  std::string octets;
  FieldChooser(fields_).append_chosen(octets, signature.names, signature.header_form);
  append_blanked_field(octets, newest.message->whole, signature.blank, signature.header_form);
  return make_claim(signature, sha256(octets));
}

// §5.1.1: seal k signs the sets 1 to k, its own field with an empty b=. Each set is hashed once.
std::vector<Claim> ArcVerifier::seal_claims() const {
  std::vector<Claim> claims;
  Sha256 before;
  for (const ArcSet& set : chain_.sets) {
    std::string octets;
    append_arc_fields(octets, set.results->whole, set.message->whole);
    before.update(octets);
    Sha256 with_seal(before);
    octets.clear();
    append_blanked_field(octets, set.seal->whole, set.seal_signature.blank,
                         Canonicalization::relaxed);
    with_seal.update(octets);
    claims.push_back(make_claim(set.seal_signature, with_seal.finish()));
    octets.clear();
    append_canonical_field(octets, set.seal->whole, Canonicalization::relaxed);
    before.update(octets);
  }
  return claims;
}

io::Task<ArcVerdict> ArcVerifier::verify(io::Ref<dns::Resolver> resolver, base::Time now) {
  CHECK(bodies_.finished(), "a chain is verified when the body has ended");
  ArcVerdict verdict = describe();
  if (chain_.is_empty() || !chain_.problem.empty()) co_return verdict;
  verdict.result = ArcResult::fail;
  verdict.problem = message_problem(now);
  if (!verdict.problem.empty()) co_return verdict;

  std::vector<Claim> claims = seal_claims();
  std::vector<KeyVerdict> seals(claims.size());
  KeyVerdict message;
  // All keys are asked for at the same time.
  io::TaskGroup group(co_await io::current_scope());
  group.spawn(check_into(resolver, message_claim(), message));
  for (std::size_t i = 0; i < claims.size(); ++i) {
    group.spawn(check_into(resolver, std::move(claims[i]), seals[i]));
  }
  co_await group.join();
  if (message.result != DkimResult::pass) {
    verdict.problem = fmt::format("the newest AMS: {}", message.problem);
    verdict.temporary = message.result == DkimResult::temperror;
    co_return verdict;
  }
  for (std::size_t i = seals.size(); i-- > 0;) {  // §5.2, step 6: the newest first
    if (seals[i].result == DkimResult::pass) continue;
    verdict.problem = fmt::format("the seal i={}: {}", i + 1, seals[i].problem);
    verdict.temporary = seals[i].result == DkimResult::temperror;
    co_return verdict;
  }
  verdict.result = ArcResult::pass;
  co_return verdict;
}

}  // namespace mailauth
