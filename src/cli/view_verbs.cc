// See cli.h. overview, flow, receivers and settings: what the API's views say, as text.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "cli/answer.h"
#include "cli/flow_text.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "trace/line.h"

namespace cli {
namespace {

using boost::json::object;

void print_json(const object& answer) {
  std::printf("%s\n", boost::json::serialize(answer).c_str());
}

// What a peer or a file wrote, safe for a terminal.
std::string shown(const object& from, std::string_view name) {
  return trace::escaped(field_of(from, name));
}

const object& part_of(const object& from, std::string_view name) {
  static const object empty;
  const auto* value = from.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_object() ? value->get_object() : empty;
}

std::uint64_t number_of(const object& from, std::string_view name) {
  return base::parse_number(field_of(from, name)).value_or(0);
}

// --- overview ------------------------------------------------------------------------------------

void print_queue(const object& queue) {
  std::printf(
      "queue     %s messages, %s: %s due, %s being delivered, %s deferred, %s scheduled, "
      "%s held\n",
      field_of(queue, "messages").c_str(), base::format_size(number_of(queue, "bytes")).c_str(),
      field_of(queue, "due").c_str(), field_of(queue, "active").c_str(),
      field_of(queue, "deferred").c_str(), field_of(queue, "scheduled").c_str(),
      field_of(queue, "held").c_str());
  if (number_of(queue, "messages") == 0) return;
  const base::Duration age = std::chrono::seconds(number_of(queue, "oldest_seconds"));
  std::printf("          the oldest waits for %s\n", base::format_duration(age).c_str());
}

void print_today(const object& today) {
  std::string line;
  for (const auto& [kind, count] : today) {
    line +=
        fmt::format("{}{} {}", line.empty() ? "" : ", ", text_of(count), std::string_view(kind));
  }
  std::printf("today     %s\n", line.c_str());
}

void print_hands(const boost::json::array& hands) {
  if (hands.empty()) std::printf("\nnothing needs a hand\n");
  for (const auto& one : hands) {
    const object& hand = one.as_object();
    const std::string severity = field_of(hand, "severity");
    std::printf("\n%-8s  %s\n          %s\n",
                (severity == "notice" ? severity : base::upper(severity)).c_str(),
                shown(hand, "text").c_str(), shown(hand, "remedy").c_str());
  }
}

void print_overview(const object& answer) {
  const object& health = part_of(answer, "health");
  std::printf("%s  %s  stagepost %s, since %s\n", field_of(answer, "hostname").c_str(),
              field_of(health, "state").c_str(), field_of(answer, "version").c_str(),
              field_of(answer, "started").c_str());
  for (const auto& reason : list_of(health, "reasons")) {
    std::printf("          %s\n", trace::escaped(text_of(reason)).c_str());
  }
  print_queue(part_of(answer, "queue"));
  print_today(part_of(answer, "today"));
  if (const object& disk = part_of(answer, "disk"); !disk.empty()) {
    std::printf("disk      %s of %s free\n",
                base::format_size(number_of(disk, "free_bytes")).c_str(),
                base::format_size(number_of(disk, "total_bytes")).c_str());
  }
  if (const object& end = part_of(answer, "certificate"); !end.empty()) {
    std::printf("tls       the certificate is good until %s\n", field_of(end, "not_after").c_str());
  }
  print_hands(list_of(answer, "hands"));
}

void add_overview(Verbs verbs) {
  auto json = std::make_shared<bool>(false);
  Verb verb = verbs.app.add_subcommand(
      "overview",
      "Is all well? What waits, what came and went today (UTC), and what needs a hand: each with\n"
      "its remedy.\n"
      "  stagepost overview\n"
      "  stagepost overview --json | jq '.hands[].text'");
  verb.add_flag("--json", *json, "As JSON");
  verb.callback([verbs, json] {
    verbs.status = do_and_show(
        verbs.place, {.method = "GET", .target = "/api/v1/overview"},
        [json](const object& answer) { *json ? print_json(answer) : print_overview(answer); });
  });
}

// --- flow and receivers --------------------------------------------------------------------------

struct Time {
  std::string period = "day";
  bool json = false;
};

void add_period(Verb verb, const std::shared_ptr<Time>& time) {
  verb.add_option("--period", time->period, "Until now")
      .capture_default_str()
      .one_of({"hour", "day", "week", "month"});
  verb.add_flag("--json", time->json, "As JSON");
}

void print_flow(const object& answer) { std::printf("%s", flow_text(answer).c_str()); }

void add_flow(Verbs verbs) {
  auto time = std::make_shared<Time>();
  Verb verb = verbs.app.add_subcommand(
      "flow",
      "What came, was delivered, deferred, failed and was refused, over time. Received and\n"
      "submitted are messages, the others recipients; deferred counts attempts.\n"
      "  stagepost flow\n"
      "  stagepost flow --period month");
  add_period(verb, time);
  verb.callback([verbs, time] {
    verbs.status = do_and_show(
        verbs.place, {.method = "GET", .target = "/api/v1/flow?period=" + time->period},
        [time](const object& answer) { time->json ? print_json(answer) : print_flow(answer); });
  });
}

std::string receiver_line(const object& line) {
  const auto number = [&line](std::string_view name, double factor, std::string_view unit) {
    const auto* value = line.if_contains({name.data(), name.size()});
    boost::system::error_code error;
    const double amount = value == nullptr ? 0 : value->to_number<double>(error);
    return value == nullptr || error ? std::string("-")
                                     : fmt::format("{:.1f}{}", amount * factor, unit);
  };
  constexpr double percent = 100;
  std::string out =
      fmt::format("{:<32} {:>10} {:>10} {:>8} {:>8} {:>10}", shown(line, "domain"),
                  field_of(line, "delivered"), field_of(line, "deferred"), field_of(line, "failed"),
                  number("success", percent, " %"), number("mean_seconds", 1, " s"));
  if (const object& trouble = part_of(line, "last_trouble"); !trouble.empty()) {
    out += fmt::format("\n    {}  {}", field_of(trouble, "time"), shown(trouble, "text"));
  }
  return out;
}

void print_receivers(const object& answer) {
  std::printf("%-32s %10s %10s %8s %8s %10s\n", "receiver", "delivered", "deferred", "failed",
              "success", "mean time");
  for (const auto& line : list_of(answer, "receivers")) {
    std::printf("%s\n", receiver_line(line.as_object()).c_str());
  }
  if (object other = part_of(answer, "other"); !other.empty()) {
    other["domain"] = "(all others)";
    std::printf("%s\n", receiver_line(other).c_str());
  }
}

void add_receivers(Verbs verbs) {
  auto time = std::make_shared<Time>();
  Verb verb = verbs.app.add_subcommand(
      "receivers",
      "How each receiving domain took our mail: recipients delivered and failed, attempts\n"
      "deferred, the part of them all that was delivered, the mean time from accept to delivery,\n"
      "and what it said when it last took something not. The most mail first.\n"
      "  stagepost receivers --period week");
  add_period(verb, time);
  verb.callback([verbs, time] {
    verbs.status = do_and_show(
        verbs.place, {.method = "GET", .target = "/api/v1/receivers?period=" + time->period},
        [time](const object& answer) {
          time->json ? print_json(answer) : print_receivers(answer);
        });
  });
}

// --- settings ------------------------------------------------------------------------------------

struct Which {
  std::string part;
  bool all = false;
  bool json = false;
};

void print_settings(const object& answer, const Which& which) {
  std::size_t printed = 0;
  for (const auto& one : list_of(answer, "settings")) {
    const object& setting = one.as_object();
    const std::string name = field_of(setting, "name");
    const bool wanted = which.all || !which.part.empty() || is_true(setting, "changed");
    if (!wanted || !base::icontains(name, which.part)) continue;
    ++printed;
    const std::string value = is_true(setting, "secret") ? "(not shown)" : shown(setting, "value");
    std::printf("%s = %s", name.c_str(), value.c_str());
    if (is_true(setting, "changed")) {
      const std::string usual = field_of(setting, "default");
      std::printf("    # default: %s", usual.empty() ? "none" : usual.c_str());
    }
    const std::string later = field_of(setting, "after_restart");
    if (!later.empty()) std::printf("    # after a restart: %s", later.c_str());
    std::printf("\n");
    if (!which.part.empty()) std::printf("    %s\n", field_of(setting, "text").c_str());
  }
  if (printed == 0) {
    std::printf("no setting is called so; all names: stagepost settings --all\n");
  }
}

void add_settings(Verbs verbs) {
  auto which = std::make_shared<Which>();
  Verb verb = verbs.app.add_subcommand(
      "settings",
      "The settings in force that are not the default; with NAME those called so, with what they\n"
      "mean. They are changed in stagepost.toml, then: stagepost reload, which says what needs a\n"
      "restart.\n"
      "Secrets are not shown.\n"
      "  stagepost settings\n"
      "  stagepost settings retry");
  verb.add_option("NAME", which->part, "A part of the name");
  verb.add_flag("--all", which->all, "Those with their default, too");
  verb.add_flag("--json", which->json, "As JSON, all of them");
  verb.callback([verbs, which] {
    verbs.status = do_and_show(verbs.place, {.method = "GET", .target = "/api/v1/settings"},
                               [which](const object& answer) {
                                 which->json ? print_json(answer) : print_settings(answer, *which);
                               });
  });
}

}  // namespace

void add_view_verbs(Verbs verbs) {
  add_overview(verbs);
  add_flow(verbs);
  add_receivers(verbs);
  add_settings(verbs);
}

}  // namespace cli
