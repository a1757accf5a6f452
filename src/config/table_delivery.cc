// See table.h: where mail goes.
#include "config/table.h"
#include "lib/base/text.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Codec<delivery::TlsDemand> demand_codec() {
  using delivery::TlsDemand;
  return choice_codec<TlsDemand>({{"none", TlsDemand::none},
                                  {"opportunistic", TlsDemand::opportunistic},
                                  {"required", TlsDemand::required},
                                  {"verified", TlsDemand::verified}});
}

Codec<delivery::PlainAuth> plain_auth_codec() {
  using delivery::PlainAuth;
  return choice_codec<PlainAuth>({{"never", PlainAuth::never},
                                  {"verified", PlainAuth::verified},
                                  {"encrypted", PlainAuth::encrypted},
                                  {"always", PlainAuth::always}});
}

// "relay.example.org", "relay.example.org:587", "192.0.2.1:25", "[2001:db8::1]:25".
base::Result<delivery::RouteSetting> read_relay_host(const Value& value) {
  if (value.kind != Value::Kind::text) return wrong_kind(value, "\"host\" or \"host:port\"");
  delivery::RouteSetting route;
  route.domain = "*";
  std::string host = value.text;
  const std::size_t colon = host.rfind(':');
  // One colon separates a port; more are an IPv6 address, whose port follows a bracket.
  const bool has_port = colon != std::string::npos &&
                        (host.find(':') == colon || (colon > 0 && host[colon - 1] == ']'));
  if (has_port) {
    const auto port = base::parse_number(std::string_view(host).substr(colon + 1));
    if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max()) {
      return base::fail(base::ErrorKind::invalid,
                        fmt::format("{} has no port that exists; write \"relay.example.org:25\"",
                                    in_quotes(base::printable(host, 100))));
    }
    route.port = static_cast<std::uint16_t>(*port);
    host.resize(colon);
  }
  Value bare = value;
  bare.text = host;
  auto name = route_host_codec().read(bare);
  if (!name) return std::unexpected(name.error());
  route.host = std::move(*name);
  return route;
}

// Kept aside until all routes are read: it is the last of them.
Setting relay_host_setting() {
  Setting out;
  out.key = "relay_host";
  out.kind = "host name or IP address, with :port if not 25";
  out.default_text = in_quotes("");
  out.text =
      "Where all mail goes that is not for us and has no [[route]]; empty: to each domain's own "
      "mail "
      "servers. Short for a last [[route]] with domain = \"*\", which can also log in.";
  out.set = [](Config& config, const Value& value) -> base::Result<> {
    auto route = read_relay_host(value);
    if (!route) return std::unexpected(route.error());
    if (!route->host.empty()) config.delivery.routes.push_back(std::move(*route));
    return {};
  };
  out.show = [](const Config& config) {
    const auto& routes = config.delivery.routes;
    if (routes.empty() || routes.back().domain != "*") return in_quotes("");
    return in_quotes(fmt::format("{}:{}", routes.back().host, routes.back().port));
  };
  return out;
}

std::vector<Setting> way_settings() {
  return {
      path_setting("mail_folder", STAGEPOST_FIELD(delivery.mail_folder),
                   {.below = Below::home, .name = "mail"},
                   "Where mailboxes are: DOMAIN/LOCAL below it is a Maildir."),
      setting("maildir_file_mode", STAGEPOST_FIELD(delivery.maildir_file_mode), file_mode_codec(),
              "Permissions of delivered mail files."),
      setting("lmtp", STAGEPOST_FIELD(delivery.lmtp), service_codec(),
              "The LMTP server (RFC 2033) that keeps the mailboxes, such as Dovecot's: "
              "\"unix:/run/dovecot/lmtp\" or \"127.0.0.1:24\"; empty: Maildirs of our own."),
      relay_host_setting(),
      setting(
          "mx_tls", STAGEPOST_FIELD(delivery.mx_tls), demand_codec(),
          "TLS towards mail servers found by DNS: \"opportunistic\" when they offer it, "
          "\"required\" and \"verified\" wait when they do not (or show no valid certificate)."),
      setting("mx_port", STAGEPOST_FIELD(delivery.mx_port), port_codec(),
              "Their port. Anything but 25 is for tests."),
      setting("never_connect_to", STAGEPOST_FIELD(delivery.never_connect_to),
              list_codec(network_codec()),
              "Networks that a domain's mail servers must not be in, such as your own inner ones."),
      setting("ipv6", STAGEPOST_FIELD(delivery.ipv6), flag_codec(), "Connect over IPv6, too."),
      setting("source_ipv4", STAGEPOST_FIELD(delivery.source_ipv4), source_codec(false),
              "The IPv4 address to connect from; empty: the system chooses."),
      setting("source_ipv6", STAGEPOST_FIELD(delivery.source_ipv6), source_codec(true),
              "The IPv6 address to connect from; empty: the system chooses."),
  };
}

