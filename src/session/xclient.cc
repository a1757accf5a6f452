// See session.h. The XCLIENT command (Postfix's XCLIENT_README): a listed proxy that speaks SMTP
// itself says for whom it does.
#include <algorithm>

#include "lib/smtp/xclient.h"
#include "session/session.h"

namespace session {

// By the address that it really came from: XCLIENT gives nobody the right to say XCLIENT. Behind
// the PROXY protocol that is the client's, too: no client has the proxy's rights.
bool Session::may_say_xclient() const {
  const io::IpAddress from = channel_.stream().peer().address;
  return !unknown_client() &&
         std::ranges::any_of(rules_.listener.xclient, [&from](const io::IpNetwork& network) {
           return network.contains(from);
         });
}

std::vector<std::string> Session::xclient_attributes() const {
  if (!may_say_xclient()) return {};
  std::vector<std::string> names = {"NAME", "ADDR",     "PORT",    "PROTO",
                                    "HELO", "DESTADDR", "DESTPORT"};
  if (transaction_.submission) names.emplace_back("LOGIN");  // people log in there alone
  return names;
}

io::Task<smtp::Reply> Session::xclient(std::string_view argument) {
  const auto offered = xclient_attributes();
  if (offered.empty()) {
    smtp::Reply refusal =
        smtp::reply(550, {5, 7, 0}, "XCLIENT is taken from proxies that the listener names");
    report_refusal("XCLIENT", refusal);
    co_return refusal;
  }
  if (mail_given_) co_return smtp::reply(503, {5, 5, 1}, "A message is begun; RSET drops it");
  const auto said = smtp::parse_xclient(argument, offered);
  if (!said) {
    report_refusal("XCLIENT", said.error());
    co_return said.error();
  }
  if (auto refusal = become(*said)) {
    report_refusal("XCLIENT", *refusal);
    co_return *std::move(refusal);
  }
  co_return co_await begin_anew(*said);
}

// The conversation is that client's from now on; nothing has changed when there is a refusal.
std::optional<smtp::Reply> Session::become(const smtp::Xclient& said) {
  policy::Transaction next = transaction_;
  const auto set_address = [](const std::optional<std::string>& text, io::IpAddress& out) {
    if (!text) return true;
    const auto parsed = io::IpAddress::parse(*text);
    if (parsed) out = *parsed;
    return parsed.has_value();
  };
  // A client without an address would have the proxy's, and the rights that go with it.
  if (!set_address(said.address, next.peer.address)) {
    return smtp::reply(501, {5, 5, 4},
                       "ADDR is no IP address, and without one nothing can be judged");
  }
  if (!set_address(said.destination_address, next.local.address)) {
    return smtp::reply(501, {5, 5, 4}, "DESTADDR is no IP address");
  }
  next.peer.port = said.port.value_or(next.peer.port);
  next.local.port = said.destination_port.value_or(next.local.port);
  next.login.clear();
  next.account.clear();
  next.credential.clear();
  if (said.login && !said.login->empty()) {
    const auto known = parts_.directory.snapshot();
    const directory::Login* login = known->login(*said.login);
    if (login == nullptr || (login->scopes & directory::scope_send) == 0 ||
        (login->expires && *login->expires <= parts_.doors.clock.wall())) {
      return smtp::reply(535, {5, 7, 8}, "LOGIN names no log-in of ours that may send");
    }
    next.login = login->name;
    next.account = login->mailbox;
    next.credential = login->verifier;
  }
  if (!place_.move_to(next.peer.address, settings_.connections_per_address_max)) {
    parts_.counters.connections_refused.add();
    ended_ = true;
    end_reason_ = "connections_per_address_max";
    return smtp::reply(421, {4, 7, 0}, settings_.hostname + " has too many connections; try later");
  }
  transaction_ = std::move(next);
  return std::nullopt;
}

// "The server resets state to the initial SMTP greeting protocol stage": all that is asked at the
// beginning is asked about the new client. HELO and PROTO stand until EHLO says something else.
io::Task<smtp::Reply> Session::begin_anew(io::Ref<const smtp::Xclient> said) {
  base::Event told = event("session.xclient");
  told.fields.emplace_back("peer", transaction_.peer.text());
  told.fields.emplace_back("proxy", channel_.stream().peer().text());
  if (!transaction_.login.empty()) told.fields.emplace_back("login", transaction_.login);
  if (said->name && !said->name->empty()) told.fields.emplace_back("name", *said->name);
  parts_.events.emit(told);
  co_await reset_transaction();
  co_await parts_.policy.end_visit(*visit_);
  visit_ = parts_.policy.begin_visit();
  transaction_.helo.clear();
  transaction_.esmtp = said->esmtp.value_or(false);
  if (!is_lmtp() && banned()) {
    ended_ = true;
    co_return smtp::Reply{};
  }
  policy::Verdict verdict = co_await parts_.policy.at_connect(*visit_, transaction_);
  if (!verdict.accepted()) {
    ended_ = true;
    co_return refuse("XCLIENT", std::move(verdict));
  }
  if (said->helo && !said->helo->empty()) {
    transaction_.helo = *said->helo;
    verdict = co_await parts_.policy.at_helo(*visit_, transaction_);
    if (!verdict.accepted()) {
      transaction_.helo.clear();
      co_return refuse("XCLIENT", std::move(verdict));
    }
  }
  co_return greeting();
}

}  // namespace session
