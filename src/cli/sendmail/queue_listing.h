// cli/sendmail/queue_listing.h: what `mailq` shows, in the form that Postfix gives it.
//
// What:    programs that watch a mail server read this form: a line per message, its recipients
//          indented, a sum at the end.
// In/Out:  the server's answer to GET /v1/queue (server/local_mail/door.h) → text.
// Errors:  invalid for an answer that is none.
// Limits:  door.h's queue_lines_max.
// Not here: who may see what (door.h).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace sendmail {

[[nodiscard]] base::Result<std::string> queue_listing(std::string_view answer);

}  // namespace sendmail
