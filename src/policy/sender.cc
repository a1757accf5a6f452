// See sender.h.
#include "policy/sender.h"

#include <fmt/format.h>

namespace policy {
namespace {

// Sessions last long; a password that was changed because it was stolen must send no mail more.
bool still_good(const Transaction& transaction, const directory::Snapshot& known) {
  const directory::Login* login = known.login(transaction.login);
  if (login == nullptr || login->verifier != transaction.credential) return false;
  if ((login->scopes & directory::scope_send) == 0) return false;
  return !login->expires || transaction.begun < *login->expires;
}

}  // namespace

Verdict check_sender(const Transaction& transaction, const directory::Snapshot& known) {
  if (!transaction.submission) return {};
  if (transaction.login.empty()) {
    return reject(smtp::reply(530, {5, 7, 0}, "Log in first: this port is for our users"));
  }
  if (!still_good(transaction, known)) {
    return defer(smtp::reply(421, {4, 7, 0},
                             fmt::format("The log-in {} was removed, changed or has expired; log "
                                         "in again",
                                         transaction.login)));
  }
  const message::Address& sender = transaction.envelope.sender;
  if (sender.is_null()) return {};  // read receipts and the like (RFC 8098 §3)
  if (known.may_send_as(transaction.account, sender)) return {};
  return reject(smtp::reply(
      550, {5, 7, 1},
      fmt::format("{0} may not send as {1}: use an address of your own. An administrator can allow "
                  "it: stagepost grant add {0} {1}",
                  transaction.account, sender.text())));
}

}  // namespace policy
