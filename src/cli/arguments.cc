// See arguments.h.
#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string_view>

#include "cli/cli.h"
#include "lib/base/text.h"

namespace cli {
namespace {

// "stagepost quue list": CLI11 says only that a subcommand is required. The word that is none, and
// whom to ask for those there are; empty when no word is there at all.
std::string unknown_verb(const CLI::App& app) {
  std::string path = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    path += ' ';
    path += at->get_name();
  }
  for (const std::string& word : app.remaining(true)) {
    if (!word.starts_with('-')) {
      return fmt::format("\"{0}\" is no verb of {1}; `{1} --help` shows them", word, path);
    }
  }
  return {};
}

// "TEXT:{lmtp,maildir}" → lmtp, maildir.
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t begin = type.find(":{");
  if (begin == std::string::npos || !type.ends_with('}')) return {};
  std::vector<std::string> out;
  for (const std::string_view word :
       base::split(std::string_view(type).substr(begin + 2, type.size() - begin - 3), ',')) {
    out.emplace_back(word);
  }
  return out;
}

OptionText describe_option(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const bool takes_value = option.get_expected_max() > 0;
  return {.name = option.get_name(),
          .value = takes_value ? type.substr(0, type.find_first_of(": ")) : std::string(),
          .choices = choices_of(type),
          .help = option.get_description(),
          .positional = option.nonpositional() ? false : option.get_positional(),
          .required = option.get_required()};
}

VerbText describe_app(const CLI::App& app) {
  VerbText out{.name = app.get_name(), .help = app.get_description(), .options = {}, .verbs = {}};
  for (const CLI::Option* option : app.get_options()) {
    out.options.push_back(describe_option(*option));
  }
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    out.verbs.push_back(describe_app(*verb));
  }
  return out;
}

}  // namespace

Option Option::required() {
  option_->required();
  return *this;
}

Option Option::capture_default_str() {
  option_->capture_default_str();
  return *this;
}

Option Option::one_each() {
  option_->expected(1)->take_all();
  return *this;
}

Option Option::one_of(std::initializer_list<const char*> values) {
  option_->check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
  return *this;
}

Option Option::range(std::int64_t min, std::int64_t max) {
  option_->check(CLI::Range(min, max));
  return *this;
}

Option Option::positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}

Option Option::not_negative() {
  option_->check(CLI::NonNegativeNumber);
  return *this;
}

Option Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

bool Option::given() const { return option_->count() > 0; }

Verb Verb::add_subcommand(const std::string& name, const std::string& help) const {
  return Verb(app_->add_subcommand(name, help));
}

void Verb::require_subcommand() const { app_->require_subcommand(1); }

template <class T>
Option Verb::add_option(const std::string& name, T& variable, const std::string& help) const {
  return Option(app_->add_option(name, variable, help));
}

template Option Verb::add_option(const std::string&, std::string&, const std::string&) const;
template Option Verb::add_option(const std::string&, std::vector<std::string>&,
                                 const std::string&) const;
template Option Verb::add_option(const std::string&, double&, const std::string&) const;
template Option Verb::add_option(const std::string&, int&, const std::string&) const;
template Option Verb::add_option(const std::string&, unsigned&, const std::string&) const;
template Option Verb::add_option(const std::string&, std::uint16_t&, const std::string&) const;
template Option Verb::add_option(const std::string&, std::int64_t&, const std::string&) const;
template Option Verb::add_option(const std::string&, std::uint64_t&, const std::string&) const;

Option Verb::add_flag(const std::string& name, bool& variable, const std::string& help) const {
  return Option(app_->add_flag(name, variable, help));
}

void Verb::callback(std::function<void()> run) const { app_->callback(std::move(run)); }

bool Verb::given(const std::string& name) const { return app_->count(name) > 0; }

VerbText Verb::describe() const { return describe_app(*app_); }

Parser::Parser(const std::string& name, const std::string& help, const std::string& version)
    : app_(std::make_unique<CLI::App>(help, name)) {
  app_->set_version_flag("--version", version);
  app_->fallthrough();
}

Parser::~Parser() = default;

int Parser::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const bool verb = std::string_view(error.what()).starts_with("A subcommand");
    const std::string text = verb ? unknown_verb(*app_) : std::string();
    if (text.empty()) return app_->exit(error) == 0 ? 0 : 2;
    complain(text);
    return 2;
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0 ? 0 : 2;
  }
  return 0;
}

}  // namespace cli
