// See check.h.
#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace config {
namespace {

class Checker {
 public:
  Checker(const Config& config, const Lines& lines) : config_(config), lines_(lines) {}

  std::vector<Problem> run() {
    required("hostname", "set it to this server's full name: hostname = \"mail.example.org\"");
    listeners();
    api();
    certificate();
    acme();
    otel();
    routes();
    backups();
    required_in("alias_file", "path", "write where it is: path = \"/etc/aliases\"");
    lists();
    filters();
    relays();
    oauth();
    ldap();
    if (config_.trace.file_bytes_max > config_.trace.bytes_max) {
      problem("trace.bytes_max", "is less than trace.file_bytes_max; make it some times as large");
    }
    if (config_.trace.log_output == trace::LogOutput::syslog && !config_.trace.log_path.empty()) {
      problem("log.path", "is not used while log.output is \"syslog\"; remove one of the two");
    }
    if (config_.queue.draft_chunk_bytes > config_.queue.segment_bytes) {
      problem("queue.draft_chunk_bytes",
              "is more than queue.segment_bytes; make it smaller than that");
    }
    return std::move(problems_);
  }

 private:
  [[nodiscard]] bool set(std::string_view key) const { return lines_.contains(key); }
  [[nodiscard]] int line(std::string_view key) const {
    const auto found = lines_.find(key);
    return found == lines_.end() ? 0 : found->second;
  }

  void problem(std::string key, std::string words) {
    problems_.push_back({.line = line(key), .key = std::move(key), .words = std::move(words)});
  }

  void required(const std::string& key, std::string_view remedy) {
    if (!set(key)) problem(key, fmt::format("is missing; {}", remedy));
  }

  // Of the elements of [[name]], each must set `key`.
  void required_in(std::string_view name, std::string_view key, std::string_view remedy) {
    for (std::size_t i = 1; set(fmt::format("{}[{}]", name, i)); ++i) {
      const std::string section = fmt::format("{}[{}]", name, i);
      const std::string path = fmt::format("{}.{}", section, key);
      if (set(path)) continue;
      problems_.push_back(
          {.line = line(section), .key = path, .words = fmt::format("is missing; {}", remedy)});
    }
  }

  void api() {
    for (const io::Endpoint& at : config_.admin.api.http) {
      if (at.address.is_loopback()) continue;
      problem("api.addresses",
              fmt::format("{} is not of this host alone, and a token would go over "
                          "it unencrypted; use api.tls_addresses",
                          at.text()));
    }
  }

