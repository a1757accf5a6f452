// See cli.h. messages and log: looking for messages, and looking on.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "cli/answer.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/http/message.h"
#include "trace/line.h"

namespace cli {
namespace {

using boost::json::object;

// A search through much text takes its time, when others search, too.
constexpr base::Duration search_time_max = std::chrono::minutes(2);
constexpr std::chrono::seconds look_every(1);

// What a peer wrote, safe for a terminal.
std::string shown(const object& from, std::string_view name) {
  return trace::escaped(field_of(from, name));
}

std::string target_of(std::string_view path,
                      std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  std::string out(path);
  char between = '?';
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    out += fmt::format("{}{}={}", between, name, http::percent_encode(value));
    between = '&';
  }
  return out;
}

// --- messages ------------------------------------------------------------------------------------

struct Search {
  std::string text;
  std::string sender;
  std::string recipient;
  std::string since;
  std::string until;
  std::string state;
  std::string after;
  std::uint32_t limit = 50;
  bool json = false;
};

void print_message(const object& message) {
  std::string recipients;
  for (const auto& one : list_of(message, "recipients")) {
    recipients += (recipients.empty() ? "" : ", ") + trace::escaped(text_of(one));
  }
  const auto total = base::parse_number(field_of(message, "recipients_total")).value_or(0);
  const std::size_t named = list_of(message, "recipients").size();
  if (total > named) recipients += fmt::format(" and {} more", total - named);
  const std::uint64_t bytes = base::parse_number(field_of(message, "bytes")).value_or(0);
  std::printf("%s  %-9s  %s  %8s  <%s>\n    to %s\n", field_of(message, "id").c_str(),
              field_of(message, "state").c_str(), field_of(message, "time").c_str(),
              base::format_size(bytes).c_str(), shown(message, "sender").c_str(),
              recipients.c_str());
  if (const std::string last = shown(message, "last"); !last.empty()) {
    std::printf("    %s\n", last.c_str());
  }
}

void print_found(const object& answer) {
  for (const auto& message : list_of(answer, "messages")) print_message(message.as_object());
  const auto* next = answer.if_contains("next");
  if (next == nullptr || !next->is_string()) return;
  std::printf("searched back to %s; go on: --after %s\n", field_of(answer, "searched_to").c_str(),
              text_of(*next).c_str());
}

int search(const Place& place, const Search& asked) {
  std::string target = target_of("/api/v1/messages", {{"q", asked.text},
                                                      {"from", asked.sender},
                                                      {"to", asked.recipient},
                                                      {"since", asked.since},
                                                      {"until", asked.until},
                                                      {"state", asked.state},
                                                      {"after", asked.after},
                                                      {"limit", fmt::to_string(asked.limit)}});
  return do_and_show(place,
                     {.method = "GET", .target = std::move(target), .timeout = search_time_max},
                     [&asked](const object& answer) {
                       if (asked.json) {
                         std::printf("%s\n", boost::json::serialize(answer).c_str());
                       } else {
                         print_found(answer);
                       }
                     });
}

void add_messages(Verbs verbs) {
  auto asked = std::make_shared<Search>();
  Verb verb = verbs.app.add_subcommand(
      "messages",
      "Find messages, those that wait and those that are gone, the newest first. A whole address\n"
      "or a message id is found at once; a part of one is looked for through the traces, so far\n"
      "back as one request may: the last line says how to go on. What happened to one of them:\n"
      "stagepost explain ID.\n"
      "  stagepost messages\n"
      "  stagepost messages an@example.org --since 2d\n"
      "  stagepost messages --to @example.net --state failed\n"
      "  stagepost messages --state held");
  verb.add_option("TEXT", asked->text, "Part of the sender, of a recipient, or of the id");
  verb.add_option("--from", asked->sender, "The sender, or a part");
  verb.add_option("--to", asked->recipient, "A recipient, or a part");
  verb.add_option("--since", asked->since, "2h (ago), 2026-11-23, or 2026-11-23T14:00:00Z");
  verb.add_option("--until", asked->until, "Likewise");
  verb.add_option("--state", asked->state, "How it stands or ended")
      .one_of({"due", "active", "deferred", "scheduled", "held", "delivered", "failed", "removed",
               "refused", "discarded"});
  verb.add_option("--after", asked->after, "Go on where the answer before ended");
  verb.add_option("--limit", asked->limit, "So many at most").capture_default_str().range(1, 200);
  verb.add_flag("--json", asked->json, "As JSON");
  verb.callback([verbs, asked] { verbs.status = search(verbs.place, *asked); });
}

// --- log -----------------------------------------------------------------------------------------

struct Look {
  std::string text;
  std::string severity;
  std::uint32_t lines = 50;
  bool follow = false;
  bool json = false;
};

void print_line(const object& line, bool json) {
  if (json) {
    std::printf("%s\n", boost::json::serialize(line).c_str());
    return;
  }
  // As the log itself has it; the text is safe already.
  std::printf("%s %s %s %s\n", field_of(line, "time").c_str(), field_of(line, "severity").c_str(),
              field_of(line, "name").c_str(), field_of(line, "text").c_str());
}

base::Result<object> ask_log(const Place& place, const Look& look, const std::string& after) {
  const std::string limit = after.empty() ? fmt::to_string(look.lines) : std::string();
  const auto text = ask_running(
      place, "GET",
      target_of(
          "/api/v1/log",
          {{"after", after}, {"severity", look.severity}, {"q", look.text}, {"limit", limit}}));
  if (!text) return std::unexpected(text.error());
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(*text, error);
  if (!error && value.is_object()) return std::move(value.get_object());
  return base::fail(base::ErrorKind::invalid, "the server's answer is not understood: " + *text);
}

void print_lines(const object& answer, const Look& look) {
  if (is_true(answer, "restarted")) complain("the server was started again");
  if (const std::string missed = field_of(answer, "missed"); missed != "0") {
    complain(missed + " lines came and went too fast to be shown");
  }
  for (const auto& line : list_of(answer, "lines")) print_line(line.as_object(), look.json);
  std::fflush(stdout);
}

// Until somebody stops it; a restart of the server is waited for.
int follow(const Place& place, const Look& look, std::string cursor) {
  for (bool told = false;;) {
    std::this_thread::sleep_for(look_every);
    const auto answer = ask_log(place, look, cursor);
    if (!answer) {
      if (!told) complain(answer.error().detail + "; waiting for it");
      told = true;
      continue;
    }
    told = false;
    print_lines(*answer, look);
    cursor = field_of(*answer, "cursor");
  }
}

int show_log(const Place& place, const Look& look) {
  const auto answer = ask_log(place, look, {});
  if (!answer) return complain(answer.error().detail);
  print_lines(*answer, look);
  return look.follow ? follow(place, look, field_of(*answer, "cursor")) : 0;
}

void add_log(Verbs verbs) {
  auto look = std::make_shared<Look>();
  Verb verb = verbs.app.add_subcommand(
      "log",
      "The newest lines of the running server's log, as [log] level lets them through. Older ones\n"
      "are where the log is written to: a file, or `journalctl -u stagepost`.\n"
      "  stagepost log --follow\n"
      "  stagepost log --severity warning\n"
      "  stagepost log gmail.com");
  verb.add_option("TEXT", look->text, "Only lines with this in them");
  verb.add_option("--severity", look->severity, "These and graver ones")
      .one_of({"info", "warning", "error"});
  verb.add_option("--lines", look->lines, "So many at most").capture_default_str().range(1, 2'000);
  verb.add_flag("--follow", look->follow, "Go on with those that come");
  verb.add_flag("--json", look->json, "A JSON object per line");
  verb.callback([verbs, look] { verbs.status = show_log(verbs.place, *look); });
}

}  // namespace

void add_search_verbs(Verbs verbs) {
  add_messages(verbs);
  add_log(verbs);
}

}  // namespace cli
