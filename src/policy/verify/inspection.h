// policy/verify/inspection.h: what watches one message go by, for SPF's companions DKIM and ARC.
//
// What:    reads the signatures when the header has come and hashes the body as it streams.
// In/Out:  made with the header, feed(body octets)…, finish() → the verifiers.
// Errors:  none: signatures that cannot be read are verdicts of the verifiers.
// Limits:  mailauth::DkimLimits.
// Not here: keys and verdicts (sender_checks.h).
#pragma once

#include <string>
#include <string_view>

#include "lib/mailauth/arc_verifier.h"
#include "lib/mailauth/dkim_body.h"
#include "lib/mailauth/dkim_verifier.h"

namespace policy {

// A message without a signature makes no hash: feed() passes by.
class Inspection {
 public:
  explicit Inspection(std::string header, mailauth::DkimLimits limits = {})
      : header_(std::move(header)), dkim_(header_, bodies_, limits), arc_(header_, bodies_) {}
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;

  void feed(std::string_view body) { bodies_.feed(body); }
  void finish() { bodies_.finish(); }

  [[nodiscard]] mailauth::DkimVerifier& dkim() { return dkim_; }
  [[nodiscard]] mailauth::ArcVerifier& arc() { return arc_; }
  [[nodiscard]] const std::string& header() const { return header_; }

 private:
  const std::string header_;
  mailauth::BodyHashes bodies_;
  mailauth::DkimVerifier dkim_;
  mailauth::ArcVerifier arc_;
};

}  // namespace policy
