// See sender.h.
#include "policy/sender.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace policy {

Verdict check_sender(const Transaction& transaction, const directory::Snapshot& known) {
  if (!transaction.submission) return {};
  if (transaction.login.empty()) {
    return reject(smtp::reply(530, {5, 7, 0}, "Log in first: this port is for our users"));
  }
  const message::Address& sender = transaction.envelope.sender;
  if (sender.is_null()) return {};  // read receipts and the like (RFC 8098 §3)
  // An app password "you@example.org/phone" speaks for "you@example.org".
  const std::string owner = transaction.login.substr(0, transaction.login.find('/'));
  const directory::Mailbox* box = known.mailbox(sender);
  if (box != nullptr && base::iequals(box->address, owner)) return {};
  return reject(smtp::reply(
      550, {5, 7, 1},
      fmt::format("{} may not send as {}: use an address of your own", owner, sender.text())));
}

}  // namespace policy