  void lists() {
    required_in("list", "zone", "write where it is asked: zone = \"zen.spamhaus.org\"");
    const auto& all = config_.policy.client.lists;
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (all[i].zone.empty() || all[i].zone != all[j].zone || all[i].of != all[j].of) continue;
        problem(fmt::format("list[{}].zone", i + 1),
                fmt::format("{} is asked by list[{}] already; give that one more codes",
                            all[i].zone, j + 1));
      }
    }
    if (config_.policy.client.defer_score >= config_.policy.client.reject_score) {
      problem("client.defer_score", "is never reached: it must be less than client.reject_score");
    }
  }

  // The log and `explain` tell filters apart by their names.
  void filters() {
    const auto& all = config_.policy.filters.milters;
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (all[i].name.empty() || all[i].name != all[j].name) continue;
        problem(fmt::format("milter[{}].name", i + 1),
                fmt::format("\"{}\" is the name of milter[{}] already; give it another one",
                            all[i].name, j + 1));
      }
    }
  }

  // An open relay is on every block list within hours (invariant 5).
  void relays() {
    for (const io::IpNetwork& network : config_.policy.relay_networks) {
      if (network.prefix_bits > 0) continue;
      problem("policy.relay_networks", fmt::format("{} would let the whole world relay; name the "
                                                   "networks of your own hosts",
                                                   network.text()));
    }
    for (const io::IpNetwork& network : config_.policy.verify.exempt) {
      if (network.prefix_bits > 0) continue;
      problem(
          "verify.exempt",
          fmt::format("{} would let everybody's mail in unchecked; name the networks of your own "
                      "hosts, or set verify.dmarc = \"observe\" to refuse nothing",
                      network.text()));
    }
  }

  // Tokens go over this way; in the clear only where nobody can listen.
  void provider_url(const std::string& key, std::string_view url) {
    constexpr std::string_view plain = "http://";
    const std::string_view at = url.substr(url.starts_with(plain) ? plain.size() : 0);
    const std::string_view host = at.substr(0, at.find_first_of(":/"));
    const auto ip = io::IpAddress::parse(host);
    const bool local = url.starts_with(plain) && (host == "localhost" || at.starts_with("[::1]") ||
                                                  (ip && ip->is_loopback()));
    if (url.empty() || url.starts_with("https://") || local) return;
    problem(key, "is not a URL that is safe to use; write https://… (http:// only to 127.0.0.1)");
  }

  // People's passwords go over these connections.
  void ldap_url(std::string_view url, bool start_tls) {
    const bool plain = url.starts_with("ldap://");
    const std::string_view at = url.substr(plain ? 7 : 0);
    const std::string_view host = at.substr(0, at.find_first_of(":/"));
    const auto ip = io::IpAddress::parse(host);
    const bool local = host == "localhost" || at.starts_with("[::1]") || (ip && ip->is_loopback());
    if (!plain && !url.starts_with("ldaps://") && !url.starts_with("ldapi://")) {
      problem("ldap.url",
              fmt::format("{} is no LDAP URL; write \"ldaps://ldap.example.org\"", url));
    } else if (plain && !local && !start_tls) {
      problem("ldap.url", fmt::format("{} would carry passwords in the clear; write ldaps://…, or "
                                      "add start_tls = true",
                                      url));
    }
  }

  void ldap() {
    const directory::LdapSettings& ldap = config_.directory.ldap;
    if (!ldap.on()) {
      if (!ldap.base_dn.empty()) {
        problem("ldap.base_dn", "is of no use without a server; add url = \"ldaps://…\"");
      }
      return;
    }
    for (const std::string& url : ldap.urls) ldap_url(url, ldap.start_tls);
    if (ldap.base_dn.empty()) {
      problem("ldap.url", "needs to know where people are; add base_dn = \"dc=example,dc=org\"");
    }
    if (ldap.bind_dn.empty() != ldap.password_file.empty()) {
      problem(ldap.bind_dn.empty() ? "ldap.password_file" : "ldap.bind_dn",
              "bind_dn and password_file belong together; set both, or none to read anonymously");
    }
    for (const auto& [key, filter] : {std::pair("ldap.user_filter", &ldap.user_filter),
                                      std::pair("ldap.group_filter", &ldap.group_filter)}) {
      if (filter->empty() || (filter->starts_with('(') && filter->ends_with(')'))) continue;
      problem(key, "is no LDAP filter; write it in parentheses: \"(objectClass=inetOrgPerson)\"");
    }
  }

  void oauth() {
    const auto& oauth = config_.policy.login.oauth;
    provider_url("oauth.jwks_url", oauth.jwks_url);
    provider_url("oauth.introspection_url", oauth.introspection_url);
    if (!oauth.jwks_url.empty() && oauth.issuer.empty()) {
      problem("oauth.jwks_url", "needs oauth.issuer; write what the tokens have as \"iss\"");
    }
    if (!oauth.jwks_url.empty() && oauth.audience.empty()) {
      problem("oauth.jwks_url", "needs oauth.audience; write what the tokens have as \"aud\"");
    }
    if (!oauth.on() && !oauth.issuer.empty()) {
      problem("oauth.issuer", "is not enough; add oauth.jwks_url or oauth.introspection_url");
    }
    const auto& names = config_.policy.login.mechanisms;
    const auto needs_provider = [](const std::string& name) {
      return name == "OAUTHBEARER" || name == "XOAUTH2";
    };
    if (!names.empty() && !oauth.on() && std::ranges::all_of(names, needs_provider)) {
      problem("policy.auth_mechanisms",
              "leaves no way to log in; add the provider as [oauth], or \"PLAIN\"");
    }
  }

  void listeners() {
    if (!set("listener")) {
      problem("listener",
              "is missing, so nobody could connect; add a section [[listener]] with address = "
              "\"0.0.0.0:25\"");
    }
    required_in("listener", "address", "write where to listen: address = \"0.0.0.0:25\"");
    required_in("milter", "address", "write where it listens: address = \"127.0.0.1:8891\"");
    const auto& all = config_.session.listeners;
    for (std::size_t i = 0; i < all.size(); ++i) {
      believed(fmt::format("listener[{}].proxy_protocol", i + 1), all[i].proxies);
      believed(fmt::format("listener[{}].xclient", i + 1), all[i].xclient);
      const std::string key = fmt::format("listener[{}].address", i + 1);
      if (!set(key)) continue;
      lmtp(key, all[i]);
      for (std::size_t j = 0; j < i; ++j) {
        if (all[i].place() == all[j].place()) {
          problem(key, fmt::format("{} is taken by listener[{}]; give each its own address or port",
                                   all[i].place(), j + 1));
        }
      }
    }
  }

  // What comes there is not judged again, so not everybody may bring it.
  void lmtp(const std::string& key, const session::ListenerSetting& one) {
    const bool is_unix = !one.socket_path.empty();
    if (one.protocol != session::Protocol::lmtp) {
      if (is_unix) problem(key, "is a unix socket, which needs protocol = \"lmtp\"");
      return;
    }
    if (one.role != session::Role::mx) {
      problem(key, "has protocol = \"lmtp\", where nobody logs in; take role = \"submission\" out");
    }
    if (is_unix && one.tls == session::Tls::implicit) {
      problem(key, "is a unix socket, which needs no tls = \"implicit\"");
    }
    if (is_unix && !(one.clients.empty() && one.proxies.empty() && one.xclient.empty())) {
      problem(key,
              "is a unix socket, and nobody who connects there has an address; socket_mode "
              "says who may, and clients, proxy_protocol and xclient have to go");
    }
    if (is_unix) return;
    if (one.at.port == 25) {
      problem(key,
              "is SMTP's port, where no LMTP may be (RFC 2033 §5); choose another, such as 24");
    }
    if (one.clients.empty() && !one.at.address.is_loopback()) {
      problem(key,
              "takes mail unchecked from everybody; name the mail servers in front: "
              "clients = [\"10.0.0.5\"]");
    }
  }

  // Whoever is a proxy may say that he is anybody.
  void believed(const std::string& key, const std::vector<io::IpNetwork>& proxies) {
    for (const io::IpNetwork& network : proxies) {
      if (network.prefix_bits > 0) continue;
      problem(key, fmt::format("{} lets everybody claim another's address; name the proxies alone",
                               network.text()));
    }
  }

  void certificate() {
    if (set("tls.certificate") == set("tls.key")) return;
    const bool has_key = set("tls.key");
    problem(has_key ? "tls.key" : "tls.certificate",
            fmt::format("is set without tls.{}; set both, or none for a self-signed certificate",
                        has_key ? "certificate" : "key"));
  }

  // A certificate comes from one place.
  void acme() {
    const server::AcmeSettings& acme = config_.server.acme;
    if (!acme.on()) return;
    if (set("tls.certificate")) {
      problem("acme.directory_url",
              "and tls.certificate are both set; take the files out, or acme.directory_url");
    }
    provider_url("acme.directory_url", acme.directory_url);
    const bool dns = acme.challenge == server::Challenge::dns_01;
    for (const std::string& name : acme.domains) {
      if (name.starts_with("*.") && !dns) {
        problem("acme.domains",
                fmt::format("{} needs challenge = \"dns-01\" (RFC 8555 §7.1.3)", name));
      }
    }
    if (dns && acme.dns_server.empty()) {
      problem("acme.challenge",
              "dns-01 needs a name server that takes updates; add dns_server = \"192.0.2.53\"");
    }
    if (!acme.dns_server.empty() && !io::IpAddress::parse(acme.dns_server) &&
        !io::Endpoint::parse(acme.dns_server)) {
      problem("acme.dns_server", fmt::format("{} is not an IP address; write \"192.0.2.53\" or "
                                             "\"127.0.0.1:5353\"",
                                             acme.dns_server));
    }
    // A file that tsig-keygen wrote has the name, too.
    if (!acme.tsig_key_name.empty() && acme.tsig_secret_file.empty()) {
      problem("acme.tsig_key_name",
              "tsig_key_name and tsig_secret_file belong together; set both, or none for a server "
              "that trusts this host's address");
    }
  }

  void otel() {
    const server::OtelSettings& otel = config_.server.otel;
    provider_url("otel.endpoint", otel.endpoint);
    const auto is_bad = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    for (const std::string& header : otel.headers) {
      const std::size_t colon = header.find(':');
      if (colon != 0 && colon != std::string::npos && std::ranges::none_of(header, is_bad))
        continue;
      problem("otel.headers",
              "has one that is no header; write NAME: VALUE: \"Authorization: Bearer …\"");
    }
    if (!otel.on() && !otel.headers.empty()) {
      problem("otel.headers", "is of no use without a collector; add endpoint = \"https://…\"");
    }
  }

  void backups() {
    required_in("backup", "domain", "write whose mail is taken: domain = \"example.net\"");
    const auto& all = config_.policy.backups;
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (all[i].domain.empty() || all[i].domain != all[j].domain) continue;
        problem(fmt::format("backup[{}].domain", i + 1),
                fmt::format("{} is backup[{}] already; write all recipients there", all[i].domain,
                            j + 1));
      }
    }
  }

  void routes() {
    required_in("route", "domain", "write which recipients it is for: domain = \"example.org\"");
    for (std::size_t i = 0; i < config_.delivery.routes.size(); ++i) {
      const auto& route = config_.delivery.routes[i];
      const std::string name = fmt::format("route[{}]", i + 1);
      const bool encrypted = route.implicit_tls || route.tls == delivery::TlsDemand::required ||
                             route.tls == delivery::TlsDemand::verified;
      if (!route.user.empty() && !encrypted && route.plain_auth != delivery::PlainAuth::always) {
        problem(name + ".user",
                "would be sent without encryption; add tls = \"verified\" (or \"required\")");
      }
      const bool secret = !route.password.empty() || !route.password_file.empty();
      if (route.user.empty() == secret) {
        const std::string_view what = route.password.empty() ? ".password_file" : ".password";
        problem(fmt::format("{}{}", name, route.user.empty() ? what : ".user"),
                "user and password belong together; set both or none");
      }
      if (!route.password.empty() && !route.password_file.empty()) {
        problem(name + ".password_file", "there is a password already; set one of them");
      }
      if (!route.user.empty() && route.host.empty()) {
        problem(name + ".user", "logs in nowhere; add the host to log in at: host = \"…\"");
      }
      if (!route.senders.empty()) reachable(i);
    }
  }

  // The first route that fits counts: one for some senders stands before that for all.
  void reachable(std::size_t index) {
    const auto& routes = config_.delivery.routes;
    const std::string& domain = routes[index].domain;
    for (std::size_t i = 0; i < index; ++i) {
      const std::string& other = routes[i].domain;
      const bool covers =
          other == "*" || other == domain || (other.starts_with('.') && domain.ends_with(other));
      if (!routes[i].senders.empty() || !covers) continue;
      problem(fmt::format("route[{}].senders", index + 1),
              fmt::format("nothing comes here: route[{}] takes this mail of all senders; write it "
                          "behind this one",
                          i + 1));
      return;
    }
  }

  const Config& config_;
  const Lines& lines_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check(const Config& config, const Lines& lines) {
  return Checker(config, lines).run();
}

}  // namespace config
