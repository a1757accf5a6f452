// cli/man_page.h: the manual page stagepost(1).
//
// What:    writes it from what the verbs say about themselves, in the macros of man(7).
// In/Out:  VerbText of the program and its version → text for groff or mandoc.
// Errors:  none.
// Limits:  none.
// Not here: shell completion (shell_completion.h).
#pragma once

#include <string>

#include "cli/arguments.h"

namespace cli {

[[nodiscard]] std::string man_page(const VerbText& program, const std::string& version);

}  // namespace cli
