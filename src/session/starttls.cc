// See session.h. STARTTLS (RFC 3207) and the handshake of implicit TLS (RFC 8314).
#include "session/idle_scope.h"
#include "session/session.h"

namespace session {

io::Task<smtp::Reply> Session::starttls(std::string_view argument) {
  if (!argument.empty()) {
    co_return smtp::reply(501, {5, 5, 4}, "STARTTLS takes no argument");
  }
  if (!transaction_.tls.protocol.empty()) {
    co_return smtp::reply(503, {5, 5, 1}, "This connection is encrypted already");
  }
  if (!offered().starttls) {
    co_return smtp::reply(502, {5, 5, 1}, "STARTTLS is not offered on this port");
  }
  channel_.say(smtp::reply(220, {2, 0, 0}, "Ready to start TLS"));
  auto ready = co_await channel_.flush(settings_.command_timeout);
  if (ready) ready = co_await handshake();
  if (!ready) {
    // In whatever state the peer is, no reply of ours would be understood.
    end_reason_ = "STARTTLS: " + ready.error().text();
    ended_ = true;
    co_return smtp::reply(421, {4, 7, 0}, "TLS handshake failed");
  }
  // RFC 3207 §4.2: both sides forget what they learned in clear.
  co_await reset_transaction();
  transaction_.helo.clear();
  transaction_.esmtp = false;
  co_return smtp::Reply{};  // the handshake was the answer
}

io::Task<base::Result<>> Session::handshake() {
  IdleScope idle(co_await io::current_scope(), &parts_.closing);
  auto starting = channel_.start_tls(rules_.tls, settings_.tls_timeout);
  starting.set_scope(idle.scope());
  auto done = co_await std::move(starting);
  base::Event told = event("session.tls");
  if (!done) {
    parts_.counters.tls_failures.add();
    told.severity = base::Severity::warning;
    told.fields.emplace_back("error", done.error().text());
    parts_.events.emit(told);
    co_return done;
  }
  parts_.counters.tls_handshakes.add();
  if (const io::TlsInfo* tls = channel_.stream().tls(); tls != nullptr) transaction_.tls = *tls;
  channel_.set_line_bytes_max(line_bytes_max());
  told.fields.emplace_back("protocol", transaction_.tls.protocol);
  told.fields.emplace_back("cipher", transaction_.tls.cipher);
  parts_.events.emit(told);
  co_return done;
}

}  // namespace session
