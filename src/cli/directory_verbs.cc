// See cli.h. domain, user and alias: add, list, remove.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/connection.h"
#include "cli/input.h"

namespace cli {
namespace {

std::string text_of(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

// Asks; prints what `show` makes of the answer, or the complaint.
int do_and_show(const Place& place, const char* method, std::string target,
                const boost::json::object& body,
                const std::function<void(const boost::json::object&)>& show) {
  auto answer = ask_json(place, method, std::move(target), body);
  if (!answer) return complain(answer.error().detail);
  show(*answer);
  return 0;
}

void print_list(const boost::json::object& answer, std::string_view key,
                const std::function<std::string(const boost::json::value&)>& line) {
  const auto* list = answer.if_contains({key.data(), key.size()});
  if (list == nullptr || !list->is_array()) return;
  for (const auto& entry : list->get_array()) std::printf("%s\n", line(entry).c_str());
}

void add_domain_verb(Verbs verbs) {
  CLI::App* domain = verbs.app.add_subcommand("domain",
                                              "The domains whose mail is ours.\n"
                                              "  stagepost domain add example.org\n"
                                              "  stagepost domain list");
  domain->require_subcommand(1);
  auto name = std::make_shared<std::string>();
  CLI::App* add = domain->add_subcommand("add", "Take mail for a domain");
  add->add_option("DOMAIN", *name)->required();
  add->callback([verbs, name] {
    verbs.status = do_and_show(verbs.place, "POST", "/api/v1/domains/add", {{"domain", *name}},
                               [name](const auto&) {
                                 std::printf("%s is ours now. Next: stagepost user add you@%s\n",
                                             name->c_str(), name->c_str());
                               });
  });
  CLI::App* remove = domain->add_subcommand("remove", "Take mail for a domain no more");
  remove->add_option("DOMAIN", *name)->required();
  remove->callback([verbs, name] {
    verbs.status = do_and_show(
        verbs.place, "POST", "/api/v1/domains/remove", {{"domain", *name}},
        [name](const auto&) { std::printf("%s is not ours any more\n", name->c_str()); });
  });
  domain->add_subcommand("list", "Show the domains")->callback([verbs] {
    verbs.status = do_and_show(verbs.place, "GET", "/api/v1/domains", {},
                               [](const auto& answer) { print_list(answer, "domains", text_of); });
  });
}

void add_user_verb(Verbs verbs) {
  CLI::App* user = verbs.app.add_subcommand(
      "user",
      "The mailboxes and who may log in to them.\n"
      "  stagepost user add you@example.org        makes a password and shows it once\n"
      "  stagepost user list");
  user->require_subcommand(1);
  auto address = std::make_shared<std::string>();
  auto password_in = std::make_shared<bool>(false);
  CLI::App* add = user->add_subcommand("add", "Make a mailbox and a password, shown once");
  add->add_option("ADDRESS", *address)->required();
  add->add_flag("--password-stdin", *password_in, "Read the password from standard input instead");
  add->callback([verbs, address, password_in] {
    boost::json::object body{{"address", *address}};
    if (*password_in) {
      body["password"] = read_line();
    }
    verbs.status =
        do_and_show(verbs.place, "POST", "/api/v1/users/add", body, [address](const auto& answer) {
          std::printf("Mailbox %s is there.\n", address->c_str());
          if (const auto* told = answer.if_contains("password"); told != nullptr) {
            std::printf("Password (shown only now): %s\n", text_of(*told).c_str());
          }
        });
  });
  CLI::App* remove = user->add_subcommand("remove", "Remove a mailbox; its mail stays on disk");
  remove->add_option("ADDRESS", *address)->required();
  remove->callback([verbs, address] {
    verbs.status =
        do_and_show(verbs.place, "POST", "/api/v1/users/remove", {{"address", *address}},
                    [address](const auto&) {
                      std::printf("%s is gone; its mail stays on disk\n", address->c_str());
                    });
  });
  user->add_subcommand("list", "Show the mailboxes and their log-ins")->callback([verbs] {
    verbs.status = do_and_show(verbs.place, "GET", "/api/v1/users", {}, [](const auto& answer) {
      print_list(answer, "users", [](const boost::json::value& row) {
        std::string line = text_of(row.as_object().at("address"));
        for (const auto& login : row.as_object().at("logins").as_array()) {
          if (text_of(login) != line) line += "  " + text_of(login);
        }
        return line;
      });
    });
  });
}

void add_alias_verb(Verbs verbs) {
  CLI::App* alias = verbs.app.add_subcommand(
      "alias",
      "Addresses that stand for others.\n"
      "  stagepost alias add info@example.org you@example.org friend@example.net\n"
      "  stagepost alias add @example.org you@example.org     everything not known otherwise");
  alias->require_subcommand(1);
  auto address = std::make_shared<std::string>();
  auto targets = std::make_shared<std::vector<std::string>>();
  CLI::App* add = alias->add_subcommand("add", "Let an address stand for others");
  add->add_option("ADDRESS", *address)->required();
  add->add_option("TARGET", *targets)->required();
  add->callback([verbs, address, targets] {
    boost::json::array list;
    for (const std::string& target : *targets) list.emplace_back(target);
    verbs.status = do_and_show(
        verbs.place, "POST", "/api/v1/aliases/add", {{"address", *address}, {"targets", list}},
        [address](const auto&) { std::printf("Alias %s is there\n", address->c_str()); });
  });
  CLI::App* remove = alias->add_subcommand("remove", "Remove an alias");
  remove->add_option("ADDRESS", *address)->required();
  remove->callback([verbs, address] {
    verbs.status = do_and_show(
        verbs.place, "POST", "/api/v1/aliases/remove", {{"address", *address}},
        [address](const auto&) { std::printf("Alias %s is gone\n", address->c_str()); });
  });
  alias->add_subcommand("list", "Show the aliases")->callback([verbs] {
    verbs.status = do_and_show(verbs.place, "GET", "/api/v1/aliases", {}, [](const auto& answer) {
      print_list(answer, "aliases", [](const boost::json::value& row) {
        std::string line = text_of(row.as_object().at("address")) + " →";
        for (const auto& target : row.as_object().at("targets").as_array()) {
          line += " " + text_of(target);
        }
        return line;
      });
    });
  });
}

}  // namespace

void add_directory_verbs(Verbs verbs) {
  add_domain_verb(verbs);
  add_user_verb(verbs);
  add_alias_verb(verbs);
}

}  // namespace cli
