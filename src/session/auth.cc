// See session.h. The AUTH command (RFC 4954) with PLAIN (RFC 4616) and LOGIN, inside TLS only.
#include <fmt/format.h>

#include "directory/credential.h"
#include "lib/base/text.h"
#include "lib/io/deadline.h"
#include "lib/io/pool.h"
#include "session/session.h"

namespace session {
namespace {

using Credentials = std::expected<std::pair<std::string, std::string>, smtp::Reply>;

std::unexpected<smtp::Reply> malformed() {
  return std::unexpected(smtp::reply(501, {5, 5, 2}, "This is not a well-formed answer"));
}

// authzid NUL authcid NUL password (RFC 4616 §2). Acting for somebody else is not offered.
Credentials split_plain(std::string_view message) {
  const auto parts = base::split(message, '\0');
  if (parts.size() != 3 || parts[1].empty()) return malformed();
  if (!parts[0].empty() && !base::iequals(parts[0], parts[1])) {
    return std::unexpected(smtp::reply(535, {5, 7, 8}, "You cannot act for somebody else"));
  }
  return std::pair(base::lower(parts[1]), std::string(parts[2]));
}

}  // namespace

io::Task<smtp::Reply> Session::auth(std::string_view argument) {
  if (transaction_.helo.empty()) co_return smtp::reply(503, {5, 5, 1}, "Say EHLO first");
  if (!transaction_.login.empty()) co_return smtp::reply(503, {5, 5, 1}, "You are logged in");
  if (mail_given_) co_return smtp::reply(503, {5, 5, 1}, "Log in before MAIL");
  if (offered().auth.empty()) {
    if (transaction_.submission && transaction_.tls.protocol.empty()) {
      co_return smtp::reply(538, {5, 7, 11}, "Say STARTTLS first: passwords go only through TLS");
    }
    co_return smtp::reply(502, {5, 5, 1}, "Log-ins are not taken on this port");
  }
  const auto parts = base::words(argument);
  if (parts.empty() || parts.size() > 2) {
    co_return smtp::reply(501, {5, 5, 4}, "AUTH takes a mechanism and one initial response");
  }
  const bool plain = base::iequals(parts[0], "PLAIN");
  if (!plain && !base::iequals(parts[0], "LOGIN")) {
    co_return smtp::reply(504, {5, 5, 4}, "This mechanism is not offered");
  }
  std::string initial(parts.size() == 2 ? parts[1] : "");
  auto given =
      plain ? co_await auth_plain(std::move(initial)) : co_await auth_login(std::move(initial));
  if (!given) co_return given.error();

  // The time for an unknown user equals that for a wrong password: verify() sees to it.
  const auto known = parts_.directory.snapshot();
  const directory::Login* login = known->login(given->first);
  std::string verifier = login == nullptr ? std::string() : login->verifier;
  const bool right = co_await io::on_pool(
      parts_.doors.pool, [verifier = std::move(verifier), password = std::move(given->second)] {
        return directory::verify_password(verifier, password);
      });
  base::Event told = event(right ? "session.login" : "session.login_failed",
                           right ? base::Severity::info : base::Severity::warning);
  told.fields.emplace_back("login", base::printable(given->first, 200));
  told.fields.emplace_back("peer", transaction_.peer.address.text());
  parts_.events.emit(told);
  if (!right) {
    parts_.counters.auth_failures.add();
    co_return smtp::reply(535, {5, 7, 8}, "User name or password is wrong");
  }
  transaction_.account = login->mailbox;
  transaction_.login = std::move(given->first);
  co_return smtp::reply(235, {2, 7, 0}, "Welcome");
}

// Sends a challenge and gives the decoded answer; "*" from the client cancels (RFC 4954 §4).
io::Task<base::Result<std::string>> Session::ask(std::string_view challenge) {
  channel_.say(smtp::reply(334, base::base64(challenge)));
  auto line = co_await channel_.line(settings_.command_timeout);
  if (!line) co_return std::unexpected(std::move(line.error()));
  auto decoded = base::unbase64(line->text);
  if (line->fault != smtp::LineFault::none || line->text == "*" || !decoded) {
    co_return base::fail(base::ErrorKind::invalid, "not base64");
  }
  co_return std::move(*decoded);
}

io::Task<Credentials> Session::auth_plain(std::string initial) {
  if (initial.empty()) {
    auto answer = co_await ask("");
    if (!answer) co_return malformed();
    co_return split_plain(*answer);
  }
  const auto decoded = base::unbase64(initial);
  if (!decoded) co_return malformed();
  co_return split_plain(*decoded);
}

io::Task<Credentials> Session::auth_login(std::string initial) {
  std::string user;
  if (initial.empty()) {
    auto answer = co_await ask("Username:");
    if (!answer) co_return malformed();
    user = std::move(*answer);
  } else {
    auto decoded = base::unbase64(initial);
    if (!decoded) co_return malformed();
    user = std::move(*decoded);
  }
  auto password = co_await ask("Password:");
  if (!password || user.empty()) co_return malformed();
  co_return std::pair(base::lower(user), std::move(*password));
}

}  // namespace session
