// See sender_checks.h.
#include "policy/verify/sender_checks.h"

namespace policy {

io::Task<Verdict> SenderChecks::at_mail(io::Ref<Visit> /*visit*/,
                                        io::Ref<const Transaction> /*transaction*/) {
  co_return Verdict{};
}

void SenderChecks::at_header(Visit& visit, const Transaction& transaction) {
  if (visit.findings.client.exempt) return;
  visit.inspection = std::make_unique<Inspection>(transaction.header);
}

io::Task<Verdict> SenderChecks::at_end_of_data(io::Ref<Visit> /*visit*/,
                                               io::Ref<const Transaction> /*transaction*/,
                                               io::Ref<const directory::Snapshot> /*known*/) {
  co_return Verdict{};
}

void SenderChecks::conclude(const Visit& /*visit*/, const Transaction& /*transaction*/,
                            const Verdict& /*verdict*/) {}

}  // namespace policy
