// policy/client/client_checks.h: what the connecting address tells: names, lists, rates, manners.
//
// What:    the moments of a connection at which the client itself is judged.
// In/Out:  Visit and Transaction → findings.client, findings.greylist and a Verdict.
// Errors:  trouble with the DNS is unknown evidence: it weighs nothing (HOUSE invariant 4).
// Limits:  policy/client/settings.h.
// Not here: SPF, DKIM, DMARC (policy/verify), failed log-ins (policy/guard).
#pragma once

#include "lib/dns/resolver.h"
#include "lib/io/clock.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/visit.h"

namespace policy {

class ClientChecks {
 public:
  ClientChecks(io::Clock& clock, dns::Resolver& resolver) : clock_(clock), resolver_(resolver) {}

  // Before the greeting. An exempt client is never asked about.
  io::Task<Verdict> at_connect(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);
  // The first MAIL of a visit makes the look-ups; later ones find them made.
  io::Task<Verdict> at_mail(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);
  // SPF is known by now.
  io::Task<Verdict> at_rcpt(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                            io::Ref<const message::Recipient> recipient);
  // DKIM and DMARC are known by now.
  io::Task<Verdict> at_end_of_data(io::Ref<Visit> visit, io::Ref<const Transaction> transaction);

 private:
  [[maybe_unused]] io::Clock& clock_;
  [[maybe_unused]] dns::Resolver& resolver_;
};

}  // namespace policy
