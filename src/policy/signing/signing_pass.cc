// See signing_pass.h.
#include "policy/signing/signing_pass.h"

namespace policy {

SigningPass::SigningPass(std::shared_ptr<const KeyRing> ring, const DomainKeys& keys,
                         Purpose purpose)
    : ring_(std::move(ring)), keys_(keys), purpose_(purpose) {
  for (const LoadedKey& key : keys_.active) tickets_.push_back(key.signer->prepare(bodies_));
}

}  // namespace policy
