// See session.h. The AUTH command (RFC 4954): carries a SASL exchange, inside TLS only.
#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/io/deadline.h"
#include "lib/smtp/limits.h"
#include "session/session.h"

namespace session {
namespace {

smtp::Reply malformed() { return smtp::reply(501, {5, 5, 2}, "This is not a well-formed answer"); }

// RFC 4954 §4: nothing or base64; "=" in an initial response is an empty one.
std::optional<std::string> decode(std::string_view text) { return base::unbase64(text); }

}  // namespace

io::Task<smtp::Reply> Session::auth(std::string_view argument) {
  if (auto refused = auth_out_of_order()) co_return std::move(*refused);
  const auto parts = base::words(argument);
  if (parts.empty() || parts.size() > 2) {
    co_return smtp::reply(501, {5, 5, 4}, "AUTH takes a mechanism and one initial response");
  }
  auto exchange = parts_.authenticator.begin(parts[0], binding());
  if (exchange == nullptr) {
    co_return smtp::reply(504, {5, 5, 4}, "This mechanism is not offered");
  }
  std::optional<std::string> initial;
  if (parts.size() == 2) {
    initial = parts[1] == "=" ? std::string() : decode(parts[1]);
    if (!initial) co_return malformed();
  }
  co_return co_await converse(std::move(exchange), std::move(initial));
}

std::optional<smtp::Reply> Session::auth_out_of_order() const {
  if (transaction_.helo.empty()) return smtp::reply(503, {5, 5, 1}, "Say EHLO first");
  // RFC 4954 §4: once per session, and not within a mail transaction.
  if (!transaction_.login.empty()) return smtp::reply(503, {5, 5, 1}, "You are logged in");
  if (mail_given_) return smtp::reply(503, {5, 5, 1}, "Log in before MAIL");
  if (auto refusal = unknown_client()) return refusal;
  if (!offered().auth.empty()) return std::nullopt;
  if (transaction_.submission && transaction_.tls.protocol.empty()) {
    return smtp::reply(538, {5, 7, 11}, "Say STARTTLS first: passwords go only through TLS");
  }
  return smtp::reply(502, {5, 5, 1}, "Log-ins are not taken on this port");
}

// Rounds of challenge and answer until the exchange has its claim.
io::Task<smtp::Reply> Session::converse(std::unique_ptr<sasl::Exchange> exchange,
                                        std::optional<std::string> initial) {
  sasl::Step step = initial ? exchange->step(*initial) : exchange->start();
  while (step.kind == sasl::Step::Kind::challenge) {
    auto answer = co_await ask(std::move(step.challenge));
    if (!answer) co_return std::move(answer.error());
    step = exchange->step(*answer);
  }
  if (step.kind == sasl::Step::Kind::malformed) {
    base::Event refused = event("session.login_malformed");
    refused.fields.emplace_back("why", step.why);
    parts_.events.emit(refused);
    co_return malformed();
  }
  co_return co_await conclude_login(*exchange, std::move(step));
}

io::Task<smtp::Reply> Session::conclude_login(io::Ref<sasl::Exchange> exchange, sasl::Step step) {
  policy::LoginVerdict verdict =
      co_await parts_.authenticator.conclude(std::move(step.claim), transaction_.peer.address);
  report_login(verdict);
  if (!verdict.accepted) {
    std::string last_words = verdict.reply.permanent() ? exchange->refusal() : std::string();
    if (!last_words.empty()) {
      if (auto answer = co_await ask(std::move(last_words)); !answer && ended_) {
        co_return std::move(answer.error());
      }
    }
    // RFC 4954 §4: who has failed some times may be disconnected.
    if (verdict.reply.permanent()) ++failed_logins_;
    if (failed_logins_ >= settings_.failed_logins_max || verdict.reply.code == 421) {
      end_reason_ = verdict.banned ? "banned: " + verdict.why : "too many failed log-ins";
      ended_ = true;
      if (verdict.reply.code == 421) co_return std::move(verdict.reply);
      channel_.say(verdict.reply);
      co_return smtp::reply(421, {4, 7, 0},
                            settings_.hostname + " closes the connection: too many failed log-ins");
    }
    co_return std::move(verdict.reply);
  }
  if (!step.challenge.empty()) {
    // What the client may still want to verify; by its answer it agrees.
    auto answer = co_await ask(std::move(step.challenge));
    if (!answer) co_return std::move(answer.error());
    if (!answer->empty()) co_return malformed();
  }
  transaction_.account = std::move(verdict.account);
  transaction_.credential = std::move(verdict.credential);
  transaction_.login = std::move(verdict.login);
  channel_.set_line_bytes_max(line_bytes_max());
  co_return smtp::reply(235, {2, 7, 0}, "Welcome");
}

// Sends a challenge and gives the decoded answer, or the reply that ends the exchange.
io::Task<std::expected<std::string, smtp::Reply>> Session::ask(std::string challenge) {
  channel_.say(smtp::reply(334, base::base64(challenge)));
  auto line = co_await next_line();
  if (!line) {
    farewell(line.error());
    co_return std::unexpected(smtp::Reply{});  // farewell has said what there is to say
  }
  if (line->fault == smtp::LineFault::too_long) {
    co_return std::unexpected(  // RFC 4954 §4
        smtp::reply(500, {5, 5, 6}, "The line of the authentication exchange is too long"));
  }
  if (line->fault != smtp::LineFault::none) co_return std::unexpected(std::move(line->refusal));
  if (line->text == "*") {
    co_return std::unexpected(smtp::reply(501, {5, 7, 0}, "The log-in was cancelled"));
  }
  auto decoded = decode(line->text);
  if (!decoded) co_return std::unexpected(malformed());
  co_return std::move(*decoded);
}

io::Task<base::Result<Channel::Line>> Session::next_line() {
  for (;;) {
    if (auto line = channel_.take_line()) co_return std::move(*line);
    auto filled = co_await channel_.fill(settings_.command_timeout, closing());
    if (!filled) co_return std::unexpected(std::move(filled.error()));
  }
}

void Session::report_login(const policy::LoginVerdict& verdict) {
  if (!verdict.accepted) parts_.counters.auth_failures.add();
  if (!verdict.worth_event) return;
  std::string_view name = verdict.accepted ? "session.login" : "session.login_failed";
  if (verdict.banned) name = "session.banned";
  base::Event told = event(name, verdict.accepted ? base::Severity::info : base::Severity::warning);
  told.fields.emplace_back("login", base::printable(verdict.login, 200));
  if (verdict.accepted) told.fields.emplace_back("account", verdict.account);
  told.fields.emplace_back("peer", transaction_.peer.address.text());
  if (!verdict.accepted) told.fields.emplace_back("why", verdict.why);
  parts_.events.emit(told);
}

sasl::ChannelBinding Session::binding() const {
  io::TlsBinding made = channel_.stream().tls_binding();
  return {.tls_exporter = std::move(made.exporter), .tls_unique = std::move(made.unique)};
}

// RFC 4954 §4: AUTH and its answers are longer than commands, for those who may still log in.
std::size_t Session::line_bytes_max() const {
  const bool may_log_in =
      transaction_.submission && !transaction_.tls.protocol.empty() && transaction_.login.empty();
  const std::size_t commands = settings_.command_line_bytes_max;
  return may_log_in ? std::max(commands, smtp::auth_line_bytes_max) : commands;
}

}  // namespace session
