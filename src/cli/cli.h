// cli/cli.h: the command line.
//
// What:    reads the arguments, finds the verb, runs it.
// In/Out:  argc, argv → exit code: 0 done, 1 it did not work (said on stderr), 2 wrong arguments.
// Errors:  one line on stderr that says what is wrong and what to do.
// Limits:  none.
// Not here: what verbs do to the state (admin/), serving (server/).
#pragma once

#include <span>
#include <string>

#include "cli/arguments.h"

namespace cli {

// What every verb has: where the configuration and the state are.
struct Place {
  std::string home;         // --home
  std::string config_path;  // --config; default HOME/stagepost.toml
};

// Each adds its verbs to the program; a verb's callback sets `status`.
struct Verbs {
  Verb app;
  Place& place;
  int& status;
};
using AddVerbs = void (*)(Verbs);
void add_server_verbs(Verbs verbs);
void add_keeper_verbs(Verbs verbs);
void add_init_verb(Verbs verbs);
void add_directory_verbs(Verbs verbs);
void add_user_verbs(Verbs verbs);
void add_login_verbs(Verbs verbs);
void add_ldap_verb(Verbs verbs);
void add_queue_verbs(Verbs verbs);
void add_guard_verbs(Verbs verbs);
void add_lists_verb(Verbs verbs);
void add_doctor_verb(Verbs verbs);
void add_sandbox_verb(Verbs verbs);
void add_message_verbs(Verbs verbs);
void add_view_verbs(Verbs verbs);
void add_search_verbs(Verbs verbs);
void add_report_verb(Verbs verbs);
void add_check_mail_verb(Verbs verbs);
void add_dovecot_verb(Verbs verbs);
void add_dkim_verbs(Verbs verbs);
void add_token_verb(Verbs verbs);
void add_backup_verb(Verbs verbs);
void add_restore_verb(Verbs verbs);
void add_import_verb(Verbs verbs);
void add_completion_verbs(Verbs verbs);
void add_certificate_verbs(Verbs verbs);
void add_help_verb(Verbs verbs);

// `more`: verbs of rooms that this one may not include.
int run(int argc, char** argv, std::span<const AddVerbs> more);

// What the system calls this host; empty when it has no name.
[[nodiscard]] std::string own_host_name();

// Prints "stagepost: TEXT" to stderr and gives 1.
int complain(const std::string& text);

}  // namespace cli
