// See cli.h.
#include "cli/cli.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "cli/sendmail/sendmail.h"
#include "cli/webhook_verb.h"
#include "server/home.h"

namespace cli {
namespace {

std::string default_home() {
  const char* home =
      std::getenv("STAGEPOST_HOME");  // NOLINT(concurrency-mt-unsafe): one thread yet
  return home != nullptr && *home != '\0' ? home : server::system_home;
}

}  // namespace

std::string own_host_name() {
  std::array<char, 256> name = {};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

int complain(const std::string& text) {
  std::fprintf(stderr, "stagepost: %s\n", text.c_str());
  return 1;
}

int run(int argc, char** argv, std::span<const AddVerbs> more) {
  Parser parser(
      "stagepost",
      "Stagepost receives mail, keeps it safe on disk and delivers it.\n"
      "Start with `stagepost init example.org`, then `stagepost serve`.\n"
      "`stagepost VERB --help` explains each verb with examples, `stagepost help` lists guides.",
      "stagepost " STAGEPOST_VERSION);
  const Verb app = parser.program();
  app.require_subcommand();
  Place place{.home = default_home(), .config_path = {}};
  app.add_option("--home", place.home,
                 "Folder of configuration, state and mail (or STAGEPOST_HOME)")
      .capture_default_str();
  app.add_option(
      "--config", place.config_path,
      "Configuration file [HOME/stagepost.toml; without --home /etc/stagepost/stagepost.toml]");

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
  add_doctor_verb(verbs);
  add_sandbox_verb(verbs);
  add_message_verbs(verbs);
  sendmail::add_verbs(verbs);
  add_view_verbs(verbs);
  add_search_verbs(verbs);
  add_report_verb(verbs);
  add_check_mail_verb(verbs);
  add_dovecot_verb(verbs);
  add_dkim_verbs(verbs);
  add_token_verb(verbs);
  add_webhook_verb(verbs);
  add_backup_verb(verbs);
  add_restore_verb(verbs);
  add_import_verb(verbs);
  add_completion_verbs(verbs);
  add_certificate_verbs(verbs);
  add_help_verb(verbs);
  for (const AddVerbs add : more) add(verbs);
  if (const int wrong = parser.parse(argc, argv); wrong != 0) return wrong;
  return status;
}

}  // namespace cli
