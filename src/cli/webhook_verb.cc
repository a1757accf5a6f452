// See webhook_verb.h.
#include "cli/webhook_verb.h"

#include <cstdio>

#include "cli/answer.h"

namespace cli {
namespace {

struct WebhookWish {
  std::string name;
  std::string url;
  std::vector<std::string> events;
  std::string account;
  std::string domain;
  std::string message;
  std::string since;
  std::string until;
  bool parked = false;
  bool json = false;
};

void show_secret(const boost::json::object& answer) {
  std::printf(
      "Signing secret (shown only now): %s\n"
      "How a receiver verifies it: docs/webhooks.md\n",
      field_of(answer, "secret").c_str());
}

int add(const Place& place, const WebhookWish& wish) {
  boost::json::object body{{"name", wish.name}, {"url", wish.url}};
  boost::json::array events;
  for (const std::string& event : wish.events) events.emplace_back(event);
  if (!events.empty()) body["events"] = std::move(events);
  if (!wish.account.empty()) body["account"] = wish.account;
  if (!wish.domain.empty()) body["domain"] = wish.domain;
  return do_and_show(place, {"POST", "/api/v1/webhooks/add", std::move(body)}, show_secret);
}

std::string line_of(const boost::json::object& row) {
  std::string events;
  for (const boost::json::value& event : list_of(row, "events")) {
    events += (events.empty() ? "" : ",") + text_of(event);
  }
  std::string line = field_of(row, "name") + "  " + field_of(row, "url") + "  " +
                     (events.empty() ? "all events" : events);
  if (const std::string of = field_of(row, "account"); !of.empty()) line += "  account " + of;
  if (const std::string of = field_of(row, "domain"); !of.empty()) line += "  domain " + of;
  line += "  waiting " + field_of(row, "waiting") + "  parked " + field_of(row, "parked");
  const std::string success = field_of(row, "last_success");
  line += success.empty() ? "  never told" : "  last told " + success;
  if (const std::string failures = field_of(row, "failures"); failures != "0") {
    line += "  FAILING " + failures + " times: " + field_of(row, "last_error");
  }
  return line;
}

int test(const Place& place, const WebhookWish& wish) {
  bool told = false;
  const int status = do_and_show(
      place, {"POST", "/api/v1/webhooks/test", {{"name", wish.name}}},
      [&told](const boost::json::object& answer) {
        told = is_true(answer, "told");
        const std::string why = field_of(answer, "why");
        std::printf("%s\n", told ? ("It was told: " + field_of(answer, "status")).c_str()
                                 : ("It was not told: " + why).c_str());
      });
  return status == 0 && !told ? 1 : status;
}

int replay(const Place& place, const WebhookWish& wish) {
  boost::json::object body{{"name", wish.name}};
  if (!wish.message.empty()) body["message"] = wish.message;
  if (!wish.since.empty()) body["since"] = wish.since;
  if (!wish.until.empty()) body["until"] = wish.until;
  if (wish.parked) body["parked"] = true;
  return do_and_show(place, {"POST", "/api/v1/webhooks/replay", std::move(body)},
                     [](const boost::json::object& answer) {
                       std::printf("%s events are told again\n", field_of(answer, "count").c_str());
                     });
}

int simple(const Place& place, const WebhookWish& wish, const char* verb, const Show& show) {
  return do_and_show(
      place, {"POST", std::string("/api/v1/webhooks/") + verb, {{"name", wish.name}}}, show);
}

void add_changing_verbs(const Verbs& verbs, const Verb& webhook,
                        const std::shared_ptr<WebhookWish>& wish) {
  Verb make = webhook.add_subcommand("add", "Make one; its signing secret is shown once");
  make.add_option("NAME", wish->name, "Of the program, such as shop").required();
  make.add_option("URL", wish->url, "https://example.org/mail-events").required();
  make.add_option("--event", wish->events,
                  "accepted, delivered, deferred, failed, held or report; several times [all]")
      .one_each();
  make.add_option("--account", wish->account, "Only of mail that this account sent");
  make.add_option("--domain", wish->domain, "Only of mail from or to this domain");
  make.callback([verbs, wish] { verbs.status = add(verbs.place, *wish); });
  Verb remove = webhook.add_subcommand("remove", "Remove one, and what waits for it");
  remove.add_option("NAME", wish->name).required();
  remove.callback([verbs, wish] {
    verbs.status = simple(verbs.place, *wish, "remove", [wish](const auto&) {
      std::printf("%s is removed\n", wish->name.c_str());
    });
  });
  Verb rotate =
      webhook.add_subcommand("rotate", "Make a new secret; for a day the old one signs, too");
  rotate.add_option("NAME", wish->name).required();
  rotate.callback(
      [verbs, wish] { verbs.status = simple(verbs.place, *wish, "rotate", show_secret); });
}

}  // namespace

void add_webhook_verb(Verbs verbs) {
  Verb webhook = verbs.app.add_subcommand(
      "webhook",
      "Tells a program over HTTP what becomes of mail: signed, retried, in order per message.\n"
      "  stagepost webhook add shop https://shop.example.org/mail --event failed\n"
      "  stagepost webhook test shop\n"
      "  stagepost webhook replay shop --since 2h\n"
      "docs/webhooks.md has the events and how to verify them.");
  webhook.require_subcommand();
  auto wish = std::make_shared<WebhookWish>();
  add_changing_verbs(verbs, webhook, wish);
  Verb list = webhook.add_subcommand("list", "Show them, and how they fare");
  list.add_flag("--json", wish->json, "As JSON");
  list.callback([verbs, wish] {
    verbs.status =
        show_list(verbs.place, {"GET", "/api/v1/webhooks"}, "webhooks", wish->json, line_of);
  });
  Verb trial = webhook.add_subcommand("test", "Send a test event now, and say what came of it");
  trial.add_option("NAME", wish->name).required();
  trial.callback([verbs, wish] { verbs.status = test(verbs.place, *wish); });
  Verb again = webhook.add_subcommand("replay", "Tell events again, from the trace");
  again.add_option("NAME", wish->name).required();
  again.add_option("--message", wish->message, "Those of this message");
  again.add_option("--since", wish->since, "Those since: 2h, or 2026-11-23T14:00:00Z");
  again.add_option("--until", wish->until, "Until then [now]");
  again.add_flag("--parked", wish->parked, "Those that were given up");
  again.callback([verbs, wish] { verbs.status = replay(verbs.place, *wish); });
}

}  // namespace cli
