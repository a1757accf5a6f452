// Tests of shell_completion.h and man_page.h; that shells and groff take the texts is shown by
// tests/e2e/test_shell.py.
#include "cli/shell_completion.h"

#include <gtest/gtest.h>

#include "cli/man_page.h"

namespace cli {
namespace {

VerbText program() {
  const OptionText help{.name = "-h,--help", .value = {}, .choices = {}, .help = "Print help"};
  const OptionText home{.name = "--home", .value = "TEXT", .choices = {}, .help = "Folder of all"};
  const OptionText json{.name = "--json", .value = {}, .choices = {}, .help = "It's JSON"};
  const OptionText how{
      .name = "--how", .value = "TEXT", .choices = {"soft", "hard"}, .help = "How. Not when."};
  const OptionText who{.name = "WHO",
                       .value = "TEXT",
                       .choices = {},
                       .help = {},
                       .positional = true,
                       .required = true};
  const VerbText add{.name = "add",
                     .help = "Add one. Or two.\n  prog user add \\x\n      --more\n.dangerous",
                     .options = {help, how, who},
                     .verbs = {}};
  const VerbText user{.name = "user", .help = "The users", .options = {help}, .verbs = {add}};
  const VerbText list{.name = "list", .help = "Lists", .options = {help, json}, .verbs = {}};
  return {.name = "prog", .help = "A program", .options = {help, home}, .verbs = {user, list}};
}

TEST(ShellCompletion, FirstSentences) {
  EXPECT_EQ(first_sentence("Add one. Or two."), "Add one");
  EXPECT_EQ(first_sentence("To example.org and back.\nMore"), "To example.org and back");
  EXPECT_EQ(first_sentence(""), "");
}

TEST(ShellCompletion, Bash) {
  const std::string text = bash_completion(program());
  EXPECT_NE(text.find("    '') words='user list --help --home' ;;\n"), std::string::npos) << text;
  EXPECT_NE(text.find("    'user add') words='--help --how --home' ;;\n"), std::string::npos);
  EXPECT_NE(text.find("    'user add --how') values='soft hard ' ;;\n"), std::string::npos);
  EXPECT_NE(text.find("    ' --home') values=/ ;;\n"), std::string::npos);
}

TEST(ShellCompletion, ZshAndFishQuoteHelp) {
  EXPECT_NE(zsh_completion(program()).find(R"('--json:It'\''s JSON')"), std::string::npos);
  const std::string fish = fish_completion(program());
  EXPECT_NE(fish.find(R"(-n '__stagepost_only user' -a 'add' -d 'Add one')"), std::string::npos);
  EXPECT_NE(fish.find(R"(-n '__stagepost_at user add' -l how -x -a 'soft hard' -d 'How')"),
            std::string::npos);
  EXPECT_NE(fish.find(R"(-l json -d 'It\'s JSON')"), std::string::npos) << fish;
}

TEST(ManPage, SaysEveryVerbAndIsSafeForRoff) {
  const std::string text = man_page(program(), "1.2");
  EXPECT_NE(text.find(".SS \"user add\"\n"), std::string::npos);
  EXPECT_NE(text.find("\\fBstagepost user add\\fR \\fIWHO\\fR\n"), std::string::npos) << text;
  EXPECT_NE(text.find("prog user add \\ex\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n    \\-\\-more\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n\\&.dangerous\n"), std::string::npos) << text;
  EXPECT_NE(text.find("One of soft, hard.\n"), std::string::npos);
}

}  // namespace
}  // namespace cli
