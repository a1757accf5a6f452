// See dns_sheet.h. dns: show, publish.
#include "cli/dns_sheet.h"

namespace cli {
namespace {

struct Words {
  std::string domain;
  bool offline = false;
  bool zone = false;
  bool json = false;
  PublishWords publish;
};
using Shared = std::shared_ptr<Words>;

int show(const Place& place, const Words& words) {
  const SheetForm form = words.json   ? SheetForm::json
                         : words.zone ? SheetForm::zone
                                      : SheetForm::table;
  return show_records(place, words.domain, !words.offline && !words.zone, form);
}

int publish(const Place& place, const Words& words) {
  const auto key = read_key_file(words.publish.key_file);
  if (!key) return complain("--dns-key: " + key.error().detail);
  return publish_records(place, words.domain, words.publish, *key);
}

void add_show(Verbs verbs, Verb dns, const Shared& words) {
  Verb verb = dns.add_subcommand(
      "show",
      "Every record that a domain of ours and this host need, why, and what each name server has.\n"
      "  stagepost dns show example.org\n"
      "  stagepost dns show example.org --zone       to paste into a zone file\n"
      "  stagepost dns show example.org --no-check   without asking the DNS");
  verb.add_option("DOMAIN", words->domain).required();
  verb.add_flag("--no-check", words->offline, "Do not ask the DNS");
  verb.add_flag("--zone", words->zone, "As text for a zone file");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] { verbs.status = show(verbs.place, *words); });
}

void add_publish(Verbs verbs, Verb dns, const Shared& words) {
  Verb verb = dns.add_subcommand(
      "publish",
      "Write what is missing into the DNS by dynamic updates (RFC 2136), after showing it and\n"
      "asking; then look until every name server has it. Old records of ours are replaced; those\n"
      "of others are left alone and named. PTR records are set where the address is rented.\n"
      "  stagepost dns publish example.org --dns-server 192.0.2.53 --dns-key /etc/stagepost/tsig\n"
      "Exit code: 0 when all of it is served, else 1.");
  verb.add_option("DOMAIN", words->domain).required();
  add_publish_options(verb, words->publish);
  verb.add_flag("--yes", words->publish.yes, "Ask nothing");
  verb.add_flag("--json", words->publish.json, "As JSON");
  verb.callback([verbs, words] { verbs.status = publish(verbs.place, *words); });
}

}  // namespace

void add_dns_verbs(Verbs verbs) {
  Verb dns = verbs.app.add_subcommand(
      "dns",
      "What our domains need in the DNS.\n"
      "  stagepost dns show example.org      the records, and whether they are published\n"
      "  stagepost dns publish example.org   publishes what is missing (RFC 2136)\n"
      "docs/first-server.md explains each record.");
  dns.require_subcommand();
  const Shared words = std::make_shared<Words>();
  add_show(verbs, dns, words);
  add_publish(verbs, dns, words);
}

}  // namespace cli
