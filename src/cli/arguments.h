// cli/arguments.h: the verbs of the command line and their arguments.
//
// What:    what Stagepost uses of CLI11, under its names. CLI11 is one header of ten thousand lines
//          that every file would compile anew; here arguments.cc alone does.
// In/Out:  a verb, its positional arguments, options and flags; Parser::parse fills the variables
//          they were given and runs the callback of the verb that was said.
// Errors:  wrong arguments are said on stderr, with the help that helps.
// Limits:  none. A variable must live as long as the parser.
// Not here: what verbs do.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cli {

// A positional argument, an option or a flag, owned by the parser.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required();
  // --help shows the variable's value as it is now.
  Option capture_default_str();
  // Each --NAME takes one value; several --NAME give several.
  Option one_each();
  Option one_of(std::initializer_list<const char*> values);
  Option range(std::int64_t min, std::int64_t max);  // both included
  Option positive();
  Option not_negative();
  Option excludes(Option other);

  // Whether it was said.
  [[nodiscard]] bool given() const;

 private:
  CLI::Option* option_;
};

// What --help says, as values: for shell completion and the manual page.
struct OptionText {
  std::string name;                  // "--home", or NAME for a positional argument
  std::string value;                 // "TEXT"; empty for a flag
  std::vector<std::string> choices;  // the words it must be one of; empty: anything
  std::string help;
  bool positional = false;
  bool required = false;
};
struct VerbText {
  std::string name;
  std::string help;  // the first line says what it does, examples are indented
  std::vector<OptionText> options;
  std::vector<VerbText> verbs;
};

// A verb such as `queue` or `list` of `queue list`, owned by the parser; the program itself is one,
// too.
class Verb {
 public:
  explicit Verb(CLI::App* app) : app_(app) {}

  Verb add_subcommand(const std::string& name, const std::string& help) const;
  void require_subcommand() const;
  // `name` is NAME (positional) or --name; T is std::string, std::vector<std::string>, double or
  // one of the integers named in arguments.cc.
  template <class T>
  Option add_option(const std::string& name, T& variable, const std::string& help = {}) const;
  Option add_flag(const std::string& name, bool& variable, const std::string& help) const;
  // Runs when this verb was said and all arguments are well.
  void callback(std::function<void()> run) const;

  // Whether the option of that name was said.
  [[nodiscard]] bool given(const std::string& name) const;
  // With all verbs below it that were added until now.
  [[nodiscard]] VerbText describe() const;

 private:
  CLI::App* app_;
};

// The program.
class Parser {
 public:
  Parser(const std::string& name, const std::string& help, const std::string& version);
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser();

  [[nodiscard]] Verb program() const { return Verb(app_.get()); }
  // 0: the verb's callback ran, or help or the version was shown; 2: wrong arguments.
  [[nodiscard]] int parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace cli
