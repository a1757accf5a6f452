// cli/webhook_verb.h: the verb `webhook`.
//
// What:    add, list, remove, rotate, test and replay.
// In/Out:  see cli.h.
// Errors:  see cli.h.
// Limits:  none.
// Not here: webhooks themselves (admin/webhooks).
#pragma once

#include "cli/cli.h"

namespace cli {

void add_webhook_verb(Verbs verbs);

}  // namespace cli
