// See confinement.h.
#include "server/confinement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lib/io/tls.h"
#include "server/local_mail/settings.h"

namespace server {
namespace {

using io::real::Fence;

// What libraries read after the start: names (glibc, libunbound), certificate authorities
// (OpenSSL), time zones, and libraries that are loaded late. Passwords are not in /etc/passwd.
constexpr std::initializer_list<const char*> system_files = {"/etc/resolv.conf",
                                                             "/etc/hosts",
                                                             "/etc/host.conf",
                                                             "/etc/nsswitch.conf",
                                                             "/etc/gai.conf",
                                                             "/etc/services",
                                                             "/etc/protocols",
                                                             "/etc/passwd",
                                                             "/etc/group",
                                                             "/etc/localtime",
                                                             "/etc/ld.so.cache",
                                                             "/etc/ssl",
                                                             "/etc/ldap",
                                                             "/usr/lib",
                                                             "/usr/local/lib",
                                                             "/usr/share/ca-certificates",
                                                             "/usr/share/dns",
                                                             "/usr/share/zoneinfo",
                                                             "/usr/local/share/ca-certificates",
                                                             "/lib",
                                                             "/lib64",
                                                             "/proc/self",
                                                             "/proc/meminfo",
                                                             "/proc/stat",
                                                             "/proc/sys/kernel",
                                                             "/proc/sys/net",
                                                             "/sys/devices/system/cpu",
                                                             "/dev/null",
                                                             "/dev/urandom",
                                                             "/dev/random"};

// Others replace such a file by a new one of that name, and where it is a link, what it leads to:
// so its folder is open, and that of its target.
void add_watched(Fence& fence, const std::string& path) {
  if (path.empty()) return;
  fence.readable.push_back(io::folder_of(path));
  if (const std::string target = io::real::link_target(path); target != path) {
    fence.readable.push_back(io::folder_of(target));
  }
}

void add_files(Fence& fence, const config::Config& config) {
  fence.readable.assign(system_files.begin(), system_files.end());
  for (std::string& place : io::trust_anchor_places()) fence.readable.push_back(std::move(place));
  for (const std::string* path :
       {&config.server.config_path, &config.session.certificate_path, &config.session.key_path,
        &config.server.acme.ca_file, &config.server.otel.ca_file,
        &config.server.acme.tsig_secret_file, &config.directory.ldap.ca_file,
        &config.directory.ldap.password_file, &config.policy.login.oauth.client_secret_file}) {
    add_watched(fence, *path);
  }
  for (const directory::AliasFileSetting& one : config.directory.alias_files) {
    add_watched(fence, one.path);
    if (!one.lists_folder.empty()) fence.readable.push_back(one.lists_folder);
  }
  for (const delivery::RouteSetting& route : config.delivery.routes) {
    add_watched(fence, route.password_file);
  }
  fence.writable = {config.server.state_folder, config.delivery.mail_folder,
                    config.queue.journal_folder, config.trace.folder,
                    config.policy.signing.key_folder};
  if (config.server.acme.on()) fence.writable.push_back(config.server.acme.folder);
  if (!config.server.home.empty()) {
    fence.writable.push_back(local_mail::folder_in(config.server.home));
  }
  // Whoever makes a mailbox syncs the names above it, that of the folder itself included.
  fence.listed = {io::folder_of(config.delivery.mail_folder)};
  // Mailboxes of an earlier server are links to where they lie.
  for (std::string& mailbox : io::real::link_targets_in(config.delivery.mail_folder)) {
    fence.writable.push_back(std::move(mailbox));
  }
  // These have neighbours: SQLite's journals, the file of yesterday's log, a socket's lock.
  for (const std::string* path :
       {&config.directory.database_path, &config.policy.state_path,
        &config.report.reports.database_path, &config.directory.ldap.cache_path,
        &config.admin.idempotency_path, &config.admin.webhooks_path, &config.trace.log_path,
        &config.admin.socket_path, &config.policy.forwarding.secrets_path}) {
    if (!path->empty()) fence.writable.push_back(io::folder_of(*path));
  }
}

void add_sockets(Fence& fence, const config::Config& config) {
  for (const session::ListenerSetting& listener : config.session.listeners) {
    if (!listener.socket_path.empty())
      fence.writable.push_back(io::folder_of(listener.socket_path));
  }
}

void add_ports(Fence& fence, const config::Config& config) {
  // 0 is one that the kernel chooses: connections that leave from a certain address of ours.
  fence.bound_ports = {0};
  for (const session::ListenerSetting& listener : config.session.listeners) {
    fence.bound_ports.push_back(listener.at.port);
  }
  std::vector<const std::vector<io::Endpoint>*> places = {
      &config.admin.http, &config.admin.api.http, &config.admin.api.https,
      &config.admin.clients.http, &config.admin.clients.https};
  if (config.server.acme.on()) {
    places.push_back(&config.server.acme.http_listen);
    places.push_back(&config.server.acme.tls_listen);
  }
  for (const auto* list : places) {
    for (const io::Endpoint& at : *list) fence.bound_ports.push_back(at.port);
  }
}

}  // namespace

Fence fence_of(const config::Config& config) {
  Fence fence;
  add_files(fence, config);
  add_sockets(fence, config);
  add_ports(fence, config);
  return fence;
}

base::Result<io::real::SandboxReport> confine(const config::Config& config, io::Files& files) {
  const Fence fence = fence_of(config);
  for (const std::string& folder : fence.writable) {
    if (auto made = files.make_directories(folder); !made) {
      return std::unexpected(std::move(made.error()));
    }
  }
  return io::real::enter_sandbox(fence);
}

std::string beyond_fence(const config::Config& now, const config::Config& next) {
  const auto beyond = io::real::outside(fence_of(now), fence_of(next));
  if (beyond.empty()) return {};
  return fmt::format(
      "the new configuration needs {}, which the running server has closed to itself; restart it, "
      "and it will be open",
      fmt::join(beyond, ", "));
}

}  // namespace server
