// See cli.h. keeper and upgrade.
#include <cstdio>

#include "cli/cli.h"
#include "lib/io/real/waiting.h"
#include "server/keeper/keeper.h"

namespace cli {
namespace {

// Shows the answer as it comes; its last line is the verdict, not for people.
class Answer {
 public:
  void hear(std::string_view text) {
    rest_ += text;
    for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      const std::string line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      if (line == "done" || line == "failed") {
        done_ = line == "done";
      } else {
        std::printf("%s\n", line.c_str());
        std::fflush(stdout);
      }
    }
  }
  [[nodiscard]] bool done() const { return done_; }

 private:
  std::string rest_;
  bool done_ = false;
};

int upgrade(const Place& place) {
  Answer answer;
  const auto asked = io::real::call_local(server::keeper::control_path(place.home), "upgrade\n",
                                          [&](std::string_view text) { answer.hear(text); });
  if (!asked) {
    return complain(asked.error().detail +
                    ": is there a `stagepost keeper` with this --home? A server that runs "
                    "without one is stopped and started");
  }
  return answer.done() ? 0 : 1;
}

}  // namespace

void add_keeper_verbs(Verbs verbs) {
  Verb keeper = verbs.app.add_subcommand(
      "keeper",
      "Run the server under a keeper, which holds its ports open while servers come and go: one\n"
      "that crashes is started anew, and `stagepost upgrade` puts a new one into its place; "
      "nobody\n"
      "is refused meanwhile. SIGTERM stops both, SIGHUP reads the configuration again.\n"
      "  stagepost keeper --home /var/lib/stagepost");
  keeper.callback(
      [verbs] { verbs.status = server::keeper::keep(verbs.place.home, verbs.place.config_path); });

  Verb upgrade_verb = verbs.app.add_subcommand(
      "upgrade",
      "Put the program that is installed now into the place of the one that runs, under the "
      "keeper.\n"
      "The new one gets ready beside the old one; the old one ends its conversations; connections\n"
      "wait meanwhile, none is refused. When the new one does not get ready, or ends within five\n"
      "seconds, the old program serves again. The exit code says whether the new one serves.\n"
      "  apt install stagepost; stagepost upgrade");
  upgrade_verb.callback([verbs] { verbs.status = upgrade(verbs.place); });
}

}  // namespace cli
