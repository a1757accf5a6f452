// policy/filters/filter_chain.h: the filters that people already run, asked in order.
//
// What:    one connection's conversations with milters, and rspamd at the end. The message itself
//          is shown after its end, to one filter after the other, each with the changes of those
//          before it; so what another rule refuses costs no filter anything.
// In/Out:  a call per moment of the SMTP session → Verdict; at the end with edits of the message.
// Errors:  a filter that dies or is late is treated as its setting says (tempfail by default); what
//          it had asked for until then is forgotten.
// Limits:  policy/filters/settings.h.
// Not here: the protocols themselves (milter_conversation.h, rspamd.h).
#pragma once

#include <string>
#include <vector>

#include "directory/directory.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "policy/findings.h"
#include "policy/received_octets.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

// What the end of a message has to give. `verdict` is what the other rules have said so far: its
// edits are done in what the filters see, and afterwards they are those of both.
struct FilterMoment {
  io::Ref<const Transaction> transaction;
  io::Ref<const directory::Snapshot> known;
  io::Ref<ReceivedOctets> octets;
  io::Ref<Verdict> verdict;
};

class FilterChain {
 public:
  FilterChain() = default;
  FilterChain(const FilterChain&) = delete;
  FilterChain& operator=(const FilterChain&) = delete;
  virtual ~FilterChain() = default;

  virtual io::Task<Verdict> at_connect(io::Ref<const Transaction> transaction) = 0;
  virtual io::Task<Verdict> at_helo(io::Ref<const Transaction> transaction) = 0;
  virtual io::Task<Verdict> at_mail(io::Ref<const Transaction> transaction) = 0;
  virtual io::Task<Verdict> at_rcpt(io::Ref<const Transaction> transaction,
                                    io::Ref<const message::Recipient> recipient) = 0;
  virtual io::Task<Verdict> at_data(io::Ref<const Transaction> transaction) = 0;
  // What the filters say of the message joins the verdict.
  virtual io::Task<void> at_end_of_data(FilterMoment moment) = 0;
  // RSET, a new MAIL, or a message that was refused elsewhere.
  virtual io::Task<void> abort() = 0;
  // QUIT, or the connection is gone.
  virtual io::Task<void> end() = 0;

  // Of each filter that has said something about this message or its client.
  [[nodiscard]] virtual std::vector<FilterFinding> findings() const = 0;
};

}  // namespace policy
