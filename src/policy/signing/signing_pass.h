// policy/signing/signing_pass.h: what hashes one message of ours as it streams in.
//
// What:    holds the keys that will sign it and the hashes of its body that their signers want.
// In/Out:  made when the header has come, feed(body octets)…, finish() → hashes.
// Errors:  none: a value machine.
// Limits:  one hash per form that the signers want: today one.
// Not here: whose mail is signed, with which keys (signing.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/mailauth/dkim_body.h"
#include "policy/signing/key_ring.h"

namespace policy {

class SigningPass {
 public:
  enum class Purpose : std::uint8_t {
    sign,  // mail of ours: DKIM
    seal,  // mail of a stranger that we forward: ARC
  };

  // `keys` belong to `ring`.
  SigningPass(std::shared_ptr<const KeyRing> ring, const DomainKeys& keys, Purpose purpose);
  SigningPass(const SigningPass&) = delete;
  SigningPass& operator=(const SigningPass&) = delete;

  void feed(std::string_view body) { bodies_.feed(body); }
  void finish() {
    if (!bodies_.finished()) bodies_.finish();
  }
  // After finish(): of the key that is so manieth in keys().active.
  [[nodiscard]] const std::string& hash(std::size_t key) const {
    return bodies_.hash(tickets_.at(key));
  }

  [[nodiscard]] Purpose purpose() const { return purpose_; }
  [[nodiscard]] const std::shared_ptr<const KeyRing>& ring() const { return ring_; }
  [[nodiscard]] const DomainKeys& keys() const { return keys_; }

 private:
  std::shared_ptr<const KeyRing> ring_;
  const DomainKeys& keys_;
  Purpose purpose_;
  mailauth::BodyHashes bodies_;
  std::vector<std::size_t> tickets_;
};

}  // namespace policy
