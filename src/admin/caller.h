// admin/caller.h: who asks, as the gate has found out.
//
// What:    what routes need to know of the token that a request came with.
// In/Out:  set_caller() at the gate, caller_of() in a route.
// Errors:  none: over the control socket nobody asks who it is, and the caller is the owner of the
//          state, who may do everything.
// Limits:  none.
// Not here: tokens (tokens.h), whether they are enough (api_gate.h).
#pragma once

#include <string>

#include "lib/http/message.h"

namespace admin {

struct Caller {
  std::string name;     // of the token; empty: the control socket
  std::string account;  // of a token of scope send; empty: of another scope
  std::string key;      // differs from token to token, also of one name
};

void set_caller(http::Request& request, const Caller& caller);
[[nodiscard]] Caller caller_of(const http::Request& request);

}  // namespace admin
