// See verb.h. bench sink.
#include <fmt/format.h>

#include "lib/base/size.h"
#include "lib/io/real/files.h"
#include "tools/bench/loops.h"
#include "tools/bench/place.h"
#include "tools/bench/report.h"
#include "tools/bench/sink.h"
#include "tools/bench/verb.h"

namespace bench {
namespace {

struct Arguments {
  SinkOptions sink;
  std::vector<std::string> listen;
  std::vector<std::string> answers;
  std::vector<std::string> delays;
  std::vector<std::string> closes;
  std::string tls;  // CERT,KEY
  bool no_pipelining = false;
  bool no_bdat = false;
  bool json = false;
};

constexpr std::uint64_t pem_bytes_max = 1UL << 20;

base::Result<std::shared_ptr<io::TlsServer>> load_identity(const std::string& argument) {
  io::real::PosixFiles files;
  const std::size_t comma = argument.find(',');
  if (comma == std::string::npos) {
    return base::fail(base::ErrorKind::invalid, "--tls wants CERT,KEY: two PEM files");
  }
  auto certificate = io::read_file(files, argument.substr(0, comma), pem_bytes_max);
  if (!certificate) return std::unexpected(std::move(certificate.error()));
  auto key = io::read_file(files, argument.substr(comma + 1), pem_bytes_max);
  if (!key) return std::unexpected(std::move(key.error()));
  return io::TlsServer::make({{.names = {}, .certificate_pem = *certificate, .key_pem = *key}});
}

base::Result<> add_rules(const Arguments& arguments, Behaviour& behaviour) {
  for (const std::string& rule : arguments.answers) {
    if (auto added = behaviour.add_answer(rule); !added) return added;
  }
  for (const std::string& rule : arguments.delays) {
    if (auto added = behaviour.add_delay(rule); !added) return added;
  }
  for (const std::string& rule : arguments.closes) {
    if (auto added = behaviour.add_close(rule); !added) return added;
  }
  return {};
}

base::Result<SinkOptions> options_of(const Arguments& arguments) {
  SinkOptions out = arguments.sink;
  for (const std::string& text : arguments.listen) {
    const auto place = find_place(text);
    if (!place) return std::unexpected(place.error());
    out.listen.push_back(*place);
  }
  if (auto added = add_rules(arguments, out.settings.behaviour); !added) {
    return std::unexpected(std::move(added.error()));
  }
  out.settings.pipelining = !arguments.no_pipelining;
  out.settings.chunking = !arguments.no_bdat;
  if (!arguments.tls.empty()) {
    auto tls = load_identity(arguments.tls);
    if (!tls) return std::unexpected(std::move(tls.error()));
    out.settings.tls = std::move(*tls);
  }
  if (!out.settings.folder.empty()) {
    io::real::PosixFiles files;
    if (auto made = files.make_directories(out.settings.folder, 0755); !made) {
      return std::unexpected(std::move(made.error()));
    }
  }
  // As many as we may have; a session without one waits.
  if (auto lifted = want_descriptors(1); !lifted) return std::unexpected(lifted.error());
  return out;
}

std::string counts_table(const Counts& counts) {
  return fmt::format(
      "  connections {:>12}\n  messages    {:>12}   {}\n  distinct    {:>12}\n"
      "  duplicates  {:>12}\n  damaged     {:>12}\n  foreign     {:>12}   without a mark of bench "
      "load\n  refused     {:>12}\n",
      with_commas(counts.connections), with_commas(counts.messages),
      base::format_size(counts.bytes), with_commas(counts.distinct), with_commas(counts.duplicates),
      with_commas(counts.damaged), with_commas(counts.foreign), with_commas(counts.refused));
}

int run(const Arguments& arguments) {
  const auto options = options_of(arguments);
  if (!options) return wrong(options.error().detail);
  const auto counts = run_sink(*options, [](const std::vector<io::Endpoint>& listening) {
    std::string text = "ready";
    for (const io::Endpoint& at : listening) text += " " + at.text();
    print(text + "\n");
  });
  if (!counts) return cli::complain(counts.error().detail);
  print(arguments.json ? counts_line(*counts) : counts_table(*counts));
  return counts->damaged == 0 ? 0 : 1;
}

void add_behaviour(cli::Verb verb, Arguments& arguments) {
  verb.add_option(
      "--answer", arguments.answers,
      "CODE[/SHARE][@STAGE]: another answer for a share of them, such as 451/0.01@rcpt; "
      "STAGE is connect, ehlo, mail, rcpt, data or end (of the text) [end]");
  verb.add_option("--delay", arguments.delays, "MS[@STAGE]: wait before the answer [@end]");
  verb.add_option("--close", arguments.closes,
                  "SHARE@STAGE: close instead of answering, such as 0.1@data");
  verb.add_option("--tarpit", arguments.sink.settings.tarpit_bytes_per_second,
                  "Read only so many octets per second from each connection")
      .positive();
  verb.add_flag("--no-pipelining", arguments.no_pipelining, "Do not offer PIPELINING");
  verb.add_flag("--no-bdat", arguments.no_bdat, "Do not offer CHUNKING");
}

}  // namespace

void add_sink_verb(cli::Verbs verbs) {
  auto arguments = std::make_shared<Arguments>();
  cli::Verb verb = verbs.app.add_subcommand(
      "sink",
      "Take every message, verify and count it, and forget it. Prints `ready` when it listens;\n"
      "SIGUSR1 sets the counts to zero, SIGTERM ends it and prints them.\n"
      "  stagepost bench sink --listen 127.0.0.1:2600 --count-file counts.json\n"
      "  stagepost bench sink --listen 127.0.0.1:2600 --answer 451/0.1@rcpt --delay 20@end\n"
      "  stagepost bench sink --listen 127.0.0.1:2600 --folder kept --tls cert.pem,key.pem");
  verb.add_option("--listen", arguments->listen,
                  "HOST:PORT to listen on, once or more; port 0: any")
      .required();
  verb.add_option("--threads", arguments->sink.threads, "Threads that receive")
      .range(1U, Loops::loops_max)
      .capture_default_str();
  verb.add_option("--count-file", arguments->sink.count_file,
                  "Keep the counts in this file as one line of JSON");
  verb.add_option("--folder", arguments->sink.settings.folder, "Keep each message as a file here");
  verb.add_option("--tls", arguments->tls, "CERT,KEY: offer STARTTLS with these PEM files");
  verb.add_flag("--json", arguments->json, "Print the counts as JSON at the end");
  add_behaviour(verb, *arguments);
  verb.callback([verbs, arguments] { verbs.status = run(*arguments); });
}

}  // namespace bench
