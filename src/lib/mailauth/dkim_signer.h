// lib/mailauth/dkim_signer.h: signs a message; DKIM today, another scheme (DKIM2) may join.
//
// What:    Signer is what the mail's way knows: it wants a body hash before the body comes and
//          gives header fields when it has ended. DkimSigner makes one DKIM-Signature (RFC 6376).
// In/Out:  prepare(bodies) → ticket; sign(SigningInput) → fields, each folded and ended with CRLF,
//          to stand above the header.
// Errors:  invalid for a header without exactly one From, and for names that are none; what OpenSSL
//          says when a key fails.
// Limits:  names_max in h=: a header with more fields of the signed names is refused.
// Not here: where keys are kept and rotated (directory/), which domain signs (policy/), ARC
//          (arc_sealer.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/mailauth/dkim_body.h"
#include "lib/mailauth/dkim_crypto.h"

namespace mailauth {

// By value: signing with RSA belongs on a pool thread (io::on_pool).
struct SigningInput {
  std::string header;     // all fields as they will be sent, without the empty line
  std::string body_hash;  // BodyHashes::hash() of the ticket
  base::Time now;
};

class Signer {
 public:
  Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  virtual ~Signer() = default;

  // Before the body is fed: the ticket whose hash sign() wants.
  [[nodiscard]] virtual std::size_t prepare(BodyHashes& bodies) const = 0;
  // May run on any thread.
  [[nodiscard]] virtual base::Result<std::string> sign(SigningInput input) const = 0;
};

struct DkimSigning {
  std::string domain;    // d=
  std::string selector;  // s=
  std::string identity;  // i=; none if empty
  Canonicalization header_form = Canonicalization::relaxed;
  Canonicalization body_form = Canonicalization::relaxed;
  std::optional<base::Duration> valid_for;  // x= so long after t=
};

class DkimSigner final : public Signer {
 public:
  // domain and selector as A-labels; invalid if they are no names, or the RSA key has less than
  // 1024 bits (RFC 8301 §3.2).
  [[nodiscard]] static base::Result<std::unique_ptr<DkimSigner>> make(DkimSigning rules,
                                                                      PrivateKey key);

  [[nodiscard]] std::size_t prepare(BodyHashes& bodies) const override;
  [[nodiscard]] base::Result<std::string> sign(SigningInput input) const override;

 private:
  DkimSigner(DkimSigning rules, PrivateKey key) : rules_(std::move(rules)), key_(std::move(key)) {}

  DkimSigning rules_;
  PrivateKey key_;
};

// h= for this header: what a reader sees is signed once more often than it occurs, so that nothing
// can be added; Sender, List-* and Resent-* are signed where they are. Lower case.
[[nodiscard]] std::vector<std::string> names_to_sign(const std::vector<message::FieldView>& fields);

}  // namespace mailauth
