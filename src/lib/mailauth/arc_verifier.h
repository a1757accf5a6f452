// lib/mailauth/arc_verifier.h: does the chain of custody hold? (RFC 8617 §5.2)
//
// What:    checks the newest ARC-Message-Signature and every ARC-Seal; names who sealed what.
// In/Out:  header + BodyHashes (dkim_body.h) → verify() → ArcVerdict.
// Errors:  no Result: a chain that does not hold is fail, with words; `temporary` when it was the
//          DNS that did not answer.
// Limits:  50 instances (§4.2.1), so 51 keys at most; names_max in one h=; the time in all is the
//          caller's deadline.
// Not here: which sealers are believed (policy/), sealing (arc_sealer.h). An older AMS is not
//          looked at: it says where the message was changed, which nobody here asks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/mailauth/arc_set.h"
#include "lib/mailauth/dkim_body.h"
#include "lib/mailauth/dkim_lookup.h"

namespace mailauth {

enum class ArcResult : std::uint8_t { none, pass, fail };
[[nodiscard]] std::string_view to_string(ArcResult result);  // as in RFC 8617 §4.4

struct ArcHop {
  unsigned instance = 0;
  std::string domain;    // d= of the seal: lower case, A-labels
  std::string selector;  // s= of the seal
  std::string results;  // what it found: "mx.example.org; spf=pass …"; to be believed as its sealer
};

struct ArcVerdict {
  ArcResult result = ArcResult::none;
  std::string problem;       // of fail
  bool temporary = false;    // of fail: the DNS did not answer
  unsigned instances = 0;    // the highest i= that was seen
  std::vector<ArcHop> hops;  // i=1 first; of a broken chain those that could be read
};

class ArcVerifier {
 public:
  // `header` (all fields, without the empty line) and `bodies` must outlive the verifier.
  ArcVerifier(std::string_view header, BodyHashes& bodies);
  ArcVerifier(const ArcVerifier&) = delete;
  ArcVerifier& operator=(const ArcVerifier&) = delete;

  // After bodies.finish().
  [[nodiscard]] io::Task<ArcVerdict> verify(io::Ref<dns::Resolver> resolver, base::Time now);

 private:
  [[nodiscard]] ArcVerdict describe() const;
  [[nodiscard]] std::string message_problem(base::Time now) const;
  [[nodiscard]] Claim message_claim() const;
  [[nodiscard]] std::vector<Claim> seal_claims() const;

  const BodyHashes& bodies_;
  std::vector<message::FieldView> fields_;
  ArcChain chain_;
  std::size_t body_ticket_ = 0;
};

}  // namespace mailauth
