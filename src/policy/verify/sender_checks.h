// policy/verify/sender_checks.h: is this mail from whom it says? SPF, DKIM, ARC, DMARC.
//
// What:    the moments at which the sender is verified; writes Authentication-Results.
// In/Out:  Visit and Transaction → findings and a Verdict with the field and the edits.
// Errors:  trouble with the DNS is temperror, which is no evidence (HOUSE invariant 4).
// Limits:  policy/verify/settings.h; timeout bounds all look-ups of MAIL, and those of the end.
// Not here: the checks themselves (lib/mailauth), the client (policy/client).
#pragma once

#include "lib/dns/resolver.h"
#include "lib/io/clock.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "policy/dmarc_observation.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/visit.h"

namespace policy {

class SenderChecks {
 public:
  SenderChecks(io::Clock& clock, dns::Resolver& resolver, DmarcObserver* observer)
      : clock_(clock), resolver_(resolver), observer_(observer) {}
  SenderChecks(const SenderChecks&) = delete;
  SenderChecks& operator=(const SenderChecks&) = delete;

  // SPF of the HELO name and of MAIL FROM.
  io::Task<Verdict> at_mail(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);
  // The header has come: `transaction.header`. Makes visit.inspection.
  void at_header(Visit& visit, const Transaction& transaction);
  // Of everybody's message, also of one that is not checked: nobody but us writes in our name.
  // After all others: what they do inside a field that is cut falls away.
  static void clean(const Visit& visit, const Transaction& transaction, Verdict& verdict);
  // DKIM, ARC, author, DMARC; Authentication-Results in header_fields.
  io::Task<Verdict> at_end_of_data(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                   io::Ref<const directory::Snapshot> known);
  // What became of it in the end; tells the observer.
  void conclude(const Visit& visit, const Transaction& transaction, const Verdict& verdict);

 private:
  io::Task<base::Result<>> verify(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);

  io::Clock& clock_;
  dns::Resolver& resolver_;
  DmarcObserver* observer_;
};

}  // namespace policy
