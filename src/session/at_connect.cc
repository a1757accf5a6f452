// See session.h. What is asked about the client before it is greeted.
#include "session/session.h"

namespace session {

io::Task<bool> Session::admitted() {
  policy::Verdict verdict = co_await parts_.policy.at_connect(*visit_, transaction_);
  if (verdict.accepted()) co_return true;
  // RFC 5321 §3.1: 554 in place of the greeting, or 421.
  channel_.say(refuse("connect", std::move(verdict)));
  ended_ = true;
  co_return false;
}

}  // namespace session
