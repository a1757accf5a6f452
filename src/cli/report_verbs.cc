// See cli.h. report: list, show, summary, import what arrived; send and sent for what goes out.
#include <fmt/format.h>

#include <cstdio>

#include "cli/answer.h"
#include "lib/http/message.h"
#include "lib/io/real/files.h"

namespace cli {
namespace {

using boost::json::object;

constexpr std::uint64_t file_bytes_max = 60U << 20U;  // what the control socket takes

struct Words {
  std::string domain;
  std::uint64_t days = 30;
  std::uint64_t number = 0;
  std::vector<std::string> files;
  bool now = false;
  bool dry_run = false;
  bool json = false;
  bool unproven = false;
};
using Shared = std::shared_ptr<Words>;

std::string day(const object& row, std::string_view field) {
  return field_of(row, field).substr(0, 10);
}

std::string filtered(std::string_view target, const Words& words) {
  return fmt::format("{}?days={}&domain={}&unproven={}", target, words.days,
                     http::percent_encode(words.domain), words.unproven ? 1 : 0);
}

std::string list_line(const object& row) {
  std::string line = fmt::format("{:>5}  {:<9} {}..{}  {:<28} {:>8} of {:<8} by {}",
                                 field_of(row, "number"), field_of(row, "kind"), day(row, "begin"),
                                 day(row, "end"), field_of(row, "domain"), field_of(row, "good"),
                                 field_of(row, "count"), field_of(row, "organization"));
  // A reporter can lie, and so can who pretends to be one.
  const std::string from = field_of(row, "from");
  const std::string proof = is_true(row, "proven") ? "proven" : "unproven";
  line += from.empty() ? "  [imported]" : fmt::format("  [{}: {}]", proof, from);
  return line;
}

std::string summary_line(const object& row) {
  return fmt::format("{:<9} {:<28} {:<39} {:>8} of {:<8} good  {}", field_of(row, "kind"),
                     field_of(row, "domain"), field_of(row, "source"), field_of(row, "good"),
                     field_of(row, "count"), field_of(row, "results"));
}

// Lists, and says when there is nothing or more than is shown.
int show_rows(const Place& place, const std::string& target, std::string_view key,
              const Words& words, const Line& line) {
  return do_and_show(place, {.method = "GET", .target = target}, [&](const object& answer) {
    if (words.json) {
      std::printf("%s\n", boost::json::serialize(answer).c_str());
      return;
    }
    const auto& rows = list_of(answer, key);
    for (const auto& row : rows) std::printf("%s\n", line(row.get_object()).c_str());
    if (rows.empty()) std::fprintf(stderr, "There are none\n");
    if (is_true(answer, "more")) {
      std::fprintf(stderr, "There are more: --domain and --days narrow it\n");
    }
  });
}

int show(const Place& place, const Words& words) {
  return do_and_show(place,
                     {.method = "GET", .target = fmt::format("/api/v1/reports/{}", words.number)},
                     [&words](const object& answer) {
                       if (words.json) {
                         std::printf("%s\n", boost::json::serialize(answer).c_str());
                         return;
                       }
                       std::printf("%s\n", list_line(answer).c_str());
                       for (const char* key : {"report_id", "contact", "file", "authentication"}) {
                         if (const std::string text = field_of(answer, key); !text.empty()) {
                           std::printf("%s: %s\n", key, text.c_str());
                         }
                       }
                       for (const auto& one : list_of(answer, "remarks")) {
                         std::printf("remark: %s\n", text_of(one).c_str());
                       }
                       const auto& detail = answer.at("detail");
                       if (!detail.is_object()) return;
                       if (is_true(answer, "more"))
                         std::printf("only the first records are shown\n");
                       for (const auto& [key, value] : detail.get_object()) {
                         if (!value.is_array()) {
                           const std::string text = text_of(value);
                           if (!text.empty())
                             std::printf("%s: %s\n", std::string(key).c_str(), text.c_str());
                           continue;
                         }
                         for (const auto& one : value.get_array()) {
                           std::printf("%s: %s\n", std::string(key).c_str(), text_of(one).c_str());
                         }
                       }
                     });
}

// All files are tried; 1 when one of them had no report that could be read.
int import(const Place& place, const Words& words) {
  io::real::PosixFiles files;
  int status = 0;
  for (const std::string& path : words.files) {
    auto bytes = io::read_file(files, path, file_bytes_max);
    if (!bytes) {
      status = complain(bytes.error().detail);
      continue;
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    auto said = ask(place, "POST", "/api/v1/reports/import?name=" + http::percent_encode(name),
                    std::move(*bytes));
    boost::system::error_code error;
    const auto parsed = said ? boost::json::parse(*said, error) : boost::json::value();
    if (!said || error || !parsed.is_object()) {
      status = complain(path + ": " + (said ? *said : said.error().detail));
      continue;
    }
    const object& answer = parsed.get_object();
    if (words.json) {
      object line = answer;
      line["file"] = name;
      std::printf("%s\n", boost::json::serialize(line).c_str());
    } else {
      for (const auto& one : list_of(answer, "numbers")) {
        std::printf("%s: report %s\n", path.c_str(), text_of(one).c_str());
      }
      if (const std::string known = field_of(answer, "duplicates"); known != "0") {
        std::printf("%s: %s known already\n", path.c_str(), known.c_str());
      }
    }
    for (const auto& one : list_of(answer, "problems")) {
      status = complain(path + ": " + text_of(one));
    }
  }
  return status;
}

std::string joined(const boost::json::array& texts) {
  std::string out;
  for (const auto& one : texts) out += (out.empty() ? "" : "; ") + text_of(one);
  return out;
}

int send(const Place& place, const Words& words) {
  object body = {{"domain", words.domain}, {"now", words.now}, {"dry_run", words.dry_run}};
  return do_and_show(
      place, {.method = "POST", .target = "/api/v1/reports/send", .body = std::move(body)},
      [&words](const object& answer) {
        if (words.json) {
          std::printf("%s\n", boost::json::serialize(answer).c_str());
          return;
        }
        for (const auto& entry : list_of(answer, "reports")) {
          const object& one = entry.get_object();
          // Only the XML goes to standard output: it can be given to a validator.
          std::FILE* out = words.dry_run ? stderr : stdout;
          std::fprintf(out, "%s: %s messages, %s", field_of(one, "domain").c_str(),
                       field_of(one, "messages").c_str(),
                       list_of(one, "to").empty() ? "to nobody"
                                                  : ("to " + joined(list_of(one, "to"))).c_str());
          if (is_true(one, "later")) std::fprintf(out, ", will be tried again");
          std::fprintf(out, "\n");
          if (const std::string why = joined(list_of(one, "refused")); !why.empty()) {
            std::fprintf(out, "    not to %s\n", why.c_str());
          }
          if (words.dry_run) std::printf("%s", field_of(one, "xml").c_str());
        }
        if (list_of(answer, "reports").empty())
          std::fprintf(stderr, "There is nothing to report\n");
      });
}

void add_send_verbs(Verbs verbs, Verb report, const Shared& words) {
  Verb send_verb = report.add_subcommand(
      "send", "Send the reports of days that have ended, without waiting for their hour");
  send_verb.add_option("DOMAIN", words->domain, "Only about this domain");
  send_verb.add_flag("--now", words->now, "Also what was counted today");
  send_verb.add_flag("--dry-run", words->dry_run, "Send nothing; print the XML");
  send_verb.add_flag("--json", words->json, "As JSON");
  send_verb.callback([verbs, words] { verbs.status = send(verbs.place, *words); });
  Verb sent = report.add_subcommand("sent", "List the reports that were sent");
  sent.add_flag("--json", words->json, "As JSON");
  sent.callback([verbs, words] {
    const auto line = [](const object& row) {
      return fmt::format("{}  {:<30} {}  {}", field_of(row, "when"), field_of(row, "domain"),
                         field_of(row, "report_id"), field_of(row, "result"));
    };
    verbs.status = show_rows(verbs.place, "/api/v1/reports/sent", "sent", *words, line);
  });
}

void add_filters(Verb verb, const Shared& words) {
  verb.add_option("--domain", words->domain, "Only about this domain");
  verb.add_option("--days", words->days, "That came in the last days [30]").range(0, 3'660);
  verb.add_flag("--json", words->json, "As JSON");
}

}  // namespace

void add_report_verb(Verbs verbs) {
  Verb report = verbs.app.add_subcommand(
      "report",
      "DMARC and TLS reports: those that others sent us, and ours to them.\n"
      "  stagepost report list --days 7\n"
      "  stagepost report summary --domain example.org\n"
      "  stagepost report import *.xml.gz\n"
      "  stagepost report send --now --dry-run example.net\n"
      "What a report says is its sender's word; in brackets is what was proven of the mail.");
  report.require_subcommand();
  auto words = std::make_shared<Words>();
  Verb list = report.add_subcommand("list", "List the reports that arrived");
  add_filters(list, words);
  list.callback([verbs, words] {
    verbs.status =
        show_rows(verbs.place, filtered("/api/v1/reports", *words), "reports", *words, list_line);
  });
  Verb summary = report.add_subcommand("summary", "Add up what they say, source by source");
  add_filters(summary, words);
  summary.callback([verbs, words] {
    verbs.status = show_rows(verbs.place, filtered("/api/v1/reports/summary", *words), "sources",
                             *words, summary_line);
  });
  summary.add_flag("--unproven", words->unproven,
                   "Also reports in mail that did not pass DMARC: anybody may have written them");
  Verb show_verb = report.add_subcommand("show", "Show one report with all its records");
  show_verb.add_option("NUMBER", words->number).required();
  show_verb.add_flag("--json", words->json, "As JSON");
  show_verb.callback([verbs, words] { verbs.status = show(verbs.place, *words); });
  Verb remove_verb = report.add_subcommand("remove", "Forget one report");
  remove_verb.add_option("NUMBER", words->number).required();
  remove_verb.callback([verbs, words] {
    verbs.status = do_and_show(
        verbs.place,
        {.method = "DELETE", .target = fmt::format("/api/v1/reports/{}", words->number)},
        [words](const object&) { std::printf("report %lu is gone\n", words->number); });
  });
  Verb import_verb = report.add_subcommand(
      "import", "Read reports from files: XML, JSON, gzip, ZIP, or whole mails");
  import_verb.add_option("FILE", words->files).required();
  import_verb.add_flag("--json", words->json, "As JSON, a line for each file");
  import_verb.callback([verbs, words] { verbs.status = import(verbs.place, *words); });
  add_send_verbs(verbs, report, words);
}

}  // namespace cli
