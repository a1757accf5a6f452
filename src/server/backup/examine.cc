// See examine.h.
#include "server/backup/examine.h"

#include <fmt/format.h>

#include "lib/io/clock.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"
#include "server/backup/database_copy.h"
#include "server/backup/places.h"
#include "server/offline.h"

namespace backup {
namespace {

Finding finding(std::string what, std::uint64_t backup, std::uint64_t found) {
  return {.what = std::move(what),
          .backup = std::to_string(backup),
          .found = std::to_string(found),
          .well = backup == found};
}

Finding count(std::string what, std::uint64_t found) {
  return {.what = std::move(what), .found = std::to_string(found)};
}

std::uint64_t sum(const DatabaseFacts& facts) {
  std::uint64_t rows = 0;
  for (const auto& [table, in_it] : facts.rows) rows += in_it;
  return rows;
}

base::Result<std::vector<Finding>> examine_databases(const Manifest& manifest,
                                                     const std::string& home) {
  std::vector<Finding> out;
  for (const auto& [name, facts] : manifest.databases) {
    const auto path = place_of(name, home);
    if (!path) return base::fail(base::ErrorKind::corrupt, "the manifest names " + name);
    auto found = examine_database(*path);
    if (!found) return std::unexpected(std::move(found.error()));
    Finding one = finding(fmt::format("rows of {}", name.substr(name.rfind('/') + 1)), sum(facts),
                          sum(*found));
    one.well = facts == *found;
    out.push_back(std::move(one));
  }
  return out;
}

void add_opened(std::vector<Finding>& out, const server::Opened& opened, const Manifest& manifest) {
  out.push_back(finding("messages in the queue", manifest.messages, opened.replay.messages));
  for (const std::string& damage : opened.replay.damages) {
    out.push_back({.what = "damage of the queue", .found = damage, .well = false});
  }
  out.push_back(count("segments of the journal", opened.replay.segments));
  out.push_back(count("domains", opened.domains));
  out.push_back(count("mailboxes", opened.mailboxes));
  out.push_back(count("aliases", opened.aliases));
  out.push_back(count("tokens of the API", opened.tokens));
  out.push_back(count("webhooks", opened.webhooks));
  out.push_back(count("DKIM keys", opened.keys));
  out.push_back({.what = "certificate", .found = opened.certificate});
}

}  // namespace

base::Result<config::Config> config_in(const Checked& checked, const std::string& home) {
  auto config = config::load(checked.config_text, config_name, checked.manifest.home);
  if (!config) return config;
  return moved(std::move(*config), checked.manifest.home, home);
}

base::Result<std::vector<Finding>> examine(const Checked& checked, const std::string& home) {
  auto config = config_in(checked, home);
  if (!config) return std::unexpected(std::move(config.error()));
  auto out = examine_databases(checked.manifest, home);
  if (!out) return out;
  cut_off(*config);
  auto opened = server::open_offline(std::move(*config));
  if (!opened) return std::unexpected(std::move(opened.error()));
  add_opened(*out, *opened, checked.manifest);
  return out;
}

}  // namespace backup
