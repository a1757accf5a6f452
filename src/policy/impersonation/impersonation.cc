// See impersonation.h.
#include "policy/impersonation/impersonation.h"

namespace policy {

Verdict ImpersonationChecks::judge(Visit& /*visit*/, const Transaction& /*transaction*/,
                                   const directory::Snapshot& /*known*/) {
  return {};
}

void ImpersonationChecks::learn(const Transaction& /*transaction*/) {}

}  // namespace policy
