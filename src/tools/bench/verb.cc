// See verb.h.
#include "tools/bench/verb.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "tools/bench/place.h"

namespace bench {

void add_verb(cli::Verbs verbs) {
  cli::Verb bench = verbs.app.add_subcommand(
      "bench",
      "Measure a mail server: send to it, receive from it, hold connections open.\n"
      "  stagepost bench sink --listen 127.0.0.1:2600 &\n"
      "  stagepost bench load --to 127.0.0.1:2525 --sessions 10 --messages 10000\n"
      "docs/bench.md has a how-to for each verb. Load only servers that are yours.");
  bench.require_subcommand();
  const cli::Verbs inner{.app = bench, .place = verbs.place, .status = verbs.status};
  add_load_verb(inner);
  add_sink_verb(inner);
  add_bare_verb(inner);
  add_idle_verb(inner);
  add_handshakes_verb(inner);
  add_disk_verb(inner);
  add_pingpong_verb(inner);
}

int wrong(const std::string& text) {
  cli::complain(text);
  return 2;
}

void add_client_options(cli::Verb verb, ClientArguments& arguments) {
  verb.add_option("--to", arguments.to, "The server, as HOST:PORT").required();
  verb.add_option("--tls", arguments.tls,
                  "none, starttls or implicit; the certificate is not verified")
      .one_of({"none", "starttls", "implicit"})
      .capture_default_str();
  verb.add_option("--helo", arguments.helo, "The name that clients give in EHLO")
      .capture_default_str();
  verb.add_option("--bind", arguments.bind,
                  "The local address to connect from; several: connections take turns");
  verb.add_flag("--resume", arguments.resume, "Resume TLS sessions instead of full handshakes");
}

base::Result<ClientOptions> client_options(const ClientArguments& arguments) {
  ClientOptions out;
  const auto to = find_place(arguments.to);
  if (!to) return std::unexpected(to.error());
  out.to = *to;
  out.helo = arguments.helo;
  for (const std::string& text : arguments.bind) {
    const auto source = parse_ip(text);
    if (!source) return std::unexpected(source.error());
    out.sources.push_back(*source);
  }
  if (arguments.tls == "none") return out;
  out.tls_mode = arguments.tls == "starttls" ? TlsMode::starttls : TlsMode::implicit;
  auto tls = io::TlsClient::make("");
  if (!tls) return std::unexpected(std::move(tls.error()));
  out.tls = std::move(*tls);
  if (arguments.resume) out.tls_sessions = std::make_shared<io::TlsSessionStore>();
  return out;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace bench
