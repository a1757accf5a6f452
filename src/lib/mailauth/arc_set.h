// lib/mailauth/arc_set.h: the ARC sets of a header (RFC 8617 §4).
//
// What:    finds ARC-Authentication-Results, ARC-Message-Signature and ARC-Seal, puts them in order
//          and checks the structure of the chain (§5.2, steps 1 to 3).
// In/Out:  header fields → ArcChain.
// Errors:  no Result: what is wrong with the chain stands in ArcChain::problem.
// Limits:  arc_instances_max sets (§4.2.1).
// Not here: signatures (arc_verifier.h), new sets (arc_sealer.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/mailauth/dkim_signature.h"
#include "lib/message/header.h"

namespace mailauth {

struct ArcSet {
  const message::FieldView* results = nullptr;  // ARC-Authentication-Results
  const message::FieldView* message = nullptr;  // ARC-Message-Signature
  const message::FieldView* seal = nullptr;     // ARC-Seal
  Signature message_signature;
  Signature seal_signature;
  std::string payload;  // of the results, on one line, without i=
};

struct ArcChain {
  std::vector<ArcSet> sets;  // sets[0] is i=1; complete only when there is no problem
  std::string problem;       // empty: the structure is right
  unsigned highest = 0;      // of all instances seen, also in a broken chain
  bool ended = false;        // a seal says cv=fail: nothing is added any more (§5.1)

  [[nodiscard]] bool is_empty() const { return highest == 0 && problem.empty(); }
};

// `fields` must outlive the chain.
[[nodiscard]] ArcChain read_arc_chain(const std::vector<message::FieldView>& fields);

// §5.1.1: a set's fields in the order in which seals sign them.
void append_arc_fields(std::string& out, std::string_view results, std::string_view message);

}  // namespace mailauth
