// See verb.h.
#include "tools/simulate/verb.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/size.h"
#include "lib/io/real/files.h"
#include "server/home.h"
#include "tools/bench/report.h"
#include "tools/bench/verb.h"
#include "tools/simulate/pictures.h"
#include "tools/simulate/report.h"
#include "tools/simulate/simulation.h"
#include "tools/simulate/wire/measured.h"

namespace simulate {
namespace {

struct Arguments {
  std::string scenario;
  std::uint64_t messages = 0;  // these three: 0 is what the scenario says
  unsigned days = 0;
  unsigned domains = 0;
  std::uint64_t seed = 1;
  std::string out;
  bool cut = false;
  bool json = false;
  bool example = false;
  std::string bytes;  // empty: without octets
};

base::Result<Scenario> read(const Arguments& arguments, io::Files& files) {
  if (arguments.scenario.empty()) return read_scenario(default_scenario(), "default scenario");
  auto text = io::read_file(files, arguments.scenario, scenario_bytes_max);
  if (!text) {
    return base::fail(text.error().kind,
                      fmt::format("cannot read the scenario: {}. `stagepost simulate --example` "
                                  "prints one to begin with",
                                  text.error().detail));
  }
  return read_scenario(*text, arguments.scenario);
}

// The scenario with what the command line says instead.
base::Result<Scenario> scenario_of(const Arguments& arguments, io::Files& files) {
  auto scenario = read(arguments, files);
  if (!scenario) return scenario;
  Mail& mail = scenario->mail;
  if (arguments.messages > 0) mail.messages = arguments.messages;
  if (arguments.days > 0) mail.days = arguments.days;
  if (arguments.domains > 0) mail.domains = arguments.domains;
  if (mail.domains < scenario->providers.size()) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("--domains {} is fewer than the {} providers of the scenario",
                                  mail.domains, scenario->providers.size()));
  }
  return scenario;
}

// As check-mail: a home without a configuration has the default settings.
base::Result<std::optional<config::Config>> find_config(const cli::Place& place, io::Files& files) {
  const std::string path = server::config_path_of(place.home, place.config_path);
  if (place.config_path.empty() && !files.info(path)) return std::nullopt;
  auto config = server::load_config(place.home, place.config_path);
  if (!config) return std::unexpected(config.error());
  return std::move(*config);
}

void note_routes(const config::Config& config) {
  for (const delivery::RouteSetting& route : config.delivery.routes) {
    if (route.domain != "*" || route.host.empty()) continue;
    cli::complain(fmt::format(
        "note: this configuration sends everything through {}; what is simulated is delivery by MX",
        route.host));
  }
}

// On a terminal one line that changes, elsewhere a line per day.
void tell(const Progress& progress, bool terminal) {
  if (!terminal && progress.now % std::chrono::hours(24) != base::Duration(0)) return;
  std::fprintf(stderr, "%s%s: %s arrived, %s in the queue%s", terminal ? "\r\x1b[K" : "",
               day_and_time(progress.now).c_str(), bench::with_commas(progress.arrived).c_str(),
               bench::with_commas(progress.queued).c_str(), terminal ? "" : "\n");
}

// Of --bytes; 0 when it was not said.
base::Result<std::uint64_t> message_bytes_of(const Arguments& arguments) {
  if (arguments.bytes.empty()) return 0;
  auto bytes = base::parse_size(arguments.bytes);
  if (bytes && *bytes > 0) return bytes;
  return base::fail(
      base::ErrorKind::invalid,
      fmt::format("--bytes {}: write the size of a message, such as 4KiB", arguments.bytes));
}

struct Result {
  Counts counts;
  std::vector<std::string> wrong;
  std::optional<ByteResult> bytes;

  [[nodiscard]] const ByteResult* with_octets() const { return bytes ? &*bytes : nullptr; }
};

base::Result<Result> simulate(io::Files& files, const Plan& plan, std::uint64_t message_bytes) {
  const bool terminal = bench::stderr_is_terminal();
  const TellProgress progress = [terminal](const Progress& now) { tell(now, terminal); };
  Result result;
  if (message_bytes > 0) {
    auto measured = wire::run_measured(files, plan, message_bytes, progress);
    if (!measured) return std::unexpected(measured.error());
    result = {.counts = std::move(measured->counts),
              .wrong = std::move(measured->wrong),
              .bytes = std::move(measured->bytes)};
  } else {
    Simulation simulation(plan, progress);
    simulation.run();
    result = {.counts = simulation.counts(), .wrong = simulation.wrong(), .bytes = {}};
  }
  if (terminal) std::fputs("\r\x1b[K", stderr);
  return result;
}

