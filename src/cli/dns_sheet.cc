// See dns_sheet.h.
#include "cli/dns_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>

#include "cli/answer.h"
#include "cli/input.h"
#include "lib/http/message.h"
#include "lib/io/real/files.h"

namespace cli {
namespace {

using boost::json::object;

constexpr std::uint64_t key_file_bytes_max = 4096;
// records::Publisher's own limits, one after the other, and some more.
constexpr base::Duration look_time_max = std::chrono::seconds(90);
constexpr base::Duration publish_time_max = std::chrono::minutes(5);

bool is_well(const std::string& state) { return state == "right" || state == "fits"; }

std::string_view words_of(const std::string& state) {
  static const std::map<std::string, std::string_view, std::less<>> words = {
      {"right", "published"},
      {"fits", "published, in another form"},
      {"partly", "not yet on every name server"},
      {"missing", "missing"},
      {"stale", "there is an old one of ours"},
      {"other", "there is another one, which is not ours"},
      {"unknown", "not known"}};
  const auto found = words.find(state);
  return found == words.end() ? "not asked" : found->second;
}

std::string record_text(const object& record) {
  const bool quote = field_of(record, "type") == "TXT";
  std::string out =
      fmt::format("  {}  {}  {}{}{}\n", field_of(record, "name"), field_of(record, "type"),
                  quote ? "\"" : "", field_of(record, "value"), quote ? "\"" : "");
  fmt::format_to(std::back_inserter(out), "      ; {}\n", field_of(record, "why"));
  const std::string state = field_of(record, "state");
  if (state.empty()) return out;
  const std::string more = field_of(record, "words");
  fmt::format_to(std::back_inserter(out), "      ; {} {}{}{}\n", is_well(state) ? "✓" : "✗",
                 words_of(state), more.empty() ? "" : ": ", more);
  return out;
}

void print_changes(const object& answer) {
  for (const auto& entry : list_of(answer, "zones")) {
    const object& zone = entry.get_object();
    std::printf("Zone %s\n", field_of(zone, "zone").c_str());
    for (const auto& one : list_of(zone, "changes")) {
      const object& change = one.get_object();
      const bool adds = field_of(change, "do") == "add";
      const bool all = field_of(change, "do") == "remove-all";
      std::printf("  %s %s  %s  %s\n", adds ? "+" : "-", field_of(change, "name").c_str(),
                  field_of(change, "type").c_str(),
                  all ? "(all of them)" : field_of(change, "data").c_str());
    }
    const std::string trouble = field_of(zone, "trouble");
    if (!trouble.empty()) std::printf("  ! %s\n", trouble.c_str());
  }
}

// What stays as it is, and whose turn it is.
void print_left(const object& answer) {
  bool first = true;
  for (const auto& entry : list_of(answer, "left")) {
    const object& record = entry.get_object();
    if (first) std::printf("\nNot touched:\n");
    first = false;
    std::printf("%s", record_text(record).c_str());
    if (is_true(record, "rented")) continue;
    if (field_of(record, "state") == "other") {
      std::printf("      ; --replace puts ours in its place\n");
    }
  }
}

bool is_empty_plan(const object& answer) { return list_of(answer, "zones").empty(); }

// Of what was to be published: is all of it served?
int print_result(const object& answer) {
  bool whole = true;
  for (const auto& entry : list_of(answer, "zones")) {
    const std::string trouble = field_of(entry.get_object(), "trouble");
    if (trouble.empty()) continue;
    whole = false;
    std::printf("\nZone %s was not changed: %s\n", field_of(entry.get_object(), "zone").c_str(),
                trouble.c_str());
  }
  std::string signs;
  for (const auto& name : list_of(answer, "activated")) {
    signs += "\n" + text_of(name) + " signs from now on";
  }
  const object& after = answer.at("after").get_object();
  const std::string summary = summary_text(after);
  std::printf("\n%s\n", summary.empty()
                            ? "Every name server serves every record."
                            : ("Served by the name servers now, but for: " + summary).c_str());
  if (!signs.empty()) std::printf("%s\n", signs.substr(1).c_str());
  for (const auto& entry : list_of(after, "records")) {
    const object& record = entry.get_object();
    const std::string state = field_of(record, "state");
    if (is_well(state) || is_true(record, "rented") || state == "other") continue;
    whole = false;
    std::printf("%s", record_text(record).c_str());
  }
  return whole ? 0 : 1;
}

object publish_body(const std::string& domain, const PublishWords& words, const std::string& key) {
  object body = {{"domain", domain}, {"replace", words.replace}};
  if (!words.server.empty()) body["server"] = words.server;
  if (!key.empty()) body["key"] = key;
  return body;
}

}  // namespace

std::string sheet_text(const object& sheet) {
  std::string out;
  if (list_of(sheet, "addresses").empty()) {
    out +=
        "  The public address of this host is not known: write it into [doctor] public_addresses,\n"
        "  then say this again for its A, AAAA and PTR records.\n";
  }
  for (const auto& entry : list_of(sheet, "records")) out += record_text(entry.get_object());
  return out;
}

std::string zone_text(const object& sheet) {
  std::string out = "; what " + field_of(sheet, "domain") + " needs, as text for a zone file\n";
  for (const auto& entry : list_of(sheet, "records")) {
    const object& record = entry.get_object();
    if (is_true(record, "rented")) out += "; of whoever rents you the address: ";
    out += field_of(record, "zone_line") + "\n";
  }
  return out;
}

std::string summary_text(const object& sheet) {
  std::map<std::string, unsigned> counts;
  for (const auto& entry : list_of(sheet, "records")) {
    const std::string state = field_of(entry.get_object(), "state");
    if (!state.empty() && !is_well(state)) counts[state] += 1;
  }
  std::string out;
  for (const auto& [state, count] : counts) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, state);
  }
  return out;
}

