// See places.h.
#include "server/backup/places.h"

namespace backup {
namespace {

constexpr std::string_view home_folder = "home";

void add_folders(std::vector<PathUse>& out, config::Config& config) {
  using enum PathKind;
  out.push_back({"server.state_folder", tree, &config.server.state_folder});
  out.push_back({"queue.journal_folder", journal, &config.queue.journal_folder});
  out.push_back({"delivery.mail_folder", mail, &config.delivery.mail_folder});
  out.push_back({"dkim.key_folder", tree, &config.policy.signing.key_folder});
  out.push_back({"acme.folder", tree, &config.server.acme.folder});
  out.push_back({"trace.folder", tree, &config.trace.folder});
}

void add_own_files(std::vector<PathUse>& out, config::Config& config) {
  using enum PathKind;
  out.push_back({"directory.database", file, &config.directory.database_path});
  out.push_back({"sending.state", file, &config.policy.state_path});
  out.push_back({"reports.database", file, &config.report.reports.database_path});
  out.push_back({"api.idempotency_database", file, &config.admin.idempotency_path});
  out.push_back({"webhooks.database", file, &config.admin.webhooks_path});
  out.push_back({"ldap.cache", file, &config.directory.ldap.cache_path});
  out.push_back({"forwarding.secrets", file, &config.policy.forwarding.secrets_path});
  out.push_back({"http.socket", passing, &config.admin.socket_path});
  out.push_back({"log.path", passing, &config.trace.log_path});
}

void add_others_files(std::vector<PathUse>& out, config::Config& config) {
  using enum PathKind;
  out.push_back({"tls.certificate", file, &config.session.certificate_path});
  out.push_back({"tls.key", file, &config.session.key_path});
  out.push_back({"acme.ca_file", file, &config.server.acme.ca_file});
  out.push_back({"acme.tsig_secret_file", file, &config.server.acme.tsig_secret_file});
  out.push_back({"otel.ca_file", file, &config.server.otel.ca_file});
  out.push_back({"ldap.ca_file", file, &config.directory.ldap.ca_file});
  out.push_back({"ldap.password_file", file, &config.directory.ldap.password_file});
  out.push_back({"oauth.client_secret_file", file, &config.policy.login.oauth.client_secret_file});
  for (directory::AliasFileSetting& one : config.directory.alias_files) {
    out.push_back({"alias_file.path", file, &one.path});
    out.push_back({"alias_file.lists_folder", tree, &one.lists_folder});
  }
  for (delivery::RouteSetting& route : config.delivery.routes) {
    out.push_back({"route.password_file", file, &route.password_file});
  }
}

std::string_view without_end(std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  return folder;
}

// "/a//b/./c" → "a/b/c": as is_safe_name() wants it, where the path has no "..".
std::string parts_of(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") out += (out.empty() ? "" : "/") + std::string(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return out;
}

}  // namespace

std::vector<PathUse> paths_of(config::Config& config) {
  std::vector<PathUse> out;
  add_folders(out, config);
  add_own_files(out, config);
  add_others_files(out, config);
  std::erase_if(out, [](const PathUse& one) { return one.path->empty(); });
  return out;
}

bool lies_in(std::string_view path, std::string_view folder) {
  folder = without_end(folder);
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string name_of(std::string_view path, std::string_view home) {
  home = without_end(home);
  if (path != home && lies_in(path, home)) {
    return std::string(home_folder) + "/" + parts_of(path.substr(home.size()));
  }
  return std::string(outside_folder) + "/" + parts_of(path);
}

std::optional<std::string> place_of(std::string_view name, std::string_view home) {
  const std::string target(without_end(home));
  if (name == config_name) return target + "/" + std::string(config_name);
  if (name.starts_with(std::string(home_folder) + "/")) {
    return target + std::string(name.substr(home_folder.size()));
  }
  if (name.starts_with(std::string(outside_folder) + "/")) return target + "/" + std::string(name);
  return std::nullopt;
}

config::Config moved(config::Config config, std::string_view old_home, const std::string& home) {
  for (const PathUse& one : paths_of(config)) {
    *one.path = place_of(name_of(*one.path, old_home), home).value_or(*one.path);
  }
  config.server.home = home;
  config.server.config_path = home + "/" + std::string(config_name);
  return config;
}

void cut_off(config::Config& config) {
  config.trace.log_path.clear();
  config.trace.log_output = trace::LogOutput::standard;
  config.directory.database_group.clear();
}

}  // namespace backup
