// See sendmail.h.
#include "cli/sendmail/sendmail.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "cli/sendmail/compose.h"
#include "cli/sendmail/options.h"
#include "cli/sendmail/post.h"
#include "cli/sendmail/queue_listing.h"
#include "cli/sendmail/smtp_mode.h"
#include "lib/base/size.h"
#include "lib/io/real/user_names.h"
#include "server/home.h"

namespace sendmail {
namespace {

constexpr std::size_t read_bytes = 64UL * 1024;

constexpr std::string_view help =
    "sendmail [OPTIONS] RECIPIENT...   sends the message on standard input\n"
    "  -t         to the recipients in To, Cc and Bcc as well; Bcc is taken out\n"
    "  -i, -oi    a dot alone on a line does not end the message\n"
    "  -f, -r     ADDRESS  the sender, where reports go\n"
    "  -F NAME    the name in a From that is added\n"
    "  -N never|success,failure,delay   -R full|hdrs   -V ENVID   reports (RFC 3461)\n"
    "  -bs        SMTP on standard input and output\n"
    "  -bp        what waits (mailq)      -q  try all of it now\n"
    "  -bi        nothing: aliases need no building (newaliases)\n"
    "  -v         say what became of the message\n"
    "Other letters of Sendmail, Postfix and Exim are taken and mean nothing.\n"
    "See `stagepost help sendmail`.\n";

struct Called {
  std::string name;  // "sendmail"
  cli::Place place;
  std::vector<std::string> arguments;
};

bool is_ours(std::string_view name) {
  return name == "sendmail" || name == "mailq" || name == "newaliases";
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread yet
  return value == nullptr ? std::string() : std::string(value);
}

// stagepost [--home FOLDER] [--config FILE] sendmail …
std::optional<Called> called_as(std::span<char*> words) {
  if (words.empty()) return std::nullopt;
  Called out;
  out.place.home = environment("STAGEPOST_HOME");
  if (out.place.home.empty()) out.place.home = server::system_home;
  const std::string_view program = words.front();
  out.name = program.substr(program.rfind('/') + 1);
  std::size_t at = 1;
  if (!is_ours(out.name)) {
    for (; at + 1 < words.size(); at += 2) {
      const std::string_view word = words[at];
      if (word == "--home") {
        out.place.home = words[at + 1];
      } else if (word == "--config") {
        out.place.config_path = words[at + 1];
      } else {
        break;
      }
    }
    if (at >= words.size() || !is_ours(words[at])) return std::nullopt;
    out.name = words[at++];
  }
  out.arguments.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  return out;
}

int say(const Called& called, int exit_code, const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", called.name.c_str(), text.c_str());
  return exit_code;
}

// 0 at the end.
ssize_t read_input(std::span<char> into) {
  ssize_t got = 0;
  do {
    got = ::read(STDIN_FILENO, into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  return got;
}

Caller caller_of() {
  const std::uint32_t user = io::real::own_user();
  const auto known = io::real::user_name(user);
  Caller out{.user = known ? known->name : fmt::format("uid{}", user),
             .full_name = known ? known->full_name : std::string()};
  // As Sendmail and Postfix do it.
  if (std::string name = environment("NAME"); !name.empty()) out.full_name = std::move(name);
  return out;
}

int send(const Called& called, const Options& options) {
  const Station station = find_station(called.place);
  if (options.recipients.empty() && !options.read_recipients) {
    return say(called, EX_USAGE, "say to whom: sendmail ADDRESS, or -t to read To, Cc and Bcc");
  }
  Intake intake(options.dot_is_text, station.message_bytes_max);
  std::vector<char> buffer(read_bytes);
  while (!intake.ended() && !intake.too_large()) {
    const ssize_t got = read_input(buffer);
    if (got < 0) return say(called, EX_IOERR, "standard input cannot be read");
    if (got == 0) break;
    intake.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  if (intake.too_large()) {
    return say(called, EX_UNAVAILABLE,
               fmt::format("the message is larger than {}, which is what the server takes",
                           base::format_size(station.message_bytes_max)));
  }
  auto letter = compose(options, caller_of(), intake.finish());
  if (!letter) return say(called, EX_DATAERR, letter.error().detail);
  const Outcome outcome = post(station, std::move(*letter));
  if (outcome.exit_code != EX_OK) {
    return say(called, outcome.exit_code,
               fmt::format("{} {} {}", outcome.code, outcome.enhanced, outcome.text));
  }
  if (options.verbose) std::printf("%s\n", outcome.text.c_str());
  return EX_OK;
}

int speak_smtp(const Called& called) {
  const Station station = find_station(called.place);
  std::string host = cli::own_host_name();
  if (host.empty()) host = "localhost";
  SmtpMode mode({.caller = caller_of(),
                 .host = std::move(host),
                 .message_bytes_max = station.message_bytes_max},
                [&station](local_mail::Letter letter) { return post(station, std::move(letter)); });
  const auto write = [](const std::string& text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
           std::fflush(stdout) == 0;
  };
  std::vector<char> buffer(read_bytes);
  bool heard = write(mode.greeting());
  while (heard && !mode.ended()) {
    const ssize_t got = read_input(buffer);
    if (got <= 0) break;
    heard = write(mode.feed({buffer.data(), static_cast<std::size_t>(got)}));
  }
  return heard ? EX_OK : EX_IOERR;
}

base::Result<http::Response> ask_queue(const Called& called, std::string method,
                                       std::string target) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  return ask(find_station(called.place), std::move(request));
}

int no_answer(const Called& called, const base::Result<http::Response>& response) {
  if (response) {
    return say(called, response->status == 403 ? EX_NOPERM : EX_TEMPFAIL, error_in(*response));
  }
  return say(called, EX_UNAVAILABLE,
             "the server does not run: " + response.error().text() +
                 "; what waits is shown by `stagepost queue list` to root");
}

int show_queue(const Called& called) {
  const auto response = ask_queue(called, "GET", "/v1/queue");
  if (!response || response->status != 200) return no_answer(called, response);
  const auto text = queue_listing(response->body);
  if (!text) return say(called, EX_SOFTWARE, text.error().detail);
  std::fputs(text->c_str(), stdout);
  return EX_OK;
}

int retry_queue(const Called& called) {
  const auto response = ask_queue(called, "POST", "/v1/queue/retry");
  return response && response->status == 200 ? EX_OK : no_answer(called, response);
}

Mode mode_of(std::string_view name) {
  if (name == "mailq") return Mode::mailq;
  return name == "newaliases" ? Mode::aliases : Mode::send;
}

int run(const Called& called) {
  const auto options = read_options(called.arguments, mode_of(called.name));
  if (!options) return say(called, EX_USAGE, options.error().detail);
  switch (options->mode) {
    case Mode::send: return send(called, *options);
    case Mode::smtp: return speak_smtp(called);
    case Mode::mailq: return show_queue(called);
    case Mode::retry: return retry_queue(called);
    case Mode::aliases: return EX_OK;  // the directory is read as it changes
    case Mode::help: fmt::print("{}", help); return EX_OK;
    case Mode::version: std::puts("stagepost " STAGEPOST_VERSION); return EX_OK;
  }
  return EX_SOFTWARE;
}

}  // namespace

std::optional<int> run_as(int argc, char** argv) {
  const auto called = called_as({argv, static_cast<std::size_t>(argc)});
  if (!called) return std::nullopt;
  return run(*called);
}

// run_as() takes these words before any of this is asked.
void add_verbs(cli::Verbs verbs) {
  verbs.app.add_subcommand(
      "sendmail",
      "Send mail as every program of this host does; also called sendmail, mailq, newaliases.\n"
      "  printf 'Subject: hello\\n\\nIt works.\\n' | stagepost sendmail you@example.net\n"
      "  stagepost sendmail --help");
  verbs.app.add_subcommand("mailq", "What waits, as Postfix's mailq shows it.");
  verbs.app.add_subcommand("newaliases", "Nothing: aliases need no building.");
}

}  // namespace sendmail
