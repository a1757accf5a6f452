// See table.h: the host, the process, the listeners and the limits of a conversation.
#include <algorithm>
#include <iterator>

#include "config/format.h"
#include "config/table.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Nobody needs the value: a newer one is refused before settings are read (load.cc).
Setting format_setting() {
  const auto codec = count_codec<unsigned>(1, format_version);
  Setting out;
  out.key = "format";
  out.kind = codec.kind;
  out.default_text = codec.show(format_version);
  out.text = "The form of this file. A program that does not know it says so and changes nothing.";
  out.set = [codec](Config&, const Value& value) -> base::Result<> {
    if (auto read = codec.read(value); !read) return std::unexpected(std::move(read.error()));
    return {};
  };
  out.show = [codec](const Config&) { return codec.show(format_version); };
  return out;
}

Section top_section() {
  Section section;
  section.text = "What stands before the first section.";
  Setting hostname = setting(
      "hostname", STAGEPOST_FIELD(session.hostname), host_codec(),
      "The full name of this server, as in its PTR, A and AAAA records. It is in the greeting, in "
      "EHLO, in trace headers and in reports. It has to be set.");
  hostname.default_text.clear();
  hostname.finish = [](Config& config, const std::string&) {
    config.policy.hostname = config.session.hostname;
    config.delivery.hostname = config.session.hostname;
    config.report.hostname = config.session.hostname;
  };
  section.settings = {hostname, format_setting()};
  return section;
}

Section server_section() {
  Section section;
  section.name = "server";
  section.text = "The process itself. Relative paths in this file begin at the home folder.";
  section.settings = {
      path_setting("state_folder", STAGEPOST_FIELD(server.state_folder),
                   {.below = Below::home, .name = "state"},
                   "The folder of the queue, the directory and the traces. Called STATE below."),
      setting("loops", STAGEPOST_FIELD(server.loops), count_codec<unsigned>(0, server::loops_max),
              "Event loops, each with its own part of the queue. 0 is one per processor core."),
      setting("pool_threads", STAGEPOST_FIELD(server.pool_threads), count_codec<unsigned>(1, 64),
              "Threads for work that blocks: password checks, certificates, the directory."),
      setting("node", STAGEPOST_FIELD(server.node), count_codec<unsigned>(0, server::node_max),
              "A number that makes message ids differ between servers."),
      setting("sandbox", STAGEPOST_FIELD(server.sandbox), flag_codec(),
              "Files, listening ports and system calls that this configuration does not need are "
              "closed to the server itself (`stagepost sandbox` shows them and tries to get out)."),
  };
  return section;
}

// "0.0.0.0:25", or "unix:/run/stagepost/lmtp": into `at` or into `socket_path`.
Setting listener_address() {
  Setting address = setting(
      "address", STAGEPOST_FIELD(session.listeners.back().at), endpoint_codec(),
      "Where to listen. \"0.0.0.0:25\" is every IPv4 address of the host, \"[::]:25\" every "
      "IPv6 address; with protocol = \"lmtp\" also \"unix:/run/stagepost/lmtp\". It has to "
      "be set.");
  address.kind += ", or \"unix:\" and a path";
  address.default_text.clear();
  address.set = [set = address.set](Config& config, const Value& value) -> base::Result<> {
    if (!value.text.starts_with("unix:")) return set(config, value);
    const auto place = io::ServicePlace::parse(value.text);
    if (!place) return wrong_kind(value, "\"unix:\" and an absolute path of 107 octets at most");
    config.session.listeners.back().socket_path = place->path;
    return {};
  };
  address.show = [](const Config& config) {
    return in_quotes(config.session.listeners.back().place());
  };
  return address;
}

