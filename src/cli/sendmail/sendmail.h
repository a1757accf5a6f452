// cli/sendmail/sendmail.h: the program under the names that others call: sendmail, mailq,
// newaliases.
//
// What:    what cron, PHP, git and every other program of this host sends mail by.
// In/Out:  argc, argv → the exit code as sysexits.h has it; nothing when another program is meant.
// Errors:  one line on stderr; EX_USAGE 64, EX_DATAERR 65, EX_NOUSER 67, EX_NOHOST 68,
//          EX_UNAVAILABLE 69, EX_TEMPFAIL 75, EX_NOPERM 77.
// Limits:  limits.message_bytes_max, recipients_max.
// Not here: the arguments (options.h), the letter (compose.h), its way (post.h).
#pragma once

#include <optional>

#include "cli/cli.h"

namespace sendmail {

// By the name the program has, or its first word: `stagepost sendmail …`.
[[nodiscard]] std::optional<int> run_as(int argc, char** argv);
// So that help, completion and the manual page know the words.
void add_verbs(cli::Verbs verbs);

}  // namespace sendmail
