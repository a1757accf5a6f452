// See at_start.h.
#include "config/at_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/table.h"

namespace config {
namespace {

// What is opened, bound or made once: sections, and single settings of others.
constexpr std::array<std::string_view, 12> whole_sections = {
    "server",  "dns",     "trace", "http", "api",       "clients",
    "mta_sts", "privacy", "otel",  "ldap", "directory", "alias_file"};
constexpr std::array<std::string_view, 24> single_settings = {"hostname",
                                                              "format",
                                                              "listener[].address",
                                                              "listener[].socket_mode",
                                                              "queue.journal_folder",
                                                              "queue.segment_bytes",
                                                              "queue.disk_reserve_bytes",
                                                              "queue.body_memory_bytes_max",
                                                              "queue.draft_chunk_bytes",
                                                              "queue.draft_memory_bytes_max",
                                                              "sending.state",
                                                              "sending.state_save_every",
                                                              "dkim.key_folder",
                                                              "dkim.rsa_bits",
                                                              "reports.database",
                                                              "webhooks.database",
                                                              "forwarding.valid_for",
                                                              "forwarding.secrets",
                                                              "forwarding.renew_secret_after",
                                                              "log.format",
                                                              "log.output",
                                                              "log.syslog_socket",
                                                              "log.path",
                                                              "log.keep_for"};

// The value of each element, so that one more or less differs, too.
std::vector<std::string> values_of(const Section& section, const Setting& setting,
                                   const Config& config) {
  if (!section.repeated()) return {setting.show(config)};
  std::vector<std::string> out;
  Config upto = config;  // a setting works on the last element
  for (std::size_t i = section.size(config); i > 0; --i) {
    section.keep(upto, i);
    out.push_back(setting.show(upto));
  }
  return out;
}

}  // namespace

std::vector<std::string_view> names_at_start() {
  std::vector<std::string_view> out(whole_sections.begin(), whole_sections.end());
  out.insert(out.end(), single_settings.begin(), single_settings.end());
  return out;
}

bool counts_at_start(std::string_view path) {
  std::string_view section = path.substr(0, std::min(path.find('.'), path.size()));
  if (section == path) section = {};
  if (section.ends_with("[]")) section.remove_suffix(2);
  return std::ranges::find(whole_sections, section) != whole_sections.end() ||
         std::ranges::find(single_settings, path) != single_settings.end();
}

std::vector<std::string> waiting_settings(const Config& started, const Config& read) {
  std::vector<std::string> out;
  for (const Section& section : sections()) {
    for (const Setting& one : section.settings) {
      const std::string path = path_of(section, one.key);
      if (!counts_at_start(path)) continue;
      if (values_of(section, one, started) == values_of(section, one, read)) continue;
      out.push_back(section.repeated() ? fmt::format("[[{}]]", section.name) : path);
      if (section.repeated()) break;  // its other settings are of the same elements
    }
  }
  return out;
}

}  // namespace config