// Who may connect, and whom one that does may speak for.
std::vector<Setting> listener_clients() {
  return {
      setting("clients", STAGEPOST_FIELD(session.listeners.back().clients),
              list_codec(network_codec()),
              "Who may connect, such as [\"10.0.0.0/24\"]; empty: everybody."),
      setting("proxy_protocol", STAGEPOST_FIELD(session.listeners.back().proxies),
              list_codec(network_codec()),
              "Proxies in front of this listener, such as [\"10.0.0.5\"], whose connections begin "
              "with a PROXY header (HAProxy's PROXY protocol, version 1 or 2) that names the "
              "client. From them it has to come; from others it is refused (docs/proxies.md)."),
      setting("xclient", STAGEPOST_FIELD(session.listeners.back().xclient),
              list_codec(network_codec()),
              "Proxies that speak SMTP themselves, such as nginx, and may say by XCLIENT for whom: "
              "address, HELO and, where people log in, the log-in, which is then not asked for "
              "again. No others see that it is there."),
  };
}

Section listener_section() {
  Section section;
  section.name = "listener";
  section.text = "One per address and port that clients connect to.";
  repeat(section, STAGEPOST_FIELD(session.listeners));
  section.settings = {
      setting("name", STAGEPOST_FIELD(session.listeners.back().name), text_codec(),
              "What logs and metrics call it; the address when it is empty."),
      listener_address(),
      setting("socket_mode", STAGEPOST_FIELD(session.listeners.back().socket_mode),
              file_mode_codec(), "Of a unix socket: who may connect must be able to write to it."),
      setting(
          "role", STAGEPOST_FIELD(session.listeners.back().role),
          choice_codec<session::Role>(
              {{"mx", session::Role::mx}, {"submission", session::Role::submission}}),
          "\"mx\" takes mail for our domains from other servers. \"submission\" takes mail from "
          "people who log in."),
      setting(
          "protocol", STAGEPOST_FIELD(session.listeners.back().protocol),
          choice_codec<session::Protocol>(
              {{"smtp", session::Protocol::smtp}, {"lmtp", session::Protocol::lmtp}}),
          "\"lmtp\" (RFC 2033) takes what another mail server in front has taken and judged: who "
          "sent it is not checked again, and each recipient has its own answer."),
      setting(
          "tls", STAGEPOST_FIELD(session.listeners.back().tls),
          choice_codec<session::Tls>({{"none", session::Tls::none},
                                      {"starttls", session::Tls::starttls},
                                      {"implicit", session::Tls::implicit}}),
          "\"starttls\" offers encryption on request (ports 25 and 587), \"implicit\" begins with "
          "it (port 465), \"none\" has none, and so no log-in."),
  };
  std::ranges::move(listener_clients(), std::back_inserter(section.settings));
  return section;
}

Section tls_section() {
  Section section;
  section.name = "tls";
  section.text = "The certificate that this server shows.";
  section.settings = {
      path_setting(
          "certificate", STAGEPOST_FIELD(session.certificate_path),
          {.below = Below::none, .name = {}},
          "PEM file with the certificate and its chain. When it is empty, and [acme] is not set, "
          "the server makes a self-signed one and keeps it in STATE."),
      path_setting("key", STAGEPOST_FIELD(session.key_path), {.below = Below::none, .name = {}},
                   "PEM file with the certificate's private key."),
      setting("watch_every", STAGEPOST_FIELD(server.tls_watch_every),
              duration_codec(std::chrono::seconds(1), std::chrono::hours(24)),
              "How often both files are looked at; new ones are used at once when they belong "
              "together. Also how often it is seen whether [acme] has something to do."),
  };
  return section;
}

