// lib/mailauth/arc_sealer.h: adds a set to the chain, for who forwards and changes (RFC 8617 §5.1).
//
// What:    makes ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results of the next
//          instance.
// In/Out:  message, our results and the chain's verdict → three folded fields, to stand on top.
// Errors:  denied when the chain has ended (cv=fail is there already, or cannot be told), limit at
//          50 instances, invalid for names that are none.
// Limits:  one set per call; names in h= as in dkim_signer.h.
// Not here: whether to seal at all (policy/: off unless somebody forwards).
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/mailauth/arc_verifier.h"
#include "lib/mailauth/dkim_crypto.h"
#include "lib/mailauth/dkim_signer.h"

namespace mailauth {

struct ArcSealing {
  std::string domain;    // d=
  std::string selector;  // s=
};

struct ArcInput {
  SigningInput message;
  std::string
      results;       // of our Authentication-Results: "mx.example.org; spf=pass …", may be folded
  ArcVerdict chain;  // as it came to us
};

// Before the body is fed: the ticket whose hash goes into ArcInput.
[[nodiscard]] std::size_t prepare_arc(BodyHashes& bodies);
// RSA: on a pool thread.
[[nodiscard]] base::Result<std::string> seal_arc(ArcSealing rules, PrivateKey key, ArcInput input);

}  // namespace mailauth
