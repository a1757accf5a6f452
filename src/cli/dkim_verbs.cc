// See cli.h. dkim: generate, show, rotate, remove.
#include <fmt/format.h>

#include <cstdio>

#include "cli/answer.h"
#include "cli/dkim_records.h"
#include "cli/dkim_sign.h"
#include "lib/http/message.h"

namespace cli {
namespace {

using boost::json::object;

struct Words {
  std::string domain;
  std::string selector;
  std::string type = "both";
  unsigned bits = 0;
  bool offline = false;
  bool force = false;
  bool json = false;
};
using Shared = std::shared_ptr<Words>;

bool print_json(const Words& words, const object& answer) {
  if (words.json) std::printf("%s\n", boost::json::serialize(answer).c_str());
  return words.json;
}

void print_records(const boost::json::array& keys, std::string_view domain) {
  std::printf("Publish in the DNS of %s, in your provider's form:\n\n",
              std::string(domain).c_str());
  for (const auto& key : keys) {
    std::printf("%s\n", dkim_record_table(field_of(key.get_object(), "name"),
                                          field_of(key.get_object(), "record"))
                            .c_str());
  }
  std::printf("or in its zone file:\n\n");
  for (const auto& key : keys) {
    std::printf("%s", dkim_record_zone_text(field_of(key.get_object(), "name"),
                                            field_of(key.get_object(), "record"))
                          .c_str());
  }
}

void print_next_step(const std::string& domain) {
  std::printf(
      "\nThe server looks every few minutes, and signs with these keys as soon as every name\n"
      "server of the domain serves them. `stagepost dkim show %s` tells how far that is,\n"
      "`stagepost dkim rotate %s` looks at once.\n",
      domain.c_str(), domain.c_str());
}

int generate(const Place& place, const Words& words) {
  object body = {{"domain", words.domain}, {"type", words.type}};
  if (!words.selector.empty()) body["selector"] = words.selector;
  if (words.bits != 0) body["bits"] = words.bits;
  return do_and_show(place, {"POST", "/api/v1/dkim/generate", body}, [&](const object& answer) {
    if (print_json(words, answer)) return;
    print_records(list_of(answer, "keys"), words.domain);
    print_next_step(words.domain);
  });
}

// --- show ----------------------------------------------------------------------------------------

std::string state_words(const object& key) {
  const std::string state = field_of(key, "state");
  if (state == "pending") return "pending: not used yet, since " + field_of(key, "created");
  if (state == "active") return "active: signs since " + field_of(key, "activated");
  return fmt::format(
      "retired {}: keep it in the DNS until {}, then take it out and say "
      "`stagepost dkim remove {} {}`",
      field_of(key, "retired"), field_of(key, "needed_until"), field_of(key, "domain"),
      field_of(key, "selector"));
}

std::string serves_words(const object& server) {
  const std::string serves = field_of(server, "serves");
  if (serves == "same") return "serves it";
  return serves == "trouble" ? "no answer: " + field_of(server, "words")
                             : field_of(server, "words");
}

void print_key(const object& key) {
  std::printf("%s  (%s, %s bits)\n  %s\n", field_of(key, "name").c_str(),
              field_of(key, "type").c_str(), field_of(key, "bits").c_str(),
              state_words(key).c_str());
  for (const auto& entry : list_of(key, "servers")) {
    const object& server = entry.get_object();
    std::printf("  %s [%s]: %s\n", field_of(server, "server").c_str(),
                field_of(server, "address").c_str(), serves_words(server).c_str());
  }
  const std::string problem = field_of(key, "problem");
  if (!problem.empty() && list_of(key, "servers").empty()) {
    std::printf("  %s\n", problem.c_str());
  }
  std::printf("%s", dkim_record_zone_text(field_of(key, "name"), field_of(key, "record")).c_str());
  if (field_of(key, "state") == "retired") {
    std::printf("  to revoke it: %s\n", dkim_revoked_record(field_of(key, "type")).c_str());
  }
}

int show(const Place& place, const Words& words) {
  std::string target = "/api/v1/dkim?domain=" + http::percent_encode(words.domain);
  if (!words.offline) target += "&check=true";
  return do_and_show(place, {"GET", target}, [&](const object& answer) {
    if (print_json(words, answer)) return;
    const std::string trouble = field_of(answer, "trouble");
    if (!trouble.empty()) std::printf("Trouble: %s\n\n", trouble.c_str());
    bool first = true;
    for (const auto& key : list_of(answer, "keys")) {
      if (!first) std::printf("\n");
      print_key(key.get_object());
      first = false;
    }
    if (first && trouble.empty()) {
      std::printf(
          "There are no keys, so nothing is signed. `stagepost dkim generate DOMAIN` makes "
          "them\n");
    }
  });
}

// --- rotate, remove ------------------------------------------------------------------------------

void print_switched(const object& answer) {
  for (const auto& key : list_of(answer, "activated")) {
    std::printf("%s signs from now on\n", field_of(key.get_object(), "name").c_str());
  }
  for (const auto& key : list_of(answer, "retired")) {
    std::printf("%s is retired: keep it in the DNS until %s, mail that it signed is on its way\n",
                field_of(key.get_object(), "name").c_str(),
                field_of(key.get_object(), "needed_until").c_str());
  }
}

int rotate(const Place& place, const Words& words) {
  bool waits = false;
  const int status = do_and_show(
      place, {"POST", "/api/v1/dkim/rotate", {{"domain", words.domain}, {"force", words.force}}},
      [&](const object& answer) {
        const auto& waiting = list_of(answer, "waiting");
        waits = !waiting.empty();
        if (print_json(words, answer)) return;
        print_switched(answer);
        if (!list_of(answer, "generated").empty()) {
          print_records(list_of(answer, "generated"), words.domain);
          print_next_step(words.domain);
        }
        if (!waits) return;
        std::printf(
            "Not yet: until then mail is signed as before, with older keys if there are any.\n");
        for (const auto& key : waiting) {
          const std::string problem = field_of(key.get_object(), "problem");
          std::printf("  %s  %s\n", field_of(key.get_object(), "name").c_str(),
                      problem.empty() ? "every name server serves it" : problem.c_str());
        }
        std::printf(
            "--force uses them all the same: receivers that do not find them see broken "
            "signatures\n");
      });
  return status == 0 && waits ? 1 : status;
}

int remove(const Place& place, const Words& words) {
  return do_and_show(
      place,
      {"POST",
       "/api/v1/dkim/remove",
       {{"domain", words.domain}, {"selector", words.selector}, {"force", words.force}}},
      [&](const object& answer) {
        if (print_json(words, answer)) return;
        const object& key = answer.at("removed").get_object();
        std::printf(
            "%s is forgotten. Take it out of the DNS, or replace it by "
            "\"%s\" so that nobody trusts it any more\n",
            field_of(key, "name").c_str(), dkim_revoked_record(field_of(key, "type")).c_str());
      });
}

// --- the verbs -----------------------------------------------------------------------------------

void add_generate(Verbs verbs, Verb dkim, const Shared& words) {
  Verb verb =
      dkim.add_subcommand("generate",
                          "Make keys for a domain and say what to publish in the DNS.\n"
                          "They are not used before every name server of the domain serves them.\n"
                          "  stagepost dkim generate example.org\n"
                          "  stagepost dkim generate example.org --type rsa --selector mail");
  verb.add_option("DOMAIN", words->domain).required();
  verb.add_option("--selector", words->selector,
                  "The key's name in the DNS; with both types -rsa and -ed25519 are added "
                  "[made of year and month]");
  verb.add_option("--type", words->type, "rsa, ed25519 or both")
      .one_of({"rsa", "ed25519", "both"})
      .capture_default_str();
  verb.add_option("--bits", words->bits, "Size of the RSA key [dkim.rsa_bits]");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] { verbs.status = generate(verbs.place, *words); });
}

