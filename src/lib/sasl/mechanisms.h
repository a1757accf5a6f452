// lib/sasl/mechanisms.h: the exchanges, one function each; used by engine.cc only.
//
// What:    begin_…() makes the Exchange of one mechanism; Session owns one of GNU SASL's.
// In/Out:  see exchange.h.
// Errors:  see exchange.h.
// Limits:  see exchange.h.
// Not here: which one is wanted (engine.h).
#pragma once

#include <gsasl.h>

#include <memory>

#include "lib/sasl/exchange.h"

namespace sasl {

struct SessionEnd {
  void operator()(Gsasl_session* session) const { gsasl_finish(session); }
};
using SessionPtr = std::unique_ptr<Gsasl_session, SessionEnd>;
// A server's session of that mechanism.
[[nodiscard]] SessionPtr start_session(Gsasl& library, const char* mechanism);

struct SessionStep {
  int rc = 0;
  std::string output;
};
[[nodiscard]] SessionStep step_session(Gsasl_session& session, std::string_view input);

[[nodiscard]] std::unique_ptr<Exchange> begin_scram(Gsasl& library, bool plus, Context context);
[[nodiscard]] std::unique_ptr<Exchange> begin_plain(Gsasl& library);
[[nodiscard]] std::unique_ptr<Exchange> begin_login();
[[nodiscard]] std::unique_ptr<Exchange> begin_oauthbearer(Context context);
[[nodiscard]] std::unique_ptr<Exchange> begin_xoauth2(Context context);

// Lets GNU SASL take every password: the claim is checked by others.
int plain_callback(Gsasl* library, Gsasl_session* session, Gsasl_property property);

}  // namespace sasl