void add_publish_options(Verb verb, PublishWords& words) {
  verb.add_option("--dns-server", words.server,
                  "Address of the name server that takes updates (RFC 2136) [acme.dns_server]");
  verb.add_option("--dns-key", words.key_file,
                  "File with the key that signs them, as tsig-keygen or keymgr -t writes it");
  verb.add_flag("--replace", words.replace,
                "Also put ours in the place of records that are somebody else's");
}

base::Result<std::string> read_key_file(const std::string& path) {
  if (path.empty()) return std::string();
  io::real::PosixFiles files;
  return io::read_file(files, path, key_file_bytes_max);
}

int show_records(const Place& place, const std::string& domain, bool check, SheetForm form) {
  std::string target = "/api/v1/dns?domain=" + http::percent_encode(domain);
  if (check) target += "&check=true";
  return do_and_show(place, {"GET", target, {}, look_time_max}, [&](const object& sheet) {
    if (form == SheetForm::json) {
      std::printf("%s\n", boost::json::serialize(sheet).c_str());
    } else if (form == SheetForm::zone) {
      std::printf("%s", zone_text(sheet).c_str());
    } else {
      std::printf("%s", sheet_text(sheet).c_str());
      const std::string summary = summary_text(sheet);
      if (check) {
        std::printf("\n%s\n", summary.empty() ? "All of them are published."
                                              : ("Not as they should be: " + summary).c_str());
      }
    }
  });
}

int publish_records(const Place& place, const std::string& domain, const PublishWords& words,
                    const std::string& key) {
  object body = publish_body(domain, words, key);
  body["dry_run"] = true;
  const auto plan = ask_json(place, "POST", "/api/v1/dns/publish", body, publish_time_max);
  if (!plan) return complain(plan.error().detail);
  if (!words.json) {
    print_changes(*plan);
    print_left(*plan);
  }
  if (is_empty_plan(*plan)) {
    if (words.json) std::printf("%s\n", boost::json::serialize(*plan).c_str());
    if (!words.json) std::printf("There is nothing to publish.\n");
    return 0;
  }
  if (!words.yes && !confirm("\nChange the DNS like this?")) {
    return complain("nothing was changed; --yes changes it without a question");
  }
  body["dry_run"] = false;
  const auto done = ask_json(place, "POST", "/api/v1/dns/publish", body, publish_time_max);
  if (!done) return complain(done.error().detail);
  if (words.json) {
    std::printf("%s\n", boost::json::serialize(*done).c_str());
    return is_true(done->at("after").get_object(), "well") ? 0 : 1;
  }
  return print_result(*done);
}

}  // namespace cli
