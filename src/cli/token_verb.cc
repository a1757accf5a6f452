// See cli.h. token: add, list, revoke.
#include <cstdio>

#include "cli/answer.h"

namespace cli {
namespace {

struct TokenWish {
  std::string name;
  std::string scope = "read";
  std::string expires;
  std::string account;
  bool json = false;
};

int add(const Place& place, const TokenWish& wish) {
  boost::json::object body{{"name", wish.name}, {"scope", wish.scope}};
  if (!wish.expires.empty()) body["expires"] = wish.expires;
  if (!wish.account.empty()) body["account"] = wish.account;
  return do_and_show(
      place, {"POST", "/api/v1/tokens/add", std::move(body)},
      [](const boost::json::object& answer) {
        std::printf("Token (shown only now): %s\nScope:                  %s\n",
                    field_of(answer, "token").c_str(), field_of(answer, "scope").c_str());
        if (const std::string account = field_of(answer, "account"); !account.empty()) {
          std::printf("Sends for:              %s\n", account.c_str());
        }
        if (const std::string until = field_of(answer, "expires"); !until.empty()) {
          std::printf("Good until:             %s\n", until.c_str());
        }
        std::printf("Use it with \"Authorization: Bearer TOKEN\" where [api] listens.\n");
      });
}

std::string token_line(const boost::json::object& row) {
  std::string line =
      field_of(row, "name") + "  " + field_of(row, "scope") + "  made " + field_of(row, "created");
  if (const std::string account = field_of(row, "account"); !account.empty()) {
    line += "  for " + account;
  }
  const std::string until = field_of(row, "expires");
  const boost::json::value* good = row.if_contains("good");
  const bool ended = good != nullptr && good->is_bool() && !good->get_bool();
  if (!until.empty()) line += (ended ? "  ENDED " : "  until ") + until;
  const std::string used = field_of(row, "last_used");
  return line + (used.empty() ? "  never used" : "  last used " + used);
}

}  // namespace

void add_token_verb(Verbs verbs) {
  Verb token = verbs.app.add_subcommand(
      "token",
      "Tokens by which programs use the HTTP API where [api] listens, each with a scope:\n"
      "  read      look at everything but all of one person's data together\n"
      "  operate   and act on the queue, bans, limits and reports\n"
      "  admin     and change domains, people and keys, and send mail\n"
      "  send      send mail as one account, see what became of it, and nothing else\n"
      "Only a hash of a token is kept. What there is: /api/openapi.json, docs/api.md.\n"
      "  stagepost token add monitoring\n"
      "  stagepost token add shop --scope send --account shop@example.org --expires 365d\n"
      "  stagepost token revoke shop");
  token.require_subcommand();
  auto wish = std::make_shared<TokenWish>();
  Verb make = token.add_subcommand("add", "Make one; it is shown once");
  make.add_option("NAME", wish->name, "Of the program, such as monitoring").required();
  make.add_option("--scope", wish->scope, "read, operate, admin or send").capture_default_str();
  make.add_option("--account", wish->account, "Of scope send: whose mail it sends");
  make.add_option("--expires", wish->expires, "90d, or a day such as 2027-01-01 [never]");
  make.callback([verbs, wish] { verbs.status = add(verbs.place, *wish); });
  Verb list = token.add_subcommand("list", "Show them, and when last used");
  list.add_flag("--json", wish->json, "As JSON");
  list.callback([verbs, wish] {
    verbs.status =
        show_list(verbs.place, {"GET", "/api/v1/tokens"}, "tokens", wish->json, token_line);
  });
  Verb revoke = token.add_subcommand("revoke", "Make one good for nothing, at once");
  revoke.add_option("NAME", wish->name).required();
  revoke.callback([verbs, wish] {
    verbs.status =
        do_and_show(verbs.place, {"POST", "/api/v1/tokens/revoke", {{"name", wish->name}}},
                    [wish](const auto&) {
                      std::printf("%s is good for nothing any more\n", wish->name.c_str());
                    });
  });
}

}  // namespace cli
