// See table.h.
#include "config/table.h"

namespace config {

const Config& defaults() {
  static const Config config = [] {
    Config out;
    out.session.listeners.emplace_back();
    out.delivery.routes.emplace_back();
    out.policy.filters.milters.emplace_back();
    out.policy.client.lists.emplace_back();
    out.policy.backups.emplace_back();
    out.directory.alias_files.emplace_back();
    return out;
  }();
  return config;
}

std::vector<Section> sections() {
  std::vector<Section> out;
  for (auto part :
       {session_sections, acme_sections, login_sections, queue_sections, delivery_sections,
        guard_sections, client_sections, ldap_sections, alias_sections, impersonation_sections,
        signing_sections, verify_sections, filter_sections, reports_sections, privacy_sections,
        otel_sections, other_sections}) {
    for (Section& section : part()) out.push_back(std::move(section));
  }
  return out;
}

std::string path_of(const Section& section, std::string_view key) {
  if (section.name.empty()) return std::string(key);
  return fmt::format("{}{}.{}", section.name, section.repeated() ? "[]" : "", key);
}

}  // namespace config
