// See cli.h. alias: add, set, list, remove.
#include <cstdio>

#include "cli/answer.h"
#include "cli/dns_sheet.h"

namespace cli {
namespace {

std::string alias_line(const boost::json::object& row) {
  std::string line = field_of(row, "address") + " →";
  for (const auto& target : list_of(row, "targets")) line += " " + text_of(target);
  if (row.contains("problem")) line += " broken, its mail waits";
  if (row.contains("file")) line += "  (" + field_of(row, "file") + ")";
  return line;
}

// add and set differ in whether there may be one already.
void add_alias_change(Verbs verbs, Verb alias, const std::string& how, const char* text) {
  auto address = std::make_shared<std::string>();
  auto targets = std::make_shared<std::vector<std::string>>();
  Verb verb = alias.add_subcommand(how, text);
  verb.add_option("ADDRESS", *address).required();
  verb.add_option("TARGET", *targets).required();
  verb.callback([verbs, address, targets, how] {
    boost::json::array list;
    for (const std::string& target : *targets) list.emplace_back(target);
    verbs.status = do_and_show(
        verbs.place, {"POST", "/api/v1/aliases/" + how, {{"address", *address}, {"targets", list}}},
        [address](const auto&) { std::printf("Alias %s is there\n", address->c_str()); });
  });
}

void add_alias_verb(Verbs verbs) {
  Verb alias = verbs.app.add_subcommand(
      "alias",
      "Addresses that stand for others.\n"
      "  stagepost alias add info@example.org you@example.org friend@example.net\n"
      "  stagepost alias set info@example.org an@example.org  these targets and no others, at "
      "once\n"
      "  stagepost alias add @example.org you@example.org     everything not known otherwise");
  alias.require_subcommand();
  add_alias_change(verbs, alias, "add", "Let an address stand for others");
  add_alias_change(verbs, alias, "set", "The same; replaces the targets that it has");
  auto address = std::make_shared<std::string>();
  Verb remove = alias.add_subcommand("remove", "Remove an alias");
  remove.add_option("ADDRESS", *address).required();
  remove.callback([verbs, address] {
    verbs.status = do_and_show(
        verbs.place, {"POST", "/api/v1/aliases/remove", {{"address", *address}}},
        [address](const auto&) { std::printf("Alias %s is gone\n", address->c_str()); });
  });
  auto json = std::make_shared<bool>(false);
  Verb list =
      alias.add_subcommand("list", "Show the aliases, those of files with where they stand");
  list.add_flag("--json", *json, "As JSON");
  list.callback([verbs, json] {
    verbs.status = show_list(verbs.place, {"GET", "/api/v1/aliases"}, "aliases", *json, alias_line);
  });
}

}  // namespace

void add_directory_verbs(Verbs verbs) {
  add_domain_verbs(verbs);
  add_dns_verbs(verbs);
  add_alias_verb(verbs);
}

}  // namespace cli
