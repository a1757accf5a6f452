// See verb.h. bench bare.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "tools/bench/bare.h"
#include "tools/bench/loops.h"
#include "tools/bench/place.h"
#include "tools/bench/report.h"
#include "tools/bench/verb.h"

namespace bench {
namespace {

struct Arguments {
  std::string listen;
  std::string relay;
  std::string folder;
  unsigned loops = 0;
  bool json = false;
};

int run(const Arguments& arguments) {
  const auto listen = find_place(arguments.listen);
  if (!listen) return wrong(listen.error().detail);
  const auto relay = find_place(arguments.relay);
  if (!relay) return wrong(relay.error().detail);
  if (auto lifted = want_descriptors(1); !lifted) return cli::complain(lifted.error().detail);
  const BareOptions options{.listen = *listen, .relay = *relay, .folder = arguments.folder};
  const unsigned loops =
      arguments.loops > 0 ? arguments.loops : std::max(1U, std::thread::hardware_concurrency());
  const auto result =
      run_bare(options, std::min(loops, Loops::loops_max), [] { print("ready\n"); });
  if (!result) return cli::complain(result.error().detail);
  print(arguments.json ? fmt::format(R"({{"accepted":{},"relayed":{},"lost":{}}})"
                                     "\n",
                                     result->accepted, result->relayed, result->lost)
                       : fmt::format("  accepted {:>12}\n  relayed  {:>12}\n  lost     {:>12}\n",
                                     with_commas(result->accepted), with_commas(result->relayed),
                                     with_commas(result->lost)));
  return result->lost == 0 ? 0 : 1;
}

}  // namespace

void add_bare_verb(cli::Verbs verbs) {
  auto arguments = std::make_shared<Arguments>();
  cli::Verb verb = verbs.app.add_subcommand(
      "bare",
      "The reference server: accepts, one synced append for all that finished in a turn, relays.\n"
      "No policy, no queue, no retry: it shows what this machine could do at most, and is no mail\n"
      "server. Prints `ready` when it listens, and its counts at SIGTERM.\n"
      "  stagepost bench bare --listen 127.0.0.1:2500 --relay 127.0.0.1:2600 --folder "
      "/var/tmp/bare");
  verb.add_option("--listen", arguments->listen, "HOST:PORT to listen on").required();
  verb.add_option("--relay", arguments->relay, "HOST:PORT that gets every message").required();
  verb.add_option("--folder", arguments->folder, "Where the logs are, 256 MiB for each loop")
      .required();
  verb.add_option("--loops", arguments->loops, "Event loops [number of cores]")
      .range(1U, Loops::loops_max);
  verb.add_flag("--json", arguments->json, "Print the counts as JSON at the end");
  verb.callback([verbs, arguments] { verbs.status = run(*arguments); });
}

}  // namespace bench
