// See cli.h. check-mail: what would become of a mail, without delivering it.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "cli/check_mail.h"
#include "cli/check_mail_text.h"
#include "cli/input.h"
#include "policy/findings_json.h"

namespace cli {
namespace {

namespace json = boost::json;

constexpr std::size_t batch_line_bytes_max = 128UL << 20;

struct Options {
  std::string file;
  std::string ip;
  std::string helo;
  std::string from;
  std::vector<std::string> to;
  std::string zone;
  std::string now;
  std::string hostname;
  bool as_json = false;
  bool batch = false;
};

// The command line as a line of a batch would say it.
base::Result<MailCase> case_of(const Options& options) {
  json::object line;
  if (!options.file.empty()) line["file"] = options.file;
  if (!options.ip.empty()) line["ip"] = options.ip;
  line["helo"] = options.helo;
  line["from"] = options.from;
  if (!options.to.empty()) line["to"] = json::array(options.to.begin(), options.to.end());
  if (!options.zone.empty()) line["zone_file"] = options.zone;
  if (!options.now.empty()) line["now"] = options.now;
  return read_case(line, {});
}

int check_one(MailChecker& checker, const Options& options) {
  if (options.file.empty()) return complain("name the FILE with the message; - is standard input");
  if (options.ip.empty()) return complain("say which address the mail came from: --ip ADDRESS");
  auto one = case_of(options);
  if (!one) return complain(one.error().detail);
  const auto rehearsed = checker.check(std::move(*one));
  if (!rehearsed) return complain(rehearsed.error().detail);
  const std::string text = options.as_json
                               ? json::serialize(policy::rehearsed_json(*rehearsed)) + "\n"
                               : rehearsed_text(*rehearsed);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

json::object failed(const json::value& id, std::string_view why) {
  return {{"id", id}, {"error", why}};
}

json::object answer_line(MailChecker& checker, const MailCase& defaults, std::string_view text) {
  boost::system::error_code error;
  const json::value line = json::parse(text, error);
  if (error || !line.is_object()) return failed(nullptr, "the line is no JSON object");
  const json::object& wanted = line.get_object();
  const json::value* given = wanted.if_contains("id");
  const json::value id = given == nullptr ? json::value() : *given;
  if (defaults.mail.ip.is_unspecified() && !wanted.contains("ip")) {
    return failed(id, "\"ip\" is missing");
  }
  auto one = read_case(wanted, defaults);
  if (!one) return failed(id, one.error().detail);
  const bool has_zone = one->zone.has_value();
  const auto rehearsed = checker.check(std::move(*one));
  if (!rehearsed) return failed(id, rehearsed.error().detail);
  json::object out{{"id", id}};
  if (const auto& mistakes = checker.zone_mistakes(); !mistakes.empty() && has_zone) {
    out["zone_mistakes"] = json::array(mistakes.begin(), mistakes.end());
  }
  for (auto& [key, value] : policy::rehearsed_json(*rehearsed)) out[key] = std::move(value);
  return out;
}

// One line of JSON for each; what is wrong with a line is said in its answer.
int check_batch(MailChecker& checker, const Options& options) {
  const auto defaults = case_of(options);
  if (!defaults) return complain(defaults.error().detail);
  checker.set_lenient(true);
  for (std::string line; read_long_line(line, batch_line_bytes_max);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string out = json::serialize(answer_line(checker, *defaults, line)) + "\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);  // whoever writes line by line waits for each answer
  }
  return 0;
}

int run(const Place& place, const Options& options) {
  auto checker = MailChecker::open(place, options.hostname);
  if (!checker) return complain(checker.error().detail);
  return options.batch ? check_batch(**checker, options) : check_one(**checker, options);
}

}  // namespace

void add_check_mail_verb(Verbs verbs) {
  auto options = std::make_shared<Options>();
  Verb verb = verbs.app.add_subcommand(
      "check-mail",
      "What would become of this mail: every check and the verdict; nothing is delivered.\n"
      "Without a configuration in --home the default settings apply and the recipient is ours.\n"
      "  stagepost check-mail mail.eml --ip 192.0.2.1 --helo mx.example.net \\\n"
      "    --from ann@example.net --to you@example.org\n"
      "  stagepost check-mail mail.eml --ip 192.0.2.1 --zone example.zone --json\n"
      "  stagepost check-mail --batch <cases.jsonl   (docs/check-mail.md)");
  verb.add_option("FILE", options->file, "The message; - is standard input");
  verb.add_option("--ip", options->ip, "The address of the client that brought it");
  verb.add_option("--helo", options->helo, "The name that it gave in HELO");
  verb.add_option("--from", options->from, "The address in MAIL FROM; empty: the null sender");
  verb.add_option("--to", options->to, "The address in RCPT TO, once or more [postmaster]");
  verb.add_option("--zone", options->zone,
                  "Answer the DNS from this zone file; \"; !servfail NAME\" and \"; !timeout "
                  "NAME\" in it make a name fail");
  verb.add_option("--now", options->now, "The time it is, as 2026-11-23T14:00:00Z");
  verb.add_option("--hostname", options->hostname, "Our name [the configuration's, or localhost]");
  verb.add_flag("--json", options->as_json, "Print JSON (docs/check-mail.md)");
  verb.add_flag("--batch", options->batch, "Read cases as JSON lines from standard input");
  verb.callback([verbs, options] { verbs.status = run(verbs.place, *options); });
}

}  // namespace cli