std::vector<Setting> counted_limits() {
  return {
      setting("message_bytes_max", STAGEPOST_FIELD(session.message_bytes_max),
              size_codec(64UL * 1024, 1ULL << 40U),
              "The largest message that is accepted, told to clients by SIZE (RFC 1870)."),
      setting("recipients_max", STAGEPOST_FIELD(session.recipients_max),
              count_codec<std::size_t>(100, 100'000),
              "Recipients of one message (RFC 5321 asks for 100 at least); more get 452."),
      setting("command_line_bytes_max", STAGEPOST_FIELD(session.command_line_bytes_max),
              as<std::size_t>(size_codec(512, 64UL * 1024)), "The longest command line."),
      setting("text_line_bytes_max", STAGEPOST_FIELD(session.text_line_bytes_max),
              as<std::size_t>(size_codec(1'000, 10'000'000)),
              "The longest line of a message; RFC 5322 allows 1000 octets, senders write more."),
      setting("errors_max", STAGEPOST_FIELD(session.errors_max), count_codec<unsigned>(1, 10'000),
              "Refused commands in one session before it is closed with 421."),
      setting("failed_logins_max", STAGEPOST_FIELD(session.failed_logins_max),
              count_codec<unsigned>(1, 1'000),
              "Failed log-ins in one session before it is closed with 421."),
      setting(
          "unknown_recipients_max", STAGEPOST_FIELD(session.unknown_recipients_max),
          count_codec<unsigned>(1, 100'000),
          "Unknown recipients in one session before it is closed: somebody is guessing addresses."),
      setting("messages_per_session_max", STAGEPOST_FIELD(session.messages_per_session_max),
              count_codec<std::size_t>(1, 10'000'000), "Messages in one session."),
      setting("connections_max", STAGEPOST_FIELD(session.connections_max),
              count_codec<std::size_t>(1, 1'000'000), "Connections at once, per loop."),
      setting("connections_per_address_max", STAGEPOST_FIELD(session.connections_per_address_max),
              count_codec<std::size_t>(1, 1'000'000),
              "Connections at once from one IP address, per loop."),
  };
}

Section limits_section() {
  Section section;
  section.name = "limits";
  section.text = "Limits of a client's conversation with this server.";
  section.settings = counted_limits();
  section.settings.push_back(setting("command_timeout", STAGEPOST_FIELD(session.command_timeout),
                                     duration_codec(seconds(10), hours(1)),
                                     "How long the server waits for the next command (RFC 5321 "
                                     "§4.5.3.2.7: 5 minutes)."));
  section.settings.push_back(setting("data_timeout", STAGEPOST_FIELD(session.data_timeout),
                                     duration_codec(seconds(10), hours(1)),
                                     "How long it waits for the next part of a message."));
  section.settings.push_back(setting("session_time_max", STAGEPOST_FIELD(session.session_time_max),
                                     duration_codec(minutes(1), hours(24 * 7)),
                                     "How long one session may take in all."));
  section.settings.push_back(setting("tls_timeout", STAGEPOST_FIELD(session.tls_timeout),
                                     duration_codec(seconds(1), minutes(10)),
                                     "How long a TLS handshake may take."));
  section.settings.push_back(
      setting("proxy_header_timeout", STAGEPOST_FIELD(session.proxy_timeout),
              duration_codec(seconds(1), minutes(1)),
              "How long a proxy that proxy_protocol names may take for its header."));
  section.settings.push_back(
      setting("deliver_by_min", STAGEPOST_FIELD(session.deliver_by_min),
              duration_codec(seconds(0), hours(24)),
              "The least time that a sender may give a message before it is to come back, told to "
              "clients by DELIVERBY (RFC 2852)."));
  section.settings.push_back(
      setting("priority_max", STAGEPOST_FIELD(session.priority_max), count_codec<int>(0, 9),
              "The highest priority (RFC 6710) that people who have logged in, and the hosts of "
              "policy.relay_networks, may ask for; others get 0 at most."));
  section.settings.push_back(setting("stop_grace", STAGEPOST_FIELD(session.stop_grace),
                                     duration_codec(seconds(0), minutes(10)),
                                     "How long sessions and deliveries may go on when the server "
                                     "stops."));
  return section;
}

}  // namespace

std::vector<Section> session_sections() {
  return {top_section(), server_section(), listener_section(), tls_section(), limits_section()};
}

}  // namespace config
