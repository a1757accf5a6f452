// See dkim_verifier.h.
#include "lib/mailauth/dkim_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/task_group.h"
#include "lib/mailauth/dkim_crypto.h"

namespace mailauth {
namespace {

using base::ErrorKind;

constexpr std::size_t shown_signature_octets = 6;  // 8 characters of base64 (RFC 6008 §4)

std::int64_t seconds_of(base::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::vector<message::FieldView> all_fields(std::string_view header) {
  return message::read_header(header,
                              {.header_bytes_max = header.size(), .fields_max = header.size() + 1});
}

DkimVerifier::DkimVerifier(std::string_view header, BodyHashes& bodies, DkimLimits limits)
    : limits_(limits), bodies_(bodies), fields_(all_fields(header)), chooser_(fields_) {
  for (const message::FieldView& field : fields_) {
    if (!base::iequals(field.name, "DKIM-Signature")) continue;
    // What cannot be read counts, too: else it would be a way around the limit.
    if (candidates_.size() >= limits_.signatures_max) {
      ++ignored_;
      continue;
    }
    Candidate candidate{
        .field = &field,
        .signature = parse_signature(field, SignatureKind::dkim, {.names_max = limits_.names_max}),
        .body_ticket = 0};
    if (candidate.signature) candidate.body_ticket = bodies.want(candidate.signature->body);
    candidates_.push_back(std::move(candidate));
  }
}

DkimVerdict DkimVerifier::describe(const Candidate& candidate) const {
  DkimVerdict verdict;
  if (!candidate.signature) {
    SignatureNames names = guess_names(*candidate.field);
    verdict.domain = std::move(names.domain);
    verdict.selector = std::move(names.selector);
    verdict.identity = std::move(names.identity);
    verdict.algorithm = std::move(names.algorithm);
    return verdict;
  }
  const Signature& signature = *candidate.signature;
  verdict.domain = signature.domain;
  verdict.selector = signature.selector;
  verdict.identity = base::printable(signature.identity);
  verdict.algorithm = to_string(signature.algorithm);
  verdict.signature =
      base::base64(std::string_view(signature.octets).substr(0, shown_signature_octets));
  if (signature.body.bytes_max) {
    verdict.length_limited = true;
    const std::uint64_t all = bodies_.canonical_bytes(candidate.body_ticket);
    verdict.unsigned_body_bytes = all - std::min(all, *signature.body.bytes_max);
  }
  const auto covered =
      static_cast<std::size_t>(std::ranges::count(signature.names, std::string_view("from")));
  const std::size_t present = chooser_.count("from");
  verdict.unsigned_from_fields = present - std::min(present, covered);
  verdict.from_oversigned = covered > present;
  return verdict;
}

// What needs neither the key nor a hash.
bool DkimVerifier::is_acceptable(const Candidate& candidate, base::Time now,
                                 DkimVerdict& verdict) const {
  const auto refuse = [&](DkimResult result, std::string words) {
    verdict.result = result;
    verdict.problem = std::move(words);
    return false;
  };
  if (!candidate.signature) {
    const base::Error& error = candidate.signature.error();
    const bool unknown = error.kind == ErrorKind::unsupported;
    return refuse(unknown ? DkimResult::neutral : DkimResult::permerror,
                  "the signature: " + error.detail);
  }
  const Signature& signature = *candidate.signature;
  if (signature.algorithm == SignatureAlgorithm::rsa_sha1) {  // RFC 8301 §3.1
    return refuse(DkimResult::policy, "rsa-sha1 proves nothing any more");
  }
  const std::int64_t seconds = seconds_of(now);
  const std::int64_t skew = limits_.clock_skew_seconds;
  if (signature.expires_seconds && *signature.expires_seconds + skew < seconds) {
    return refuse(DkimResult::policy, "the signature has expired");
  }
  if (signature.signed_seconds && *signature.signed_seconds > seconds + skew) {
    return refuse(DkimResult::policy, "the signature was made in the future");
  }
  return true;
}

std::string DkimVerifier::body_problem(const Candidate& candidate) const {
  const Signature& signature = *candidate.signature;
  // §3.5, l=: "MUST NOT be larger than the actual number of octets".
  if (signature.body.bytes_max &&
      *signature.body.bytes_max > bodies_.canonical_bytes(candidate.body_ticket)) {
    return "l= is more than the body has";
  }
  return signature.body_hash == bodies_.hash(candidate.body_ticket)
             ? std::string()
             : "the body is not the one that was signed";
}

// §3.7: the chosen fields, then the signature's own with an empty b=.
Claim DkimVerifier::claim_of(const Candidate& candidate) const {
  const Signature& signature = *candidate.signature;
  std::string octets;
  chooser_.append_chosen(octets, signature.names, signature.header_form);
  append_blanked_field(octets, candidate.field->whole, signature.blank, signature.header_form);
  return {.domain = signature.domain,
          .selector = signature.selector,
          .identity_domain = signature.identity_domain,
          .algorithm = signature.algorithm,
          .hash = sha256(octets),
          .octets = signature.octets};
}

io::Task<DkimReport> DkimVerifier::verify(io::Ref<dns::Resolver> resolver, base::Time now) {
  CHECK(bodies_.finished(), "signatures are verified when the body has ended");
  DkimReport report;
  report.ignored = ignored_;
  report.verdicts.reserve(candidates_.size());
  // All keys are asked for at the same time.
  io::TaskGroup group(co_await io::current_scope());
  for (const Candidate& candidate : candidates_) {
    DkimVerdict& verdict = report.verdicts.emplace_back(describe(candidate));
    if (is_acceptable(candidate, now, verdict)) {
      group.spawn(check_key(resolver, candidate, verdict));
    }
  }
  co_await group.join();
  co_return report;
}

io::Task<void> DkimVerifier::check_key(io::Ref<dns::Resolver> resolver,
                                       io::Ref<const Candidate> candidate,
                                       io::Ref<DkimVerdict> verdict) const {
  KeyVerdict key = co_await check_claim(resolver, claim_of(*candidate));
  verdict->result = key.result;
  verdict->problem = std::move(key.problem);
  verdict->key_bits = key.key_bits;
  verdict->testing = key.testing;
  // A body that differs is proof enough, whatever the DNS would have said later.
  std::string changed = body_problem(*candidate);
  if (!changed.empty() && (key.result == DkimResult::pass || key.result == DkimResult::fail ||
                           key.result == DkimResult::temperror)) {
    verdict->result = DkimResult::fail;
    verdict->problem = std::move(changed);
  }
}

}  // namespace mailauth
