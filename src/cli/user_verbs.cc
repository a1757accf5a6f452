// See cli.h. user: add, passwd, set, show, list, remove, second-factor.
#include <fmt/format.h>

#include <cstdio>

#include "cli/answer.h"
#include "cli/input.h"
#include "cli/user_verbs.h"
#include "lib/base/size.h"
#include "lib/http/message.h"

namespace cli {
namespace {

struct User {
  std::string address;
  std::string full_name;
  std::string quota;
  std::string administrator;  // "yes" or "no"
  bool remove = false;
  bool password_in = false;
  bool generate = false;
  bool json = false;
};

void print_password(const boost::json::object& answer) {
  if (const std::string told = field_of(answer, "password"); !told.empty()) {
    std::printf("Password (shown only now): %s\n", told.c_str());
  }
}

// --name, --quota and --administrator as the API wants them; what was not said is not sent.
base::Result<boost::json::object> fields_of(const User& user, const Verb& verb) {
  boost::json::object body{{"address", user.address}};
  if (verb.given("--name")) body["full_name"] = user.full_name;
  if (verb.given("--administrator")) {
    if (user.administrator != "yes" && user.administrator != "no") {
      return base::fail(base::ErrorKind::invalid, "--administrator is yes or no");
    }
    body["administrator"] = user.administrator == "yes";
  }
  if (!verb.given("--quota")) return body;
  auto bytes = user.quota == "none" ? base::Result<std::uint64_t>(0) : base::parse_size(user.quota);
  if (!bytes) {
    return base::fail(bytes.error().kind,
                      "--quota \"" + user.quota + "\" is no size; write 5GB, or none");
  }
  body["quota_bytes"] = *bytes;
  return body;
}

void add_fields(Verb verb, const std::shared_ptr<User>& user) {
  verb.add_option("ADDRESS", user->address).required();
  verb.add_option("--name", user->full_name, "The person's name");
  verb.add_option("--quota", user->quota, "How much mail it may keep, as in 5GB; none: no limit");
  verb.add_option("--administrator", user->administrator,
                  "yes or no: may it log in to the web interface");
}

int add(const Place& place, const User& user, const Verb& verb) {
  auto body = fields_of(user, verb);
  if (!body) return complain(body.error().detail);
  if (user.password_in) {
    auto password = read_password();
    if (!password) return complain(password.error().detail);
    (*body)["password"] = *password;
  }
  return do_and_show(place, {"POST", "/api/v1/users/add", std::move(*body)},
                     [&user](const auto& answer) {
                       std::printf("Mailbox %s is there.\n", user.address.c_str());
                       print_password(answer);
                     });
}

int set(const Place& place, const User& user, const Verb& verb) {
  auto body = fields_of(user, verb);
  if (!body) return complain(body.error().detail);
  if (body->size() == 1) return complain("say what to change: --name, --quota or --administrator");
  return do_and_show(place, {"POST", "/api/v1/users/set", std::move(*body)}, [&user](const auto&) {
    std::printf("%s is changed\n", user.address.c_str());
  });
}

// Nobody types a password twice for an account that is not there. ADDRESS/NAME is an app password.
base::Result<> must_be_known(const Place& place, const User& user) {
  const std::size_t slash = user.address.find('/', user.address.rfind('@'));
  const std::string address = user.address.substr(0, slash);
  auto known =
      ask_json(place, "GET", "/api/v1/users/show?address=" + http::percent_encode(address), {});
  if (!known) return std::unexpected(known.error());
  return {};
}

int passwd(const Place& place, const User& user) {
  boost::json::object body{{"address", user.address}};
  if (user.password_in || !user.generate) {
    if (auto known = must_be_known(place, user); !known) return complain(known.error().detail);
    auto password = user.password_in ? read_password() : ask_password(user.address);
    if (!password) return complain(password.error().detail);
    body["password"] = *password;
  }
  return do_and_show(
      place, {"POST", "/api/v1/users/passwd", std::move(body)}, [&user](const auto& answer) {
        std::printf("The password of %s is changed; the old one is good for nothing any more\n",
                    user.address.c_str());
        print_password(answer);
      });
}

std::string scopes_text(const boost::json::object& login) {
  const bool send = is_true(login, "send");
  const bool read = is_true(login, "read");
  return send && read ? "send and read" : send ? "send" : "read";
}

// "sent today: 3 of 1000 messages, 1 of 200 new recipients"
void print_sending(const boost::json::object& sent) {
  const auto of = [&](const char* used, const char* limit) {
    std::string text = field_of(sent, used);
    if (is_true(sent, "limited")) text += " of " + field_of(sent, limit);
    return text;
  };
  std::printf("  sent today: %s messages, %s new recipients%s\n",
              of("messages_today", "messages_per_day_max").c_str(),
              of("new_recipients_today", "new_recipients_per_day_max").c_str(),
              is_true(sent, "limited") ? "" : " (not limited)");
  if (const std::string since = field_of(sent, "held_since"); !since.empty()) {
    std::printf("  HELD since %s: %s\n", since.c_str(), field_of(sent, "held_because").c_str());
  }
}

void print_user(const boost::json::object& answer) {
  std::printf("%s", field_of(answer, "address").c_str());
  if (const std::string name = field_of(answer, "full_name"); !name.empty()) {
    std::printf("  (%s)", name.c_str());
  }
  std::printf("\n  made %s\n", field_of(answer, "created").c_str());
  if (is_true(answer, "administrator")) {
    std::printf("  administrator, %s\n", is_true(answer, "second_factor")
                                             ? "with a second factor"
                                             : "by password alone (no second factor)");
  }
  if (const auto* quota = answer.if_contains("quota_bytes"); quota != nullptr) {
    const auto bytes = quota->to_number<std::uint64_t>();
    std::printf("  may keep %s\n",
                bytes == 0 ? "mail without limit" : base::format_size(bytes).c_str());
  }
  for (const auto& login : list_of(answer, "logins")) {
    std::printf("  log-in %s\n", login_line(login.as_object()).c_str());
  }
  for (const auto& alias : list_of(answer, "aliases")) {
    std::printf("  alias %s\n", field_of(alias.as_object(), "address").c_str());
  }
  for (const auto& grant : list_of(answer, "grants")) {
    std::printf("  may send as %s\n", field_of(grant.as_object(), "sender").c_str());
  }
  if (const auto* sent = answer.if_contains("sending"); sent != nullptr && sent->is_object()) {
    print_sending(sent->get_object());
  }
}

int show(const Place& place, const User& user) {
  return do_and_show(place,
                     {"GET", "/api/v1/users/show?address=" + http::percent_encode(user.address)},
                     [&user](const boost::json::object& answer) {
                       if (user.json) {
                         std::printf("%s\n", boost::json::serialize(answer).c_str());
                       } else {
                         print_user(answer);
                       }
                     });
}

std::string user_line(const boost::json::object& row) {
  const std::string address = field_of(row, "address");
  std::string line = address;
  if (const std::string name = field_of(row, "full_name"); !name.empty()) line += "  " + name;
  for (const auto& login : list_of(row, "logins")) {
    if (text_of(login) != address) line += "  " + text_of(login);
  }
  return line;
}

int second_factor(const Place& place, const User& user) {
  if (user.remove) {
    return do_and_show(
        place, {"POST", "/api/v1/users/second-factor/remove", {{"address", user.address}}},
        [&user](const auto&) {
          std::printf("%s has no second factor any more: the password alone logs in\n",
                      user.address.c_str());
        });
  }
  return do_and_show(place,
                     {"GET", "/api/v1/users/show?address=" + http::percent_encode(user.address)},
                     [&user](const boost::json::object& answer) {
                       std::printf("%s has %s\n", user.address.c_str(),
                                   is_true(answer, "second_factor")
                                       ? "a second factor; --remove removes it"
                                       : "no second factor; it is set up in the web interface");
                     });
}

void add_second_factor(Verbs verbs, Verb user, const std::shared_ptr<User>& wish) {
  Verb verb = user.add_subcommand(
      "second-factor",
      "Does this administrator have a second factor? Removes it for who lost phone and codes.\n"
      "  stagepost user second-factor you@example.org --remove");
  verb.add_option("ADDRESS", wish->address).required();
  verb.add_flag("--remove", wish->remove, "Remove it");
  verb.callback([verbs, wish] { verbs.status = second_factor(verbs.place, *wish); });
}

void add_changes(Verbs verbs, Verb user) {
  auto wish = std::make_shared<User>();
  Verb add_verb = user.add_subcommand("add", "Make a mailbox and a password, shown once");
  add_fields(add_verb, wish);
  add_verb.add_flag("--password-stdin", wish->password_in,
                    "Read the password from standard input instead");
  add_verb.callback([verbs, wish, add_verb] { verbs.status = add(verbs.place, *wish, add_verb); });

  Verb change = user.add_subcommand("set", "Change the name, the quota or who is an administrator");
  add_fields(change, wish);
  change.callback([verbs, wish, change] { verbs.status = set(verbs.place, *wish, change); });

  Verb password = user.add_subcommand(
      "passwd",
      "Change a password: asked for twice, not shown. It counts at once, also for sessions\n"
      "that are logged in. App passwords stay as they are.\n"
      "  stagepost user passwd you@example.org\n"
      "  stagepost user passwd you@example.org --generate\n"
      "  pass show mail | stagepost user passwd you@example.org --password-stdin");
  password.add_option("ADDRESS", wish->address).required();
  const Option in = password.add_flag("--password-stdin", wish->password_in,
                                      "Read it from standard input instead of asking");
  password.add_flag("--generate", wish->generate, "Make one and show it").excludes(in);
  password.callback([verbs, wish] { verbs.status = passwd(verbs.place, *wish); });

  Verb remove = user.add_subcommand(
      "remove", "Remove a mailbox with its log-ins and grants; its mail stays on disk");
  remove.add_option("ADDRESS", wish->address).required();
  remove.callback([verbs, wish] {
    verbs.status =
        do_and_show(verbs.place, {"POST", "/api/v1/users/remove", {{"address", wish->address}}},
                    [wish](const auto&) {
                      std::printf("%s is gone; its mail stays on disk\n", wish->address.c_str());
                    });
  });
}

}  // namespace

std::string login_line(const boost::json::object& login) {
  std::string line = field_of(login, "login") + "  " + scopes_text(login);
  const std::string expires = field_of(login, "expires");
  if (is_true(login, "expired")) {
    line += "  EXPIRED " + expires;
  } else if (!expires.empty()) {
    line += "  until " + expires;
  }
  line += "  made " + field_of(login, "created");
  const std::string used = field_of(login, "last_use");
  if (used.empty()) return line + "  never used";
  return line + "  last used " + used + " from " + field_of(login, "last_address");
}

void add_user_verbs(Verbs verbs) {
  Verb user = verbs.app.add_subcommand(
      "user",
      "The mailboxes, their owners' passwords and what is kept about them.\n"
      "  stagepost user add you@example.org        makes a password and shows it once\n"
      "  stagepost user passwd you@example.org     asks for a new one\n"
      "  stagepost user show you@example.org       log-ins, grants, what was sent today\n"
      "  stagepost user export you@example.org     all that is kept about a person, as JSON\n"
      "  stagepost user erase you@example.org      removes it");
  user.require_subcommand();
  add_changes(verbs, user);
  add_person_verbs(verbs, user);
  auto wish = std::make_shared<User>();
  add_second_factor(verbs, user, wish);
  Verb one = user.add_subcommand("show", "Show one user");
  one.add_option("ADDRESS", wish->address).required();
  one.add_flag("--json", wish->json, "As JSON");
  one.callback([verbs, wish] { verbs.status = show(verbs.place, *wish); });
  Verb list = user.add_subcommand("list", "Show the mailboxes and their log-ins");
  list.add_flag("--json", wish->json, "As JSON");
  list.callback([verbs, wish] {
    verbs.status = show_list(verbs.place, {"GET", "/api/v1/users"}, "users", wish->json, user_line);
  });
}

}  // namespace cli
