// See verb.h. bench load.
#include <fmt/format.h>

#include "tools/bench/load.h"
#include "tools/bench/loops.h"
#include "tools/bench/place.h"
#include "tools/bench/report.h"
#include "tools/bench/verb.h"

namespace bench {
namespace {

struct Arguments {
  ClientArguments client;
  LoadOptions load;
  std::uint64_t messages = 1000;
  double seconds = 0;
  std::string from = "sender@example.net";
  std::string rcpt = "rcpt@example.org";
  std::string trouble;
  unsigned pause_ms = 0;
  unsigned timeout_seconds = 60;
  bool no_pipelining = false;
  bool json = false;
};

base::Result<LoadOptions> options_of(const Arguments& arguments, bool messages_given) {
  LoadOptions out = arguments.load;
  auto client = client_options(arguments.client);
  if (!client) return std::unexpected(std::move(client.error()));
  out.client = std::move(*client);
  auto from = AddressPattern::parse(arguments.from);
  if (!from) return std::unexpected(std::move(from.error()));
  out.from = std::move(*from);
  auto rcpt = AddressPattern::parse(arguments.rcpt);
  if (!rcpt) return std::unexpected(std::move(rcpt.error()));
  out.rcpt = std::move(*rcpt);
  if (!arguments.trouble.empty()) {
    const auto trouble = Trouble::parse(arguments.trouble);
    if (!trouble) return std::unexpected(trouble.error());
    out.trouble = *trouble;
  }
  out.threads = std::min(out.threads, out.sessions);
  out.pipelining = !arguments.no_pipelining;
  out.pause = std::chrono::milliseconds(arguments.pause_ms);
  out.timeout = std::chrono::seconds(arguments.timeout_seconds);
  out.plan.messages_max = arguments.messages;
  if (arguments.seconds > 0) {
    out.plan.length = base::Duration(static_cast<std::int64_t>(arguments.seconds * 1e6));
    if (!messages_given) out.plan.messages_max = UINT64_MAX;
  }
  constexpr std::size_t other_descriptors = 64;
  if (auto lifted = want_descriptors(out.sessions + other_descriptors); !lifted) {
    return std::unexpected(std::move(lifted.error()));
  }
  return out;
}

int run(const Arguments& arguments, bool messages_given) {
  const auto options = options_of(arguments, messages_given);
  if (!options) return wrong(options.error().detail);
  const auto report = run_load(*options, stderr_is_terminal());
  if (!report) return wrong(report.error().detail);
  print(arguments.json ? load_json(*report) : load_table(*report, options->message.size));
  if (!report->first_error.empty() && arguments.json) cli::complain(report->first_error);
  return report->all_accepted() && report->messages > 0 ? 0 : 1;
}

void add_amounts(cli::Verb verb, Arguments& arguments) {
  LoadOptions& load = arguments.load;
  verb.add_option("--sessions", load.sessions, "Connections at once")
      .range(1U, LoadOptions::sessions_max)
      .capture_default_str();
  verb.add_option("--seconds", arguments.seconds, "Send for so long, instead of a number")
      .positive();
  verb.add_option("--per-connection", load.per_connection,
                  "Messages per connection; 0: all over one")
      .capture_default_str();
  verb.add_option("--size", load.message.size, "Octets of a message, header included")
      .range(std::uint64_t{1}, MessageMaker::size_max)
      .capture_default_str();
  verb.add_option("--rate", load.plan.rate,
                  "Open loop: so many messages begin per second whether earlier ones have ended or "
                  "not, as long as a session is free; latency counts from the planned begin")
      .positive();
  verb.add_option("--threads", load.threads, "Threads that send")
      .range(1U, Loops::loops_max)
      .capture_default_str();
  verb.add_option(
      "--trouble", arguments.trouble,
      "SHARE:KIND of sessions that misbehave: abort, stall or slow in mid-message; what "
      "they send does not count");
  verb.add_option("--pause", arguments.pause_ms, "Milliseconds between messages of a session")
      .capture_default_str();
  verb.add_option("--timeout", arguments.timeout_seconds,
                  "Seconds that a connection or message may take")
      .positive()
      .capture_default_str();
}

void add_mail(cli::Verb verb, Arguments& arguments) {
  LoadOptions& load = arguments.load;
  verb.add_option("--from", arguments.from,
                  "Sender; {n} becomes the message's number, {n%K} the number modulo K")
      .capture_default_str();
  verb.add_option("--rcpt", arguments.rcpt, "Recipient, with {n} and {n%K} as well")
      .capture_default_str();
  verb.add_option("--recipients", load.recipients,
                  "Recipients per message; {n} then counts recipients")
      .range(1U, 1000U)
      .capture_default_str();
  verb.add_option("--from-number", load.plan.first_number,
                  "The first message's number, to tell runs apart at the sink")
      .capture_default_str();
  verb.add_option("--seed", load.message.seed, "Other message bodies").capture_default_str();
  verb.add_flag("--no-pipelining", arguments.no_pipelining,
                "Wait for the answer to each command, even if the server offers PIPELINING");
  verb.add_flag("--bdat", load.bdat, "Send by BDAT; the server must offer CHUNKING");
  verb.add_flag("--json", arguments.json, "Print JSON (docs/bench.md)");
}

}  // namespace

void add_load_verb(cli::Verbs verbs) {
  auto arguments = std::make_shared<Arguments>();
  cli::Verb verb = verbs.app.add_subcommand(
      "load",
      "Send messages and count what becomes of them. Each carries its number and the checksum of\n"
      "its body, by which `bench sink` finds what was lost, damaged or doubled on the way.\n"
      "  stagepost bench load --to 127.0.0.1:2525 --sessions 100 --messages 100000\n"
      "  stagepost bench load --to mx.example.org:25 --rate 50 --sessions 200 --seconds 60\n"
      "  stagepost bench load --to 127.0.0.1:2587 --tls starttls --per-connection 1 --json");
  add_client_options(verb, arguments->client);
  const cli::Option messages = verb.add_option("--messages", arguments->messages, "Messages in all")
                                   .positive()
                                   .capture_default_str();
  add_amounts(verb, *arguments);
  add_mail(verb, *arguments);
  verb.callback([verbs, arguments, messages] { verbs.status = run(*arguments, messages.given()); });
}

}  // namespace bench
