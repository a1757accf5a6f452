// See cli.h. serve, reload, health and check.
#include <boost/json.hpp>
#include <cstdio>

#include "cli/answer.h"
#include "cli/cli.h"
#include "cli/connection.h"
#include "config/config.h"
#include "server/home.h"
#include "server/serve.h"

namespace cli {
namespace {

int reload(const Place& place) {
  const auto answer = ask_running(place, "POST", "/api/v1/reload");
  if (!answer) return complain(answer.error().detail);
  boost::system::error_code error;
  const boost::json::value said = boost::json::parse(*answer, error);
  std::printf("The configuration was read; new connections and attempts use it.\n");
  if (error || !said.is_object()) return 0;
  const auto& waiting = list_of(said.get_object(), "after_restart");
  if (waiting.empty()) return 0;
  std::printf("These settings count from the next start (under a keeper: stagepost upgrade):\n");
  for (const auto& name : waiting) std::printf("  %s\n", text_of(name).c_str());
  return 0;
}

}  // namespace

void add_server_verbs(Verbs verbs) {
  Verb serve = verbs.app.add_subcommand(
      "serve",
      "Run the server in the foreground. Prints a line that begins with `ready` when it serves.\n"
      "SIGTERM stops it in an orderly way, SIGHUP reads the configuration again.\n"
      "  stagepost serve --home /var/lib/stagepost");
  auto stand_by = std::make_shared<bool>(false);
  serve.add_flag(
      "--stand-by", *stand_by,
      "Get ready, and serve when the server that runs has ended; for `stagepost keeper`");
  serve.callback([verbs, stand_by] {
    verbs.status = server::serve(verbs.place.home, verbs.place.config_path, *stand_by);
  });

  add_keeper_verbs(verbs);

  Verb again = verbs.app.add_subcommand(
      "reload",
      "Let the running server read its configuration again. With a mistake in it nothing is\n"
      "changed, and the exit code is 1. Says which of the changed settings need a restart.\n"
      "  stagepost reload");
  again.callback([verbs] { verbs.status = reload(verbs.place); });

  Verb health = verbs.app.add_subcommand(
      "health",
      "Ask the running server whether it is well; the exit code says it, for a container's check\n"
      "or a monitor. The same as GET /health on the port of [http].\n"
      "  stagepost health");
  health.callback([verbs] {
    const auto answer = ask_running(verbs.place, "GET", "/health");
    verbs.status = answer ? 0 : complain(answer.error().detail);
    if (answer) std::printf("%s", answer->c_str());
  });

  auto markdown = std::make_shared<bool>(false);
  Verb check = verbs.app.add_subcommand(
      "check", "Read the configuration and say what is wrong with it, without serving.");
  check.add_flag("--settings-markdown", *markdown, "Print every setting with its default instead");
  check.callback([verbs, markdown] {
    if (*markdown) {
      std::printf("%s", config::settings_markdown().c_str());
      return;
    }
    const auto config = server::load_config(verbs.place.home, verbs.place.config_path);
    if (!config) {
      verbs.status = complain(config.error().detail);
    } else if (const auto keys = server::check_keys(*config); !keys) {
      verbs.status = complain(keys.error().detail);
    } else {
      std::printf("%s is fine\n",
                  server::config_path_of(verbs.place.home, verbs.place.config_path).c_str());
    }
  });
}

}  // namespace cli