Section delivery_section() {
  Section section;
  section.name = "delivery";
  section.text = "How mail leaves: into mailboxes and to other servers.";
  section.settings = way_settings();
  for (Setting& one : std::vector<Setting>{
           setting("connect_timeout", STAGEPOST_FIELD(delivery.connect_timeout),
                   duration_codec(seconds(1), minutes(10)), "How long a connection may take."),
           setting("command_timeout", STAGEPOST_FIELD(delivery.command_timeout),
                   duration_codec(seconds(1), hours(1)),
                   "How long to wait for the answer to a command (RFC 5321 §4.5.3.2)."),
           setting("data_block_timeout", STAGEPOST_FIELD(delivery.data_block_timeout),
                   duration_codec(seconds(1), hours(1)),
                   "How long one part of a message may take to send."),
           setting("data_done_timeout", STAGEPOST_FIELD(delivery.data_done_timeout),
                   duration_codec(seconds(1), hours(1)),
                   "How long to wait for the answer to a message. A short time makes duplicates."),
           setting("attempt_timeout", STAGEPOST_FIELD(delivery.attempt_timeout),
                   duration_codec(minutes(1), hours(24)), "How long one attempt may take in all."),
           setting("idle_connection", STAGEPOST_FIELD(delivery.idle_connection),
                   duration_codec(seconds(0), minutes(5)),
                   "How long a connection is kept for the next message."),
           setting("messages_per_connection_max",
                   STAGEPOST_FIELD(delivery.messages_per_connection_max),
                   count_codec<unsigned>(1, 1'000'000), "Messages over one connection."),
           setting("idle_connections_max", STAGEPOST_FIELD(delivery.idle_connections_max),
                   count_codec<unsigned>(0, 100'000), "Connections kept at once, per loop."),
           setting("addresses_tried_max", STAGEPOST_FIELD(delivery.addresses_tried_max),
                   count_codec<unsigned>(1, 100),
                   "IP addresses of a destination that one attempt tries."),
       }) {
    section.settings.push_back(std::move(one));
  }
  return section;
}

Codec<std::string> lower_codec(Codec<std::string> codec) {
  codec.read = [read = codec.read](const Value& value) -> base::Result<std::string> {
    auto text = read(value);
    if (!text) return text;
    return base::lower(*text);
  };
  return codec;
}

Section backup_section() {
  Section section;
  section.name = "backup";
  section.text =
      "One per domain whose backup MX this server is: anybody may leave its mail here, and it goes "
      "on to the domain's better MX, or to the host of a [[route]]. See docs/backup-mx.md.";
  repeat(section, STAGEPOST_FIELD(policy.backups));
  section.settings = {
      setting("domain", STAGEPOST_FIELD(policy.backups.back().domain), lower_codec(host_codec()),
              "The domain. It has to be set."),
      setting(
          "recipients", STAGEPOST_FIELD(policy.backups.back().recipients),
          list_codec(lower_codec(text_codec("local part"))),
          "Who exists there: what is before the @, without +detail; postmaster exists. None: "
          "everybody, and mail to who does not exist there comes back to senders that are mostly "
          "forged: list them if you can."),
  };
  section.settings.front().default_text.clear();
  return section;
}

Section route_section() {
  Section section;
  section.name = "route";
  section.text = "Another way for some domains than by DNS. The first that matches counts.";
  repeat(section, STAGEPOST_FIELD(delivery.routes));
  Setting domain =
      setting("domain", STAGEPOST_FIELD(delivery.routes.back().domain), route_domain_codec(),
              "Which recipients: \"example.org\", \".example.org\" for its subdomains, "
              "\"*\" for all. It has to be set.");
  domain.default_text.clear();
  section.settings = {
      domain,
      setting("senders", STAGEPOST_FIELD(delivery.routes.back().senders),
              list_codec(sender_codec()),
              "Whose mail only, by the envelope: \"an@example.org\" (with any +detail), "
              "\"@example.org\" for all of a domain, \"<>\" for reports; none: everybody's."),
      setting("host", STAGEPOST_FIELD(delivery.routes.back().host), route_host_codec(),
              "Where to: a host name or an [IP address]; empty: the domain's own mail servers."),
      setting("port", STAGEPOST_FIELD(delivery.routes.back().port), port_codec(), "Its port."),
      setting("tls", STAGEPOST_FIELD(delivery.routes.back().tls), demand_codec(),
              "As delivery.mx_tls, for this route."),
      setting("implicit_tls", STAGEPOST_FIELD(delivery.routes.back().implicit_tls), flag_codec(),
              "TLS from the first octet (port 465)."),
      setting("user", STAGEPOST_FIELD(delivery.routes.back().user), text_codec(),
              "The name to log in with: by the best that both have of SCRAM-SHA-256, SCRAM-SHA-1 "
              "(both bound to TLS where the host can), PLAIN and LOGIN. See docs/relay-host.md."),
      setting("password", STAGEPOST_FIELD(delivery.routes.back().password), text_codec(),
              "The password to log in with."),
      setting("password_file", STAGEPOST_FIELD(delivery.routes.back().password_file),
              absolute_path_codec(),
              "Instead: a file that holds it, read at each log-in. The server's user must be "
              "able to read it, and nobody else should."),
      setting("plain_auth", STAGEPOST_FIELD(delivery.routes.back().plain_auth), plain_auth_codec(),
              "When PLAIN and LOGIN may show the host the password: \"verified\" when its "
              "certificate is, \"encrypted\" under any TLS, \"always\" also without, \"never\"."),
      setting("source_ipv4", STAGEPOST_FIELD(delivery.routes.back().source_ipv4),
              source_codec(false), "As delivery.source_ipv4, for this route."),
      setting("source_ipv6", STAGEPOST_FIELD(delivery.routes.back().source_ipv6),
              source_codec(true), "As delivery.source_ipv6, for this route."),
  };
  return section;
}

}  // namespace

// [[route]] first: relay_host adds the last route.
std::vector<Section> delivery_sections() {
  return {route_section(), backup_section(), delivery_section()};
}

}  // namespace config
