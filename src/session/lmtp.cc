// See session.h. LMTP (RFC 2033): what differs when a mail server hands mail on to us.
#include <fmt/format.h>

#include <utility>

#include "session/session.h"

namespace session {

bool Session::is_lmtp() const { return rules_.listener.protocol == Protocol::lmtp; }

smtp::Reply Session::greeting() const {
  return smtp::reply(
      220, fmt::format("{} {} Stagepost", settings_.hostname, is_lmtp() ? "LMTP" : "ESMTP"));
}

// §4.1: LHLO takes the place of HELO and EHLO, and only here.
io::Task<smtp::Reply> Session::wrong_hello(smtp::Verb verb) {
  co_return smtp::reply(500, {5, 5, 1},
                        is_lmtp() ? fmt::format("This is LMTP: say LHLO, not {}", to_string(verb))
                                  : std::string("This is SMTP: say EHLO, not LHLO"));
}

// §4.2: where nobody is left, SMTP has its 554 and LMTP its 503.
smtp::Reply Session::no_recipients() const {
  return smtp::reply(is_lmtp() ? 503 : 554, {5, 5, 1}, "No valid recipients");
}

// §4.2: the answer to the whole message, once for each RCPT that was accepted, in their order and
// whoever is named twice. We take a message for all or for none, so they say the same. All but the
// last are said here.
smtp::Reply Session::for_each_recipient(smtp::Reply reply) {
  if (lmtp_recipients_.empty()) return reply;
  std::vector<std::string> recipients = std::exchange(lmtp_recipients_, {});
  const auto about = [&reply](const std::string& recipient) {
    smtp::Reply one = reply;
    if (!one.lines.empty()) one.lines.front().insert(0, fmt::format("<{}> ", recipient));
    return one;
  };
  for (std::size_t i = 0; i + 1 < recipients.size(); ++i) channel_.say(about(recipients[i]));
  return about(recipients.back());
}

}  // namespace session
