// See session.h. RSET, NOOP, VRFY, EXPN, HELP, QUIT and what we do not know (RFC 5321 §4.1.1.5–10).
#include <fmt/format.h>

#include "session/session.h"

namespace session {

io::Task<smtp::Reply> Session::too_long() {
  co_return smtp::reply(500, {5, 5, 2}, "The command line is too long");
}

io::Task<smtp::Reply> Session::simple(smtp::Command command) {
  switch (command.verb) {
    case smtp::Verb::rset:
      if (!command.argument.empty())
        co_return smtp::reply(501, {5, 5, 4}, "RSET takes no argument");
      co_await reset_transaction();
      co_return smtp::reply(250, {2, 0, 0}, "Begin anew");
    case smtp::Verb::noop: co_return smtp::reply(250, {2, 0, 0}, "OK");
    case smtp::Verb::vrfy: co_return vrfy(command.argument);
    case smtp::Verb::help:
      co_return smtp::reply(214, {2, 0, 0},
                            "Commands: EHLO HELO MAIL RCPT DATA RSET NOOP VRFY STARTTLS AUTH QUIT\n"
                            "The protocol is RFC 5321");
    case smtp::Verb::quit:
      if (!command.argument.empty())
        co_return smtp::reply(501, {5, 5, 4}, "QUIT takes no argument");
      ended_ = true;
      co_return smtp::reply(221, {2, 0, 0}, settings_.hostname + " closes the connection. Goodbye");
    case smtp::Verb::etrn:
      // RFC 1985: its 458 and 459 speak of a queue that could be run, and of nodes that may ask.
      co_return smtp::reply(502, {5, 5, 1},
                            "ETRN is not offered; what waits for you is tried again by itself");
    case smtp::Verb::unknown:
      co_return smtp::reply(500, {5, 5, 1}, "This command is not known here; HELP lists ours");
    default:
      co_return smtp::reply(502, {5, 5, 1},
                            fmt::format("{} is not offered", to_string(command.verb)));
  }
}

// RFC 5321 §3.5.3: whether an address exists is told to nobody but by RCPT.
smtp::Reply Session::vrfy(std::string_view argument) const {
  if (argument.empty()) return smtp::reply(501, {5, 5, 4}, "VRFY needs an address");
  return smtp::reply(252, {2, 1, 5}, "Cannot verify here; send the message and RCPT will tell");
}

}  // namespace session
