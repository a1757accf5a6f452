// See cli.h. completion and man: what shells and man(1) read.
#include <cstdio>
#include <memory>

#include "cli/cli.h"
#include "cli/man_page.h"
#include "cli/shell_completion.h"

namespace cli {

void add_completion_verbs(Verbs verbs) {
  auto shell = std::make_shared<std::string>();
  Verb completion = verbs.app.add_subcommand(
      "completion",
      "Print the script that lets a shell complete verbs and options.\n"
      "  stagepost completion bash > /usr/share/bash-completion/completions/stagepost\n"
      "  stagepost completion zsh > /usr/share/zsh/vendor-completions/_stagepost\n"
      "  stagepost completion fish > /usr/share/fish/vendor_completions.d/stagepost.fish");
  completion.add_option("SHELL", *shell, "Which shell").required().one_of({"bash", "zsh", "fish"});
  completion.callback([verbs, shell] {
    const VerbText program = verbs.app.describe();
    const std::string text = *shell == "bash"  ? bash_completion(program)
                             : *shell == "zsh" ? zsh_completion(program)
                                               : fish_completion(program);
    std::printf("%s", text.c_str());
  });
  Verb man = verbs.app.add_subcommand("man",
                                      "Print the manual page, for man(1).\n"
                                      "  stagepost man > /usr/share/man/man1/stagepost.1\n"
                                      "  stagepost man | man -l -");
  man.callback(
      [verbs] { std::printf("%s", man_page(verbs.app.describe(), STAGEPOST_VERSION).c_str()); });
}

}  // namespace cli
