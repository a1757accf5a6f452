// cli/dns_sheet.h: the DNS records of a domain, shown and published, for every verb that does so.
//
// What:    sheet_text and zone_text of what /api/v1/dns says; publish() shows what would change,
//          asks, lets the server do it and tells what every name server has then.
// In/Out:  the API's JSON → text; PublishWords → exit code.
// Errors:  a key file that cannot be read, and what the server says, on stderr.
// Limits:  key_file_bytes_max.
// Not here: which records, and how they are judged (admin/records/).
#pragma once

#include <boost/json.hpp>
#include <string>

#include "cli/cli.h"
#include "lib/base/result.h"

namespace cli {

// A line for each record and, if `asked`, whether the DNS has it.
[[nodiscard]] std::string sheet_text(const boost::json::object& sheet);
[[nodiscard]] std::string zone_text(const boost::json::object& sheet);
// What is not as it should be, counted: "3 missing, 1 other".
[[nodiscard]] std::string summary_text(const boost::json::object& sheet);

struct PublishWords {
  std::string server;    // --dns-server
  std::string key_file;  // --dns-key
  bool replace = false;
  bool yes = false;
  bool json = false;
};
// `domain` and `dns`; add_directory_verbs adds them.
void add_domain_verbs(Verbs verbs);
void add_dns_verbs(Verbs verbs);

// Adds --dns-server, --dns-key and --replace to a verb.
void add_publish_options(Verb verb, PublishWords& words);
// Reads the key file, which only root may be able to do; empty without one.
[[nodiscard]] base::Result<std::string> read_key_file(const std::string& path);
// `key`: of read_key_file. 0: everything is published; 1: not everything, or it was not wanted.
[[nodiscard]] int publish_records(const Place& place, const std::string& domain,
                                  const PublishWords& words, const std::string& key);
// Prints the records with their states, or as zone-file text; 0 when it could be shown.
enum class SheetForm : std::uint8_t { table, zone, json };
[[nodiscard]] int show_records(const Place& place, const std::string& domain, bool check,
                               SheetForm form = SheetForm::table);

}  // namespace cli
