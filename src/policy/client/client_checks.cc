// See client_checks.h.
#include "policy/client/client_checks.h"

namespace policy {

io::Task<Verdict> ClientChecks::at_connect(io::Ref<Visit> /*visit*/,
                                           io::Ref<const Transaction> /*transaction*/) {
  co_return Verdict{};
}

io::Task<Verdict> ClientChecks::at_mail(io::Ref<Visit> /*visit*/,
                                        io::Ref<const Transaction> /*transaction*/) {
  co_return Verdict{};
}

io::Task<Verdict> ClientChecks::at_rcpt(io::Ref<Visit> /*visit*/,
                                        io::Ref<const Transaction> /*transaction*/,
                                        io::Ref<const message::Recipient> /*recipient*/) {
  co_return Verdict{};
}

io::Task<Verdict> ClientChecks::at_end_of_data(io::Ref<Visit> /*visit*/,
                                               io::Ref<const Transaction> /*transaction*/) {
  co_return Verdict{};
}

}  // namespace policy
