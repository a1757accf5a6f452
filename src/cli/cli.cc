// See cli.h.
#include "cli/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace cli {
namespace {

std::string default_home() {
  const char* home =
      std::getenv("STAGEPOST_HOME");  // NOLINT(concurrency-mt-unsafe): one thread yet
  return home != nullptr && *home != '\0' ? home : "/var/lib/stagepost";
}

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

}  // namespace

int complain(const std::string& text) {
  std::fprintf(stderr, "stagepost: %s\n", text.c_str());
  return 1;
}

int run(int argc, char** argv, std::span<const AddVerbs> more) {
  CLI::App app(
      "Stagepost receives mail, keeps it safe on disk and delivers it.\n"
      "Start with `stagepost init example.org`, then `stagepost serve`.\n"
      "`stagepost VERB --help` explains each verb with examples.",
      "stagepost");
  app.set_version_flag("--version", "stagepost " STAGEPOST_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  Place place{.home = default_home(), .config_path = {}};
  app.add_option("--home", place.home,
                 "Folder of configuration, state and mail (or STAGEPOST_HOME)")
      ->capture_default_str();
  app.add_option("--config", place.config_path, "Configuration file [HOME/stagepost.toml]");

  int status = 0;
  const Verbs verbs{.app = app, .place = place, .status = status};
  add_server_verbs(verbs);
  add_init_verb(verbs);
  add_directory_verbs(verbs);
  add_user_verbs(verbs);
  add_login_verbs(verbs);
  add_ldap_verb(verbs);
  add_queue_verbs(verbs);
  add_guard_verbs(verbs);
  add_lists_verb(verbs);
  add_message_verbs(verbs);
  add_report_verb(verbs);
  add_check_mail_verb(verbs);
  add_dovecot_verb(verbs);
  add_dkim_verbs(verbs);
  for (const AddVerbs add : more) add(verbs);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const bool verb = std::string_view(error.what()).starts_with("A subcommand");
    const std::string text = verb ? unknown_verb(app) : std::string();
    if (text.empty()) return app.exit(error) == 0 ? 0 : 2;
    complain(text);
    return 2;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return status;
}

}  // namespace cli
