// See cli.h. app-password: add, list, revoke. grant: add, list, remove.
#include <cstdio>

#include "cli/answer.h"
#include "cli/user_verbs.h"
#include "lib/http/message.h"

namespace cli {
namespace {

struct AppPassword {
  std::string address;
  std::string name;
  std::string expires;
  bool send = false;
  bool read = false;
  bool json = false;
};

int add(const Place& place, const AppPassword& wish) {
  boost::json::object body{{"address", wish.address}, {"name", wish.name}};
  const bool both = wish.send == wish.read;
  body["send"] = both || wish.send;
  body["read"] = both || wish.read;
  if (!wish.expires.empty()) body["expires"] = wish.expires;
  return do_and_show(place, {"POST", "/api/v1/app-passwords/add", std::move(body)},
                     [](const boost::json::object& answer) {
                       std::printf("User name:                 %s\nPassword (shown only now): %s\n",
                                   field_of(answer, "login").c_str(),
                                   field_of(answer, "password").c_str());
                       if (const std::string until = field_of(answer, "expires"); !until.empty()) {
                         std::printf("Good until:                %s\n", until.c_str());
                       }
                     });
}

void add_app_password_verb(Verbs verbs) {
  Verb app = verbs.app.add_subcommand(
      "app-password",
      "Passwords for single devices and programs, each with a user name of its own.\n"
      "Losing a phone then costs one of them, not the password of the mailbox.\n"
      "  stagepost app-password add you@example.org phone\n"
      "  stagepost app-password add you@example.org printer --send --expires 90d\n"
      "  stagepost app-password revoke you@example.org phone");
  app.require_subcommand();
  auto wish = std::make_shared<AppPassword>();
  Verb make = app.add_subcommand("add", "Make one; it is shown once");
  make.add_option("ADDRESS", wish->address).required();
  make.add_option("NAME", wish->name, "Of the device, such as phone").required();
  make.add_flag("--send", wish->send, "Good for sending only");
  make.add_flag("--read", wish->read, "Good for reading only");
  make.add_option("--expires", wish->expires, "90d, or a day such as 2027-01-01 [never]");
  make.callback([verbs, wish] { verbs.status = add(verbs.place, *wish); });
  Verb list = app.add_subcommand("list", "Show those of a mailbox, and when last used");
  list.add_option("ADDRESS", wish->address).required();
  list.add_flag("--json", wish->json, "As JSON");
  list.callback([verbs, wish] {
    verbs.status =
        show_list(verbs.place,
                  {"GET", "/api/v1/app-passwords?address=" + http::percent_encode(wish->address)},
                  "app_passwords", wish->json, login_line);
  });
  Verb revoke = app.add_subcommand("revoke", "Make one good for nothing, at once");
  revoke.add_option("ADDRESS", wish->address).required();
  revoke.add_option("NAME", wish->name).required();
  revoke.callback([verbs, wish] {
    verbs.status = do_and_show(verbs.place,
                               {"POST",
                                "/api/v1/app-passwords/revoke",
                                {{"address", wish->address}, {"name", wish->name}}},
                               [wish](const auto&) {
                                 std::printf("%s/%s is good for nothing any more\n",
                                             wish->address.c_str(), wish->name.c_str());
                               });
  });
}

struct Grant {
  std::string address;
  std::string sender;
  bool json = false;
};

void add_grant_change(Verbs verbs, Verb grant, const char* how, const char* text) {
  auto wish = std::make_shared<Grant>();
  Verb verb = grant.add_subcommand(how, text);
  verb.add_option("ADDRESS", wish->address, "The account").required();
  verb.add_option("SENDER", wish->sender, "An address, or @example.org for all of a domain")
      .required();
  verb.callback([verbs, wish, name = std::string(how)] {
    verbs.status = do_and_show(
        verbs.place,
        {"POST", "/api/v1/grants/" + name, {{"address", wish->address}, {"sender", wish->sender}}},
        [wish, added = name == "add"](const auto&) {
          std::printf("%s may %s send as %s\n", wish->address.c_str(), added ? "now" : "no longer",
                      wish->sender.c_str());
        });
  });
}

void add_grant_verb(Verbs verbs) {
  Verb grant = verbs.app.add_subcommand(
      "grant",
      "Who may send as somebody else. Everybody may send as his own address, with any +detail,\n"
      "and as an alias that leads to him alone.\n"
      "  stagepost grant add an@example.org boss@example.org\n"
      "  stagepost grant add shop@example.org @shop.example\n"
      "  stagepost grant list");
  grant.require_subcommand();
  add_grant_change(verbs, grant, "add", "Let an account send as an address or a domain");
  add_grant_change(verbs, grant, "remove", "Take that back, at once");
  auto wish = std::make_shared<Grant>();
  Verb list = grant.add_subcommand("list", "Show what was granted");
  list.add_option("ADDRESS", wish->address, "Of this account only");
  list.add_flag("--json", wish->json, "As JSON");
  list.callback([verbs, wish] {
    std::string target = "/api/v1/grants";
    if (!wish->address.empty()) target += "?address=" + http::percent_encode(wish->address);
    verbs.status =
        show_list(verbs.place, {"GET", std::move(target)}, "grants", wish->json,
                  [](const boost::json::object& row) {
                    return field_of(row, "address") + " may send as " + field_of(row, "sender");
                  });
  });
}

}  // namespace

void add_login_verbs(Verbs verbs) {
  add_app_password_verb(verbs);
  add_grant_verb(verbs);
}

}  // namespace cli
