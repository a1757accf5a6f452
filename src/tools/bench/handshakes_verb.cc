// See verb.h. bench handshakes.
#include <fmt/format.h>

#include <algorithm>

#include "tools/bench/handshakes.h"
#include "tools/bench/load.h"
#include "tools/bench/loops.h"
#include "tools/bench/place.h"
#include "tools/bench/report.h"
#include "tools/bench/verb.h"

namespace bench {
namespace {

struct Arguments {
  ClientArguments client;
  HandshakeOptions handshakes;
  bool json = false;
};

std::string to_json(const HandshakeReport& report) {
  return fmt::format(
      R"({{"count":{},"resumed":{},"errors":{},"seconds":{:.6f},"rate":{:.1f},"first_error":{},)"
      R"("handshake_ms":{},"tls":{}}})"
      "\n",
      report.count, report.resumed, report.errors, seconds_of(report.took),
      per_second(report.count, report.took), json_string(report.first_error),
      percentiles_json(report.handshake), json_string(report.tls));
}

std::string to_table(const HandshakeReport& report) {
  std::string out = fmt::format("{} handshakes in {:.2f} s: {:.0f}/s, {} resumed, {} errors, {}\n",
                                with_commas(report.count), seconds_of(report.took),
                                per_second(report.count, report.took), with_commas(report.resumed),
                                with_commas(report.errors), report.tls);
  if (!report.first_error.empty()) out += fmt::format("  first     {}\n", report.first_error);
  return out + percentiles_head() + percentiles_row("TLS handshake", report.handshake);
}

int run(const Arguments& arguments) {
  HandshakeOptions options = arguments.handshakes;
  auto client = client_options(arguments.client);
  if (!client) return wrong(client.error().detail);
  if (client->tls_mode == TlsMode::none) return wrong("--tls starttls or --tls implicit");
  options.client = std::move(*client);
  options.threads = std::min(options.threads, options.sessions);
  constexpr std::size_t other_descriptors = 64;
  if (auto lifted = want_descriptors(options.sessions + other_descriptors); !lifted) {
    return wrong(lifted.error().detail);
  }
  const HandshakeReport report = run_handshakes(options);
  print(arguments.json ? to_json(report) : to_table(report));
  if (arguments.json && !report.first_error.empty()) cli::complain(report.first_error);
  return report.errors == 0 && report.count > 0 ? 0 : 1;
}

}  // namespace

void add_handshakes_verb(cli::Verbs verbs) {
  auto arguments = std::make_shared<Arguments>();
  arguments->client.tls = "starttls";
  cli::Verb verb = verbs.app.add_subcommand(
      "handshakes",
      "TLS handshakes and nothing else: connect, EHLO, STARTTLS, EHLO, QUIT. Full ones, unless\n"
      "--resume.\n"
      "  stagepost bench handshakes --to 127.0.0.1:2525 --count 5000 --sessions 16\n"
      "  stagepost bench handshakes --to 127.0.0.1:2465 --tls implicit --resume --json");
  add_client_options(verb, arguments->client);
  verb.add_option("--count", arguments->handshakes.count, "How many")
      .positive()
      .capture_default_str();
  verb.add_option("--sessions", arguments->handshakes.sessions, "Connections at once")
      .range(1U, LoadOptions::sessions_max)
      .capture_default_str();
  verb.add_option("--threads", arguments->handshakes.threads, "Threads")
      .range(1U, Loops::loops_max)
      .capture_default_str();
  verb.add_flag("--json", arguments->json, "Print JSON (docs/bench.md)");
  verb.callback([verbs, arguments] { verbs.status = run(*arguments); });
}

}  // namespace bench
