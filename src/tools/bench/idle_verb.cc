// See verb.h. bench idle.
#include <fmt/format.h>

#include "tools/bench/idle.h"
#include "tools/bench/load.h"
#include "tools/bench/loops.h"
#include "tools/bench/place.h"
#include "tools/bench/report.h"
#include "tools/bench/verb.h"

namespace bench {
namespace {

struct Arguments {
  ClientArguments client;
  IdleOptions idle;
  double hold_seconds = 0;
};

void tell(const IdleReport& report) {
  print(fmt::format(R"({{"open":{},"failed":{},"seconds":{:.6f}}})"
                    "\n",
                    report.open, report.failed, seconds_of(report.took)));
}

int run(const Arguments& arguments, bool hold_given) {
  IdleOptions options = arguments.idle;
  auto client = client_options(arguments.client);
  if (!client) return wrong(client.error().detail);
  options.client = std::move(*client);
  if (hold_given) {
    options.hold = base::Duration(static_cast<std::int64_t>(arguments.hold_seconds * 1e6));
  }
  constexpr std::size_t other_descriptors = 64;
  if (auto lifted = want_descriptors(options.connections + other_descriptors); !lifted) {
    return wrong(lifted.error().detail);
  }
  const auto report = run_idle(options, tell);
  if (!report) return cli::complain(report.error().detail);
  if (!report->told) tell(*report);  // ended before all were open
  if (report->failed > 0) return cli::complain(report->first_error);
  if (report->answered_quit < report->open) {
    return cli::complain(fmt::format("{} of {} connections did not answer QUIT any more",
                                     report->open - report->answered_quit, report->open));
  }
  return 0;
}

}  // namespace

void add_idle_verb(cli::Verbs verbs) {
  auto arguments = std::make_shared<Arguments>();
  cli::Verb verb = verbs.app.add_subcommand(
      "idle",
      "Open connections, say EHLO, and hold them. Prints a line of JSON when all are open, and\n"
      "holds them until standard input ends (Ctrl-D) or --hold is over; then QUIT.\n"
      "  stagepost bench idle --to 127.0.0.1:2525 --connections 5000\n"
      "  stagepost bench idle --to 127.0.0.1:2525 --connections 15000 --tls starttls --hold 60");
  add_client_options(verb, arguments->client);
  verb.add_option("--connections", arguments->idle.connections, "How many")
      .required()
      .range(1U, LoadOptions::sessions_max);
  verb.add_option("--threads", arguments->idle.threads, "Threads that hold them")
      .range(1U, Loops::loops_max)
      .capture_default_str();
  const cli::Option hold =
      verb.add_option("--hold", arguments->hold_seconds, "Seconds to hold them, once all are open")
          .not_negative();
  verb.callback([verbs, arguments, hold] { verbs.status = run(*arguments, hold.given()); });
}

}  // namespace bench