void add_show(Verbs verbs, Verb dkim, const Shared& words) {
  Verb verb = dkim.add_subcommand(
      "show",
      "All keys, their states and records, and what each name server serves now.\n"
      "  stagepost dkim show\n"
      "  stagepost dkim show example.org --no-check   without asking the DNS");
  verb.add_option("DOMAIN", words->domain);
  verb.add_flag("--no-check", words->offline, "Do not ask the DNS");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] { verbs.status = show(verbs.place, *words); });
}

void add_rotate(Verbs verbs, Verb dkim, const Shared& words) {
  Verb verb = dkim.add_subcommand(
      "rotate",
      "Replace a domain's keys: publish, wait, switch, retire.\n"
      "  stagepost dkim rotate example.org   makes the next keys and says what to publish\n"
      "  stagepost dkim rotate example.org   again: uses them if every name server serves them\n"
      "The second step comes by itself within minutes while the server runs. Old keys stay in the\n"
      "DNS for dkim.retire_after (7 days). Exit code 1: the new keys are not served yet.");
  verb.add_option("DOMAIN", words->domain).required();
  verb.add_flag("--force", words->force, "Use pending keys without asking the DNS");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] { verbs.status = rotate(verbs.place, *words); });
}

void add_remove(Verbs verbs, Verb dkim, const Shared& words) {
  Verb verb = dkim.add_subcommand("remove",
                                  "Forget a key, private part and all.\n"
                                  "  stagepost dkim remove example.org 202611-rsa");
  verb.add_option("DOMAIN", words->domain).required();
  verb.add_option("SELECTOR", words->selector).required();
  verb.add_flag("--force", words->force, "Also when it signs mail");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] { verbs.status = remove(verbs.place, *words); });
}

}  // namespace

void add_dkim_verbs(Verbs verbs) {
  Verb dkim = verbs.app.add_subcommand(
      "dkim",
      "Signatures of our own mail (DKIM): keys and their rotation.\n"
      "  stagepost dkim generate example.org   makes keys and says what to publish in the DNS\n"
      "  stagepost dkim show example.org       keys, and what each name server serves\n"
      "  stagepost dkim rotate example.org     replaces them, without a gap\n"
      "  stagepost dkim sign --help            signs one mail, without a server");
  dkim.require_subcommand();
  const Shared words = std::make_shared<Words>();
  add_generate(verbs, dkim, words);
  add_show(verbs, dkim, words);
  add_rotate(verbs, dkim, words);
  add_remove(verbs, dkim, words);
  add_dkim_sign(verbs, dkim);
}

}  // namespace cli
