// See cli.h. certificate: show, order, renew.
#include <fmt/format.h>

#include <cstdio>

#include "cli/answer.h"

namespace cli {
namespace {

using boost::json::object;

struct Words {
  bool offline = false;
  bool new_key = false;
  bool force = false;
  bool json = false;
};
using Shared = std::shared_ptr<Words>;

const object& part_of(const object& from, std::string_view name) {
  static const object empty;
  const auto* found = from.if_contains({name.data(), name.size()});
  return found != nullptr && found->is_object() ? found->get_object() : empty;
}

std::string names_of(const object& certificate) {
  std::string out;
  for (const auto& name : list_of(certificate, "names")) {
    out += (out.empty() ? "" : ", ") + text_of(name);
  }
  return out.empty() ? "no name" : out;
}

std::string source_words(const object& answer) {
  const std::string source = field_of(answer, "source");
  const std::string path = field_of(answer, "path");
  if (source == "files") return fmt::format("from {}, which is watched", path);
  if (source == "acme") return fmt::format("ordered by the server, in {}", path);
  return fmt::format("made by the server itself, in {}; mail programs refuse it", path);
}

void print_certificate(const object& answer) {
  const object& certificate = part_of(answer, "certificate");
  std::printf("%s\n", names_of(certificate).c_str());
  std::printf("  %s\n", source_words(answer).c_str());
  std::printf("  issued by %s\n", field_of(certificate, "issuer").c_str());
  std::printf("  valid from %s to %s\n", field_of(certificate, "not_before").c_str(),
              field_of(certificate, "not_after").c_str());
  const std::string problem = field_of(answer, "problem");
  if (!problem.empty()) std::printf("  trouble: %s\n", problem.c_str());
}

void print_orders(const object& orders) {
  if (orders.empty()) return;
  std::printf("Authority %s, by %s\n", field_of(orders, "directory_url").c_str(),
              field_of(orders, "challenge").c_str());
  if (is_true(orders, "busy")) std::printf("  an order is under way\n");
  const std::string renew_at = field_of(orders, "renew_at");
  if (!renew_at.empty()) std::printf("  renewed at %s\n", renew_at.c_str());
  const std::string waits = field_of(orders, "key_waits");
  if (!waits.empty()) std::printf("  a new key waits: %s\n", waits.c_str());
  if (field_of(orders, "failures") == "0") return;
  std::printf("  failed %s times in a row, last at %s:\n    %s\n  not tried again before %s\n",
              field_of(orders, "failures").c_str(), field_of(orders, "failed_at").c_str(),
              field_of(orders, "failure").c_str(), field_of(orders, "retry_at").c_str());
}

void print_records(const object& answer) {
  const auto& records = list_of(answer, "tlsa");
  std::printf(
      "\nTLSA records, for a domain with DNSSEC (DANE); with both of them in the DNS the key can\n"
      "be replaced at any time:\n");
  for (const auto& entry : records) {
    const object& record = entry.get_object();
    const std::string published = field_of(record, "published");
    std::printf("%s. 3600 IN TLSA %s\n  ; the %s key%s\n", field_of(record, "name").c_str(),
                field_of(record, "data").c_str(), field_of(record, "key").c_str(),
                published.empty() ? "" : (", published: " + published).c_str());
  }
}

void print_all(const object& answer) {
  print_certificate(answer);
  print_orders(part_of(answer, "orders"));
  print_records(answer);
}

int show(const Place& place, const Words& words) {
  const char* target = words.offline ? "/api/v1/certificate" : "/api/v1/certificate?check=true";
  return do_and_show(place, {"GET", target}, [&](const object& answer) {
    if (words.json) {
      std::printf("%s\n", boost::json::serialize(answer).c_str());
    } else {
      print_all(answer);
    }
  });
}

int order(const Place& place, const Words& words, const char* target) {
  object body;
  if (words.new_key) body = {{"new_key", true}, {"force", words.force}};
  constexpr auto order_time_max = std::chrono::minutes(11);  // longer than the server's own
  return do_and_show(place, {"POST", target, body, order_time_max}, [&](const object& answer) {
    if (words.json) {
      std::printf("%s\n", boost::json::serialize(answer).c_str());
      return;
    }
    if (!is_true(answer, "ordered")) {
      std::printf("Not due: it is renewed at %s. `stagepost certificate order` does it now.\n",
                  field_of(part_of(answer, "orders"), "renew_at").c_str());
      return;
    }
    std::printf("The new certificate is in use.\n");
    print_certificate(answer);
  });
}

void add_show(Verbs verbs, Verb certificate, const Shared& words) {
  Verb verb = certificate.add_subcommand(
      "show",
      "The certificate in use, when it is renewed, what failed, and its TLSA records.\n"
      "  stagepost certificate show\n"
      "  stagepost certificate show --no-check   without asking the DNS");
  verb.add_flag("--no-check", words->offline, "Do not ask the DNS");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] { verbs.status = show(verbs.place, *words); });
}

void add_order(Verbs verbs, Verb certificate, const Shared& words) {
  Verb verb = certificate.add_subcommand(
      "order",
      "Order a certificate now, whether or not one is due, and wait for it. It is used at once.\n"
      "When it fails, the authority's own words and the remedy are shown.\n"
      "  stagepost certificate order");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback(
      [verbs, words] { verbs.status = order(verbs.place, *words, "/api/v1/certificate/order"); });
}

void add_renew(Verbs verbs, Verb certificate, const Shared& words) {
  Verb verb = certificate.add_subcommand(
      "renew",
      "Renew the certificate if it is due; the server does so by itself.\n"
      "  stagepost certificate renew\n"
      "  stagepost certificate renew --new-key   with the next key, if its TLSA record allows it");
  verb.add_flag("--new-key", words->new_key, "Replace the key, too");
  verb.add_flag("--force", words->force, "With --new-key: whatever the TLSA records say");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback(
      [verbs, words] { verbs.status = order(verbs.place, *words, "/api/v1/certificate/renew"); });
}

}  // namespace

void add_certificate_verbs(Verbs verbs) {
  Verb certificate = verbs.app.add_subcommand(
      "certificate",
      "The TLS certificate: what it is, and orders at an authority (ACME).\n"
      "  stagepost certificate show     names, end, next renewal, TLSA records\n"
      "  stagepost certificate order    gets one now\n"
      "  stagepost certificate renew    if it is due, or with a new key\n"
      "Set [acme] directory_url first; docs/certificates.md tells how.");
  certificate.require_subcommand();
  const Shared words = std::make_shared<Words>();
  add_show(verbs, certificate, words);
  add_order(verbs, certificate, words);
  add_renew(verbs, certificate, words);
}

}  // namespace cli
