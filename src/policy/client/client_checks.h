// policy/client/client_checks.h: what the connecting address tells: names, lists, rates, manners.
//
// What:    the moments of a connection at which the client itself is judged.
// In/Out:  Visit and Transaction → findings.client, findings.greylist and a Verdict. What the
//          look-ups of MAIL found is told at RCPT, so that postmaster can always be reached.
// Errors:  trouble with the DNS is unknown evidence: it weighs nothing (HOUSE invariant 4).
// Limits:  policy/client/settings.h; all look-ups of a moment together take lookup_timeout at most.
// Not here: SPF, DKIM, DMARC (policy/verify), failed log-ins (policy/guard).
#pragma once

#include <optional>

#include "lib/dns/resolver.h"
#include "lib/io/clock.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "policy/client/client_memory.h"
#include "policy/transaction.h"
#include "policy/verdict.h"
#include "policy/visit.h"

namespace policy {

// One per loop; the memory is that of all loops and outlives it. An exempt client is never given
// to it.
class ClientChecks {
 public:
  ClientChecks(io::Clock& clock, dns::Resolver& resolver, ClientMemory& memory)
      : clock_(clock), resolver_(resolver), memory_(memory) {}

  // Before the greeting.
  [[nodiscard]] Verdict at_connect(Visit& visit, const Transaction& transaction);
  // It spoke before it was greeted (RFC 5321 §4.3.1).
  [[nodiscard]] Verdict heard_early(Visit& visit) const;
  // Is this message welcome at this rate?
  [[nodiscard]] Verdict at_mail(Visit& visit, const Transaction& transaction);
  // Names and lists: of the client once per visit, of the sender for each message.
  io::Task<void> look_up(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                         io::Ref<const directory::Snapshot> known);
  // SPF is known by now. Before the directory is asked for the recipient …
  [[nodiscard]] Verdict before_rcpt(Visit& visit, const Transaction& transaction,
                                    const message::Recipient& recipient);
  // … and when it is there, or when it is not.
  [[nodiscard]] Verdict at_rcpt(Visit& visit, const Transaction& transaction,
                                const message::Recipient& recipient);
  void unknown_recipient(Visit& visit, const Transaction& transaction);
  // DKIM and DMARC are known by now.
  [[nodiscard]] Verdict at_end_of_data(Visit& visit, const Transaction& transaction);

 private:
  struct Asked;
  [[nodiscard]] std::optional<Verdict> take(Visit& visit, const Transaction& transaction, Act act);
  io::Task<base::Result<>> ask_all(io::Ref<Asked> asked);
  io::Task<void> ask_iprev(io::Ref<Asked> asked);
  io::Task<void> ask_helo(io::Ref<Asked> asked);
  io::Task<void> ask_one(io::Ref<Asked> asked, std::size_t which);
  static void plan_lists(Asked& asked, const Visit& visit, const Transaction& transaction);
  static void write_down(Asked& asked, Visit& visit);
  [[nodiscard]] Verdict ask_greylist(Visit& visit, const Transaction& transaction,
                                     const message::Address& recipient);

  io::Clock& clock_;
  dns::Resolver& resolver_;
  ClientMemory& memory_;
};

}  // namespace policy
