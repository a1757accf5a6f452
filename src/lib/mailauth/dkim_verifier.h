// lib/mailauth/dkim_verifier.h: which signatures of this message hold? (RFC 6376 §6)
//
// What:    reads the signatures once the header has come, has their body hashes made while the body
//          streams, then fetches the keys and checks each signature.
// In/Out:  header + BodyHashes (dkim_body.h) → verify() → DkimReport.
// Errors:  no Result: each signature has a DkimResult and words. Trouble with the DNS is temperror.
// Limits:  DkimLimits; the time in all is the caller's deadline (a cancelled query is temperror).
// Not here: alignment with From (dmarc.h), what to do with the results (policy/).
//
//   BodyHashes bodies;
//   DkimVerifier dkim(scanner.header(), bodies);  // the header has ended
//   bodies.feed(chunk)…, bodies.finish();
//   DkimReport report = co_await dkim.verify(resolver, now);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/mailauth/dkim_body.h"
#include "lib/mailauth/dkim_lookup.h"
#include "lib/mailauth/dkim_signature.h"

namespace mailauth {

struct DkimLimits {
  std::size_t signatures_max = 8;     // from the top; what is below is not looked at
  std::size_t names_max = 1000;       // in one h=
  unsigned clock_skew_seconds = 300;  // t= may be so far in the future, x= so far in the past
};

struct DkimVerdict {
  DkimResult result = DkimResult::permerror;
  std::string problem;    // in words; empty for pass
  std::string domain;     // d=: lower case, A-labels; empty if it cannot be read
  std::string selector;   // s=
  std::string identity;   // i=, or "@" and d=
  std::string algorithm;  // "rsa-sha256"
  std::string signature;  // the first 8 characters of b= (RFC 6008 §4), to tell it from others
  unsigned key_bits = 0;  // of the key that was tried; 0 if none was
  bool testing = false;   // the key record has t=y
  bool length_limited = false;            // l=
  std::uint64_t unsigned_body_bytes = 0;  // canonical octets beyond l=
  std::size_t unsigned_from_fields = 0;   // more From fields than h= covers
  bool from_oversigned = false;           // a From added later breaks the signature

  // May it speak for its domain? A pass that leaves a part of the body or a From field open says
  // nothing about what a reader will see.
  [[nodiscard]] bool is_trusted() const {
    return result == DkimResult::pass && !length_limited && unsigned_from_fields == 0;
  }
};

struct DkimReport {
  std::vector<DkimVerdict> verdicts;  // top-down
  std::size_t ignored = 0;            // signatures beyond signatures_max
};

class DkimVerifier {
 public:
  // `header` (all fields, without the empty line) and `bodies` must outlive the verifier.
  DkimVerifier(std::string_view header, BodyHashes& bodies, DkimLimits limits = {});
  DkimVerifier(const DkimVerifier&) = delete;
  DkimVerifier& operator=(const DkimVerifier&) = delete;

  [[nodiscard]] std::size_t signatures() const { return candidates_.size(); }
  // After bodies.finish(); once or again.
  [[nodiscard]] io::Task<DkimReport> verify(io::Ref<dns::Resolver> resolver, base::Time now);

 private:
  struct Candidate {
    const message::FieldView* field = nullptr;
    base::Result<Signature> signature;
    std::size_t body_ticket = 0;
  };

  [[nodiscard]] DkimVerdict describe(const Candidate& candidate) const;
  [[nodiscard]] bool is_acceptable(const Candidate& candidate, base::Time now,
                                   DkimVerdict& verdict) const;
  [[nodiscard]] std::string body_problem(const Candidate& candidate) const;
  [[nodiscard]] Claim claim_of(const Candidate& candidate) const;
  [[nodiscard]] io::Task<void> check_key(io::Ref<dns::Resolver> resolver,
                                         io::Ref<const Candidate> candidate,
                                         io::Ref<DkimVerdict> verdict) const;

  DkimLimits limits_;
  const BodyHashes& bodies_;
  std::vector<message::FieldView> fields_;
  FieldChooser chooser_;
  std::vector<Candidate> candidates_;
  std::size_t ignored_ = 0;
};

// All fields of a header that the caller has bounded.
[[nodiscard]] std::vector<message::FieldView> all_fields(std::string_view header);

}  // namespace mailauth
