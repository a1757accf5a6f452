// See session.h. What is asked about the client before it is greeted; the greeting.
#include <fmt/format.h>

#include "session/idle_scope.h"
#include "session/session.h"

namespace session {

// Implicit TLS, then the greeting (RFC 5321 §4.3.1).
io::Task<bool> Session::begin() {
  if (!is_lmtp() && banned()) co_return false;  // nobody logs in there
  if (rules_.listener.tls == Tls::implicit) {
    if (!co_await handshake()) {
      end_reason_ = "TLS handshake failed";
      co_return false;
    }
  }
  if (const std::string trouble = parts_.queue.trouble(); !trouble.empty()) {
    // Nothing could be accepted: other servers should come back later (RFC 5321 §3.8).
    channel_.say(smtp::reply(
        421, {4, 3, 2},
        fmt::format("{} cannot take mail at the moment; try again later", settings_.hostname)));
    end_reason_ = "the queue is in trouble: " + trouble;
    co_return false;
  }
  if (!co_await admitted()) co_return false;
  channel_.say(greeting());
  co_return true;
}

io::Task<bool> Session::admitted() {
  policy::Verdict verdict = co_await parts_.policy.at_connect(*visit_, transaction_);
  if (verdict.accepted() && co_await speaks_early()) {
    base::Event early = event("session.early_talker");
    early.fields.emplace_back("peer", transaction_.peer.text());
    parts_.events.emit(early);
    verdict = parts_.policy.heard_early(*visit_);
  }
  if (verdict.accepted()) co_return true;
  // RFC 5321 §3.1: 554 in place of the greeting, or 421.
  channel_.say(refuse("connect", std::move(verdict)));
  ended_ = true;
  co_return false;
}

// RFC 5321 §4.3.1: the client waits for the greeting. With TLS from the start it has to speak.
io::Task<bool> Session::speaks_early() {
  if (rules_.listener.tls == Tls::implicit ||
      !parts_.policy.listens_before_greeting(*visit_, transaction_)) {
    co_return false;
  }
  // A stopping server does not wait for it.
  IdleScope idle(co_await io::current_scope(), &parts_.closing);
  auto listening = channel_.hears(visit_->settings->client.greeting_delay);
  listening.set_scope(idle.scope());
  co_return co_await std::move(listening);
}

}  // namespace session
