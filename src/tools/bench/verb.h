// tools/bench/verb.h: `stagepost bench` on the command line.
//
// What:    one function per verb of bench that describes its options and runs it.
// In/Out:  cli::Verbs; `status` is 0 when every message got what was asked, 1 otherwise, 2 for
//          wrong arguments.
// Errors:  one line on stderr.
// Limits:  none.
// Not here: what the verbs do (load.h, sink.h and so on).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.h"
#include "tools/bench/conversation.h"

namespace bench {

// All of them, as `stagepost bench VERB`.
void add_verb(cli::Verbs verbs);

// Their parts; `verbs.app` is the app of `bench`.
void add_load_verb(cli::Verbs verbs);
void add_sink_verb(cli::Verbs verbs);
void add_bare_verb(cli::Verbs verbs);
void add_idle_verb(cli::Verbs verbs);
void add_handshakes_verb(cli::Verbs verbs);
void add_disk_verb(cli::Verbs verbs);
void add_pingpong_verb(cli::Verbs verbs);

// A wrong argument: the words on stderr, and 2.
[[nodiscard]] int wrong(const std::string& text);
// What --to, --tls, --resume, --helo and --bind say.
struct ClientArguments {
  std::string to;
  std::string tls = "none";
  std::string helo = "bench.example.net";
  std::vector<std::string> bind;
  bool resume = false;
};
void add_client_options(cli::Verb verb, ClientArguments& arguments);
[[nodiscard]] base::Result<ClientOptions> client_options(const ClientArguments& arguments);

void print(std::string_view text);
[[nodiscard]] bool stderr_is_terminal();

}  // namespace bench
