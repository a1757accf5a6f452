// See dns_sheet.h. domain: add, list, remove, with the keys and DNS records that it needs.
#include <cstdio>

#include "cli/answer.h"
#include "cli/dns_sheet.h"
#include "cli/domain_keys.h"
#include "lib/http/message.h"

namespace cli {
namespace {

using boost::json::object;

struct Words {
  std::string domain;
  bool publish = false;
  bool offline = false;
  bool json = false;
  PublishWords how;
};
using Shared = std::shared_ptr<Words>;

int add(const Place& place, const Words& words) {
  const auto key = read_key_file(words.how.key_file);
  if (!key) return complain("--dns-key: " + key.error().detail);
  const auto added = ask_json(place, "POST", "/api/v1/domains/add", {{"domain", words.domain}});
  if (!added) return complain(added.error().detail);
  std::printf("%s is ours now. Next: stagepost user add you@%s\n", words.domain.c_str(),
              words.domain.c_str());
  if (const auto made = make_domain_keys(place, words.domain); !made) {
    return complain("its keys for signing: " + made.error().detail);
  }
  if (words.publish) {
    std::printf("\n");
    return publish_records(place, words.domain, words.how, *key);
  }
  std::printf("\nIts records in the DNS:\n\n");
  const int status = show_records(place, words.domain, !words.offline);
  std::printf("\n`stagepost dns show %s` says this again, with --zone as text for a zone file.\n",
              words.domain.c_str());
  return status;
}

// What was published for the domain and serves no other: told while it is still known.
std::string leftovers(const object& sheet) {
  std::string out;
  for (const auto& entry : list_of(sheet, "records")) {
    const object& record = entry.get_object();
    const std::string state = field_of(record, "state");
    if (is_true(record, "of_host") || (state != "right" && state != "partly")) continue;
    out += "  " + field_of(record, "zone_line") + "\n";
  }
  return out;
}

int remove(const Place& place, const Words& words) {
  std::string target = "/api/v1/dns?domain=" + http::percent_encode(words.domain);
  if (!words.offline) target += "&check=true";
  constexpr base::Duration look_time_max = std::chrono::seconds(90);
  const auto sheet = ask_json(place, "GET", target, {}, look_time_max);
  const auto removed =
      ask_json(place, "POST", "/api/v1/domains/remove", {{"domain", words.domain}});
  if (!removed) return complain(removed.error().detail);
  std::printf("%s is not ours any more\n", words.domain.c_str());
  if (!sheet || words.offline) return 0;
  const std::string left = leftovers(*sheet);
  if (!left.empty()) {
    std::printf("\nTake these out of the DNS; the MX at once, for its mail is refused now:\n%s",
                left.c_str());
  }
  return 0;
}

void add_add(Verbs verbs, Verb domain) {
  const Shared words = std::make_shared<Words>();
  words->how.yes = false;
  Verb verb = domain.add_subcommand(
      "add",
      "Take mail for a domain: make its keys for signing, show the DNS records that it needs and\n"
      "whether they are published, or publish them.\n"
      "  stagepost domain add example.org\n"
      "  stagepost domain add example.org --publish --dns-server 192.0.2.53 --dns-key KEYFILE");
  verb.add_option("DOMAIN", words->domain).required();
  verb.add_flag("--publish", words->publish, "Write what is missing into the DNS (RFC 2136)");
  add_publish_options(verb, words->how);
  verb.add_flag("--yes", words->how.yes, "Ask nothing");
  verb.add_flag("--no-check", words->offline, "Do not ask the DNS");
  verb.callback([verbs, words] { verbs.status = add(verbs.place, *words); });
}

void add_remove(Verbs verbs, Verb domain) {
  const Shared words = std::make_shared<Words>();
  Verb verb = domain.add_subcommand(
      "remove", "Take mail for a domain no more, and say what to take out of the DNS");
  verb.add_option("DOMAIN", words->domain).required();
  verb.add_flag("--no-check", words->offline, "Do not ask the DNS");
  verb.callback([verbs, words] { verbs.status = remove(verbs.place, *words); });
}

void add_list(Verbs verbs, Verb domain) {
  const Shared words = std::make_shared<Words>();
  Verb verb = domain.add_subcommand("list", "Show the domains");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] {
    verbs.status = show_list(verbs.place, {"GET", "/api/v1/domains"}, "domains", words->json,
                             [](const object& row) { return field_of(row, "text"); });
  });
}

}  // namespace

void add_domain_verbs(Verbs verbs) {
  Verb domain = verbs.app.add_subcommand("domain",
                                         "The domains whose mail is ours.\n"
                                         "  stagepost domain add example.org\n"
                                         "  stagepost domain list");
  domain.require_subcommand();
  add_add(verbs, domain);
  add_remove(verbs, domain);
  add_list(verbs, domain);
}

}  // namespace cli