int show(const Arguments& arguments, const Asked& asked, const Result& result, io::Files& files) {
  const std::string json = result_json(asked, result.counts, result.wrong, result.with_octets());
  bench::print(arguments.json
                   ? json
                   : result_text(asked, result.counts, result.wrong, result.with_octets()));
  if (!arguments.out.empty()) {
    auto all = pictures(result.counts, title(asked));
    all.push_back({"result.json", json});
    if (auto done = write_files(files, arguments.out, all); !done) {
      return cli::complain("cannot write to " + arguments.out + ": " + done.error().detail);
    }
  }
  return result.wrong.empty() ? 0 : 1;
}

int run(const cli::Place& place, const Arguments& arguments) {
  if (arguments.example) {
    bench::print(default_scenario());
    return 0;
  }
  io::real::PosixFiles files;
  const auto message_bytes = message_bytes_of(arguments);
  if (!message_bytes) return bench::wrong(message_bytes.error().detail);
  auto scenario = scenario_of(arguments, files);
  if (!scenario) return bench::wrong(scenario.error().detail);
  auto config = find_config(place, files);
  if (!config) return bench::wrong(config.error().detail);
  const bool configured = config->has_value();
  if (configured) note_routes(**config);
  const config::Config settings = std::move(*config).value_or(config::Config{});
  const Asked asked{
      .scenario = arguments.scenario.empty() ? "the default scenario" : arguments.scenario,
      .settings =
          configured ? server::config_path_of(place.home, place.config_path) : "default settings",
      .mail = scenario->mail,
      .seed = arguments.seed,
      .cut = arguments.cut};
  const auto result =
      simulate(files,
               {.scenario = std::move(*scenario),
                .queue = std::make_shared<const queue::Settings>(settings.queue),
                .delivery = std::make_shared<const delivery::Settings>(settings.delivery),
                .seed = arguments.seed,
                .cut = arguments.cut},
               *message_bytes);
  if (!result) return bench::wrong(result.error().detail);
  return show(arguments, asked, *result, files);
}

void add_options(cli::Verb verb, Arguments& arguments) {
  verb.add_option("SCENARIO", arguments.scenario,
                  "A file that describes the receivers [the default scenario]");
  verb.add_option("--messages", arguments.messages, "Messages in all [what the scenario says]")
      .range(1, messages_max);
  verb.add_option("--days", arguments.days, "Days in which they arrive [the scenario's]")
      .range(1, days_max);
  verb.add_option("--domains", arguments.domains, "Domains that they go to [the scenario's]")
      .range(1, domains_max);
  verb.add_option("--seed", arguments.seed, "Another seed is another run; the same, the same")
      .capture_default_str();
  verb.add_option("--bytes", arguments.bytes,
                  "Let the whole server send messages of this size (4KiB), octet by octet");
  verb.add_option("--out", arguments.out,
                  "Write pictures, hours.csv and result.json to this folder");
  verb.add_flag("--cut", arguments.cut,
                "Stop when the days are over, instead of following each message to its end");
  verb.add_flag("--json", arguments.json, "Print JSON (docs/simulate.md)");
  verb.add_flag("--example", arguments.example, "Print the default scenario and stop");
}

}  // namespace

void add_verb(cli::Verbs verbs) {
  auto arguments = std::make_shared<Arguments>();
  cli::Verb verb = verbs.app.add_subcommand(
      "simulate",
      "Try a configuration on a simulated Internet: receivers that greylist, limit, dawdle,\n"
      "block and break down take weeks of mail in seconds. The schedule is the server's own,\n"
      "with the [queue] and [delivery] settings of --config; nothing is sent anywhere.\n"
      "  stagepost simulate --messages 100000 --out pictures\n"
      "  stagepost simulate --config new.toml --seed 2   # and with the old one; compare\n"
      "  stagepost simulate --example >mine.toml         # edit it, then:\n"
      "  stagepost simulate mine.toml --days 30 --json\n"
      "With --bytes the whole server takes part: messages come in by SMTP, lie in the journal\n"
      "of a simulated disk and go out over a simulated network; every octet is looked at when\n"
      "it arrives, and the result stands beside that of the schedule alone. It is some\n"
      "hundred times slower: begin with fewer messages.\n"
      "  stagepost simulate --bytes 4KiB --messages 20000 --days 2 --domains 300\n"
      "Exit code: 0 every message was accounted for, 1 one was not, 2 wrong arguments or\n"
      "scenario. docs/simulate.md explains every number and every key.");
  add_options(verb, *arguments);
  verb.callback([verbs, arguments] { verbs.status = run(verbs.place, *arguments); });
}

}  // namespace simulate
