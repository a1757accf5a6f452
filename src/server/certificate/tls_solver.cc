// See tls_solver.h.
#include "server/certificate/tls_solver.h"

#include "lib/io/clock.h"
#include "lib/io/digest.h"

namespace server {

io::Task<base::Result<>> TlsSolver::prepare(acme::Proof proof) {
  if (auto added = challenges_->add(proof.name, io::sha256(proof.key_authorization), clock_.wall());
      !added) {
    co_return added;
  }
  co_return ports_.open();
}

io::Task<void> TlsSolver::clean(acme::Proof proof) {
  challenges_->remove(proof.name);
  co_await ports_.close();
}

}  // namespace server
