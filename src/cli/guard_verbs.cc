// See cli.h. ban: add, list, lift; limits: show, set, release, purge.
#include <fmt/format.h>

#include <cstdio>
#include <limits>

#include "cli/connection.h"
#include "lib/http/message.h"

namespace cli {
namespace {

struct Words {
  std::string subject;  // address, network, account, domain or "all"
  std::string on_off;
  std::string time;
  std::string reason;
  std::string window;
  std::int64_t messages = -1;
  std::int64_t new_recipients = -1;
  std::int64_t brake_new_recipients = -1;
  std::int64_t brake_bounces = -1;
  bool json = false;
};
using Shared = std::shared_ptr<Words>;

std::string field(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

void print_json(const boost::json::object& object) {
  std::printf("%s\n", boost::json::serialize(object).c_str());
}

// --- ban -----------------------------------------------------------------------------------------

int list_bans(const Place& place, const Words& words) {
  auto answer = ask_json(place, "GET", "/api/v1/bans");
  if (!answer) return complain(answer.error().detail);
  if (words.json) {
    print_json(*answer);
    return 0;
  }
  const auto& bans = answer->at("bans").as_array();
  for (const auto& ban : bans) {
    const auto& row = ban.as_object();
    std::printf("%-24s until %s  %s\n", field(row, "network").c_str(), field(row, "until").c_str(),
                field(row, "why").c_str());
  }
  const auto& logins = answer->at("logins").as_array();
  for (const auto& login : logins) {
    const auto& row = login.as_object();
    std::printf("%-24s until %s  %s\n", field(row, "login").c_str(), field(row, "until").c_str(),
                field(row, "why").c_str());
  }
  std::printf("%zu ban%s in force", bans.size(), bans.size() == 1 ? "" : "s");
  if (!logins.empty()) std::printf(", %zu log-in(s) closed", logins.size());
  std::printf("\n");
  return 0;
}

int add_ban(const Place& place, const Words& words) {
  boost::json::object body = {{"network", words.subject}};
  if (!words.time.empty()) body["for"] = words.time;
  if (!words.reason.empty()) body["reason"] = words.reason;
  auto answer = ask_json(place, "POST", "/api/v1/bans/add", body);
  if (!answer) return complain(answer.error().detail);
  std::printf("%s may not log in until %s\n", field(*answer, "network").c_str(),
              field(*answer, "until").c_str());
  return 0;
}

int lift_ban(const Place& place, const Words& words) {
  auto answer = ask_json(place, "POST", "/api/v1/bans/lift", {{"who", words.subject}});
  if (!answer) return complain(answer.error().detail);
  std::printf("%s ban(s) lifted", field(*answer, "count").c_str());
  if (const auto opened = field(*answer, "logins"); opened != "0") {
    std::printf(", %s log-in(s) open again", opened.c_str());
  }
  std::printf("\n");
  int status = 0;
  for (const auto& by : answer->at("still_by").as_array()) {
    const std::string network(by.as_string());
    status = complain(
        fmt::format("{} is within {}: stagepost ban lift {}", words.subject, network, network));
  }
  return status;
}

void add_ban_verb(Verbs verbs) {
  Verb ban = verbs.app.add_subcommand(
      "ban",
      "Addresses and networks that may not log in, by failed log-ins or by your word; log-ins\n"
      "closed because many places tried wrong passwords. All end by themselves.\n"
      "  stagepost ban list\n"
      "  stagepost ban lift 192.0.2.7\n"
      "  stagepost ban lift you@example.org          and its app passwords; or "
      "you@example.org/phone\n"
      "  stagepost ban lift all\n"
      "  stagepost ban add 198.51.100.0/24 --for 7d --reason \"guesses for weeks\"");
  ban.require_subcommand();
  auto words = std::make_shared<Words>();
  Verb list = ban.add_subcommand(
      "list", "Show who is banned and which log-ins are closed, why and until when");
  list.add_flag("--json", words->json, "As JSON");
  list.callback([verbs, words] { verbs.status = list_bans(verbs.place, *words); });
  Verb add = ban.add_subcommand("add", "Shut out an address or a network");
  add.add_option("ADDRESS", words->subject, "An address, or a network such as 192.0.2.0/24")
      .required();
  add.add_option("--for", words->time, "How long: 1h, 7d [24h]");
  add.add_option("--reason", words->reason, "Told to whoever is refused");
  add.callback([verbs, words] { verbs.status = add_ban(verbs.place, *words); });
  Verb lift =
      ban.add_subcommand("lift", "Let an address or a log-in in again, and forget its failures");
  lift.add_option("WHO", words->subject,
                  "An address, a network and all in it, a log-in with its app passwords, or all")
      .required();
  lift.callback([verbs, words] { verbs.status = lift_ban(verbs.place, *words); });
}

// --- limits --------------------------------------------------------------------------------------

std::string in_words(const boost::json::object& limits) {
  if (!limits.at("on").as_bool()) return "off: counted, never held";
  return fmt::format(
      "{} messages (by recipient) and {} new recipients a day; brake: {} new recipients or {} "
      "bounces in {}",
      field(limits, "messages"), field(limits, "new_recipients"),
      field(limits, "brake_new_recipients"), field(limits, "brake_bounces"),
      field(limits, "brake_window"));
}

void print_account(const boost::json::object& row) {
  std::printf("%s\n", field(row, "account").c_str());
  std::printf("    today: %s messages, %s new recipients; held: %s\n",
              field(row, "messages_today").c_str(), field(row, "new_recipients_today").c_str(),
              field(row, "held").c_str());
  std::printf("    limits: %s\n", in_words(row.at("limits").as_object()).c_str());
  if (row.contains("braked")) {
    std::printf("    everything is held since %s: it had %s\n", field(row, "braked").c_str(),
                field(row, "brake_reason").c_str());
  }
}

int show_limits(const Place& place, const Words& words) {
  std::string target = "/api/v1/limits";
  if (!words.subject.empty()) target += "?of=" + http::percent_encode(words.subject);
  auto answer = ask_json(place, "GET", target);
  if (!answer) return complain(answer.error().detail);
  if (words.json) {
    print_json(*answer);
    return 0;
  }
  for (const auto& row : answer->at("accounts").as_array()) print_account(row.as_object());
  if (!words.subject.empty() && !words.subject.starts_with('@')) return 0;
  std::printf("For all accounts: %s\n", in_words(answer->at("for_all").as_object()).c_str());
  for (const auto& row : answer->at("set").as_array()) {
    const auto& set = row.as_object();
    if (field(set, "scope") == "all") continue;
    std::printf("For %s: %s\n", field(set, "scope").c_str(),
                in_words(set.at("limits").as_object()).c_str());
  }
  return 0;
}

int set_limits(const Place& place, const Words& words) {
  boost::json::object body = {{"scope", words.subject}};
  const bool clear = words.on_off == "default";
  if (!clear && !words.on_off.empty()) body["on"] = words.on_off == "on";
  const auto number = [&body](const char* key, std::int64_t value) {
    if (value >= 0) body[key] = value;
  };
  number("messages", words.messages);
  number("new_recipients", words.new_recipients);
  number("brake_new_recipients", words.brake_new_recipients);
  number("brake_bounces", words.brake_bounces);
  if (!words.window.empty()) body["brake_window"] = words.window;
  auto answer =
      ask_json(place, "POST", clear ? "/api/v1/limits/clear" : "/api/v1/limits/set", body);
  if (!answer) return complain(answer.error().detail);
  std::printf("Limits of %s are changed\n", words.subject.c_str());
  return 0;
}

int let_go(const Place& place, const Words& words, const std::string& verb) {
  auto answer = ask_json(place, "POST", "/api/v1/limits/" + verb, {{"account", words.subject}});
  if (!answer) return complain(answer.error().detail);
  std::printf("%s message(s) %s%s\n", field(*answer, "count").c_str(),
              verb == "release" ? "released" : "removed",
              answer->at("braked").as_bool() ? "; the brake is let go" : "");
  if (const std::string count = field(*answer, "scheduled"); count != "0") {
    std::printf("%s scheduled message(s) %s\n", count.c_str(),
                verb == "release" ? "wait for their hour again" : "removed, too");
  }
  if (const std::string count = field(*answer, "held_by_operator"); count != "0") {
    std::printf("%s message(s) that an operator holds are left\n", count.c_str());
  }
  return 0;
}

void add_set_verb(Verbs verbs, Verb limits, const Shared& words) {
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  Verb set = limits.add_subcommand("set", "Change limits, or turn them off");
  set.add_option("WHO", words->subject, "An account, a domain as @example.org, or all").required();
  set.add_option("STATE", words->on_off, "on, off, or default: forget what was set for WHO")
      .one_of({"on", "off", "default"});
  const auto number = [set](const char* name, std::int64_t& into, const char* text) {
    set.add_option(name, into, text).range(std::int64_t{0}, std::int64_t{most});
  };
  number("--messages", words->messages, "A day, counted by recipient");
  number("--new-recipients", words->new_recipients, "A day, never written to before");
  number("--brake-new-recipients", words->brake_new_recipients, "Within the brake's window");
  number("--brake-bounces", words->brake_bounces, "Within the brake's window");
  set.add_option("--brake-window", words->window, "Such as 10m");
  set.callback([verbs, words] { verbs.status = set_limits(verbs.place, *words); });
}

void add_limits_verb(Verbs verbs) {
  Verb limits = verbs.app.add_subcommand(
      "limits",
      "How much accounts may send; what is more is held, not lost.\n"
      "  stagepost limits show you@example.org\n"
      "  stagepost limits set you@example.org --messages 5000 --new-recipients 2000\n"
      "  stagepost limits set all off\n"
      "  stagepost limits release you@example.org    sends what is held");
  limits.require_subcommand();
  auto words = std::make_shared<Words>();
  Verb show = limits.add_subcommand("show", "Show limits, what was sent and what is held");
  show.add_option("WHO", words->subject, "An account, or a domain as @example.org");
  show.add_flag("--json", words->json, "As JSON");
  show.callback([verbs, words] { verbs.status = show_limits(verbs.place, *words); });
  add_set_verb(verbs, limits, words);
  const std::array<std::pair<const char*, const char*>, 2> ends = {
      {{"release", "Send what is held of an account, and let go of its brake"},
       {"purge", "Remove what is held of an account, and let go of its brake"}}};
  for (const auto& [name, text] : ends) {
    Verb verb = limits.add_subcommand(name, text);
    verb.add_option("ACCOUNT", words->subject).required();
    verb.callback([verbs, words, which = std::string(name)] {
      verbs.status = let_go(verbs.place, *words, which);
    });
  }
}

}  // namespace

void add_guard_verbs(Verbs verbs) {
  add_ban_verb(verbs);
  add_limits_verb(verbs);
}

}  // namespace cli
