// See session.h. An address that is shut out is told so, and sent away.
#include <fmt/format.h>

#include "session/session.h"

namespace session {

// Within implicit TLS nobody could read a reply before the handshake, and that is not worth its
// cost: such a connection is only closed.
bool Session::banned() {
  const policy::Standing standing = parts_.policy.standing(transaction_);
  if (!standing.banned) return false;
  const std::string until = base::format_time(standing.until);
  if (standing.worth_event) {
    base::Event told = event("session.banned", base::Severity::warning);
    told.fields.emplace_back("peer", transaction_.peer.address.text());
    told.fields.emplace_back("why", standing.why);
    told.fields.emplace_back("until", until);
    parts_.events.emit(told);
  }
  if (rules_.listener.tls != Tls::implicit) {
    // RFC 5321 §3.1: 554 in place of the greeting.
    channel_.say(smtp::reply(
        554, {5, 7, 0},
        fmt::format("{} takes no log-ins from {} until {}: {}. If this is a mistake, wait, use "
                    "another network, or ask the administrator, who can lift it",
                    settings_.hostname, transaction_.peer.address.text(), until, standing.why)));
  }
  end_reason_ = "banned: " + standing.why;
  return true;
}

}  // namespace session
