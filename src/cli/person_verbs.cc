// See user_verbs.h. user export and user erase: all that is kept about a person.
#include <cstdio>

#include "cli/answer.h"
#include "cli/input.h"
#include "cli/user_verbs.h"
#include "lib/http/message.h"

namespace cli {
namespace {

struct Person {
  std::string address;
  bool yes = false;
  bool mail = false;
};

int show_all(const Place& place, const Person& person) {
  return do_and_show(
      place, {"GET", "/api/v1/users/export?address=" + http::percent_encode(person.address)},
      [](const boost::json::object& answer) {
        std::printf("%s\n", boost::json::serialize(answer).c_str());
      });
}

void print_erased(const boost::json::object& answer) {
  const std::string address = field_of(answer, "address");
  std::printf("%s: mailbox, log-ins, grants and counters are removed\n", address.c_str());
  for (const auto& alias : list_of(answer, "aliases")) {
    std::printf("  it is taken out of the alias %s\n",
                field_of(alias.as_object(), "address").c_str());
  }
  std::printf("  %s events of the traces do not name it any more\n",
              field_of(answer, "events").c_str());
  const char* fate = is_true(answer, "mail_removed") ? "is removed" : "stays on disk";
  if (const std::string folder = field_of(answer, "mail_folder"); !folder.empty()) {
    std::printf("  its mail %s: %s\n", fate, folder.c_str());
  }
  if (const std::string folder = field_of(answer, "home_folder"); !folder.empty()) {
    std::printf("  its Sieve scripts and the like: the folder %s: %s\n", fate, folder.c_str());
  }
  if (const std::string queued = field_of(answer, "queued"); queued != "0") {
    std::printf(
        "  %s queued message(s) still name it: stagepost queue list --sender %s, --recipient %s\n",
        queued.c_str(), address.c_str(), address.c_str());
  }
  for (const auto& note : list_of(answer, "notes")) std::printf("  %s\n", text_of(note).c_str());
}

int erase(const Place& place, const Person& person) {
  const std::string what = person.mail ? " with all its mail" : "; its mail stays on disk";
  if (!person.yes &&
      !confirm("Remove everything kept about " + person.address + what + "? It cannot be undone")) {
    return complain("nothing was removed; --yes removes without asking");
  }
  return do_and_show(
      place, {"POST", "/api/v1/users/erase", {{"address", person.address}, {"mail", person.mail}}},
      print_erased);
}

}  // namespace

void add_person_verbs(Verbs verbs, Verb user) {
  auto person = std::make_shared<Person>();
  Verb all = user.add_subcommand(
      "export",
      "Everything that is kept about a person, as JSON: the account without its passwords, what\n"
      "the traces say of its mail, counters, where it logged in, where its mail is.\n"
      "  stagepost user export you@example.org > you.json");
  all.add_option("ADDRESS", person->address).required();
  all.callback([verbs, person] { verbs.status = show_all(verbs.place, *person); });
  Verb away = user.add_subcommand(
      "erase",
      "Remove everything that is kept about a person: mailbox, log-ins, grants, places in\n"
      "aliases, counters; in the traces \"erased\" stands for the address then.\n"
      "  stagepost user erase you@example.org\n"
      "  stagepost user erase you@example.org --mail --yes");
  away.add_option("ADDRESS", person->address).required();
  away.add_flag("--mail", person->mail, "Its mail on disk, too");
  away.add_flag("--yes", person->yes, "Do not ask");
  away.callback([verbs, person] { verbs.status = erase(verbs.place, *person); });
}

}  // namespace cli
