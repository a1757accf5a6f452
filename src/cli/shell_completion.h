// cli/shell_completion.h: scripts that let shells complete our command line.
//
// What:    writes one for bash, zsh or fish from what the verbs say about themselves.
// In/Out:  VerbText of the program → text of the script.
// Errors:  none.
// Limits:  none.
// Not here: the manual page (man_page.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"

namespace cli {

[[nodiscard]] std::string bash_completion(const VerbText& program);
[[nodiscard]] std::string zsh_completion(const VerbText& program);
[[nodiscard]] std::string fish_completion(const VerbText& program);

// The first sentence of a help text: all before its first line end or ".", without either.
[[nodiscard]] std::string first_sentence(std::string_view help);

}  // namespace cli
