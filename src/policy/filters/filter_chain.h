// policy/filters/filter_chain.h: the filters that people already run, asked in order.
//
// What:    one connection's conversations with milters, and rspamd at the end.
// In/Out:  a call per moment of the SMTP session → Verdict; at the end with edits of the message.
// Errors:  a filter that dies or is late is treated as its setting says (tempfail by default); what
//          it had asked for until then is forgotten.
// Limits:  policy/filters/settings.h.
// Not here: the protocols themselves.
#pragma once

#include <string_view>

#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "policy/findings.h"
#include "policy/received_octets.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

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
  // `transaction.header` has come whole; an answer other than accept is given after the final dot.
  virtual io::Task<void> at_header(io::Ref<const Transaction> transaction) = 0;
  virtual io::Task<void> at_body(std::string_view octets) = 0;
  // Fills findings.filters; `octets` for those that want the whole message at once.
  virtual io::Task<Verdict> at_end_of_data(io::Ref<const Transaction> transaction,
                                           io::Ref<Findings> findings,
                                           io::Ref<ReceivedOctets> octets) = 0;
  // RSET, a new MAIL, or a message that was refused elsewhere.
  virtual io::Task<void> abort() = 0;
  // QUIT, or the connection is gone.
  virtual io::Task<void> end() = 0;
};

}  // namespace policy
