// See table.h: DNS, reports, traces, the log, HTTP, the doctor and the directory.
#include "config/table.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint64_t mib = 1ULL << 20U;

Section dns_section() {
  Section section;
  section.name = "dns";
  section.text = "Where names are looked up.";
  section.settings = {
      setting("servers", STAGEPOST_FIELD(server.dns_servers), list_codec(name_server_codec()),
              "Name servers to ask instead of the system's."),
      setting("from_system", STAGEPOST_FIELD(server.dns_from_system), flag_codec(),
              "Ask the servers of /etc/resolv.conf when none are given here; else resolve from the "
              "root."),
  };
  return section;
}

Section report_section() {
  Section section;
  section.name = "report";
  section.text = "What senders are told when their mail cannot be delivered.";
  section.settings = {
      setting("from", STAGEPOST_FIELD(report.from), text_codec(),
              "The local part of the address that reports come from."),
      setting("quoted_header_bytes_max", STAGEPOST_FIELD(report.quoted_header_bytes_max),
              as<std::size_t>(size_codec(1'024, 10 * mib)),
              "How much of the original's header a report quotes."),
      setting("returned_bytes_max", STAGEPOST_FIELD(report.returned_bytes_max),
              size_codec(0, 10 * mib),
              "The largest message that comes back as a whole when its sender asked for that "
              "(RET=FULL); of a larger one its header does."),
  };
  return section;
}

Section trace_section() {
  Section section;
  section.name = "trace";
  section.text = "Every message's events, for `stagepost explain`. Never what a message says.";
  section.settings = {
      path_setting("folder", STAGEPOST_FIELD(trace.folder),
                   {.below = Below::state, .name = "trace"}, "Where they are kept."),
      setting("file_bytes_max", STAGEPOST_FIELD(trace.file_bytes_max), size_codec(mib, 1'024 * mib),
              "The size at which a new file is begun."),
      setting("bytes_max", STAGEPOST_FIELD(trace.bytes_max), size_codec(mib, 1ULL << 44U),
              "The size of all of them; the oldest go first."),
      setting("keep_for", STAGEPOST_FIELD(trace.keep_for),
              duration_codec(hours(1), hours(24 * 3'660)),
              "How long events are kept: they say who wrote to whom, so not longer than needed."),
      setting(
          "pending_events_max", STAGEPOST_FIELD(trace.pending_events_max),
          count_codec<std::size_t>(1'000, 10'000'000),
          "Events in memory that are not written yet, of the traces and of the log; more are lost "
          "and counted."),
  };
  return section;
}

Section log_section() {
  Section section;
  section.name = "log";
  section.text = "A line per event, for people and log collectors.";
  section.settings = {
      setting("format", STAGEPOST_FIELD(trace.log_format),
              choice_codec<trace::LogFormat>(
                  {{"human", trace::LogFormat::human}, {"json", trace::LogFormat::json}}),
              "How a line looks."),
      setting("output", STAGEPOST_FIELD(trace.log_output),
              choice_codec<trace::LogOutput>(
                  {{"standard", trace::LogOutput::standard}, {"syslog", trace::LogOutput::syslog}}),
              "Where they go: standard is standard output (under systemd the journal, with "
              "priorities) or the file of `path`; syslog is the local syslog, facility mail."),
      path_setting("syslog_socket", STAGEPOST_FIELD(trace.syslog_socket),
                   {.below = Below::none, .name = {}}, "Where syslog listens."),
      path_setting("path", STAGEPOST_FIELD(trace.log_path), {.below = Below::none, .name = {}},
                   "The file; empty: standard output. It is opened anew on SIGHUP."),
      setting(
          "keep_for", STAGEPOST_FIELD(trace.log_keep_for),
          duration_codec(std::chrono::seconds(0), hours(24 * 3'660)),
          "How long the lines of a file are kept: each day (UTC) has a file of its own, the one "
          "of yesterday is PATH.2026-11-28. \"0s\": logrotate or the like does it, with SIGHUP. "
          "The journal and syslog have settings of their own."),
      setting("level", STAGEPOST_FIELD(trace.log_level),
              word_codec({"debug", "info", "warning", "error"}), "What is worth a line."),
  };
  return section;
}

Section http_section() {
  Section section;
  section.name = "http";
  section.text = "Administration: health and metrics over HTTP, and the command line's socket.";
  section.settings = {
      setting("addresses", STAGEPOST_FIELD(admin.http), list_codec(endpoint_codec()),
              "Where health and metrics are served; empty: nowhere. Not for the Internet."),
      path_setting("socket", STAGEPOST_FIELD(admin.socket_path),
                   {.below = Below::state, .name = "control.sock"},
                   "The socket that the command line finds the server at."),
      setting("connections_max", STAGEPOST_FIELD(admin.connections_max),
              count_codec<std::size_t>(1, 10'000), "Connections at once."),
      setting("connections_per_address_max", STAGEPOST_FIELD(admin.connections_per_address_max),
              count_codec<std::size_t>(1, 10'000),
              "Of them from one address (an IPv6 /64 is one); this host's own are not counted."),
      setting("body_bytes_max", STAGEPOST_FIELD(admin.body_bytes_max),
              as<std::size_t>(size_codec(4'096, 1'024 * mib)), "The largest request."),
  };
  return section;
}

Section api_section() {
  Section section;
  section.name = "api";
  section.text =
      "Everything that the command line can do, over HTTP: for programs with a token (`stagepost "
      "token add`), described at /api/openapi.json, and for administrators in a browser, at "
      "/admin/.";
  section.settings = {
      setting("addresses", STAGEPOST_FIELD(admin.api.http), list_codec(endpoint_codec()),
              "Where it is served over HTTP; on this host only, such as \"127.0.0.1:8026\", for a "
              "token goes over it as it is."),
      setting("tls_addresses", STAGEPOST_FIELD(admin.api.https), list_codec(endpoint_codec()),
              "Where it is served over HTTPS, with the certificate of [tls], such as "
              "\"0.0.0.0:8443\"."),
      setting("requests_per_minute_max", STAGEPOST_FIELD(admin.api.requests_per_minute_max),
              count_codec<std::uint32_t>(1, 1'000'000), "Of one token; more get 429."),
      setting("failures_per_minute_max", STAGEPOST_FIELD(admin.api.failures_per_minute_max),
              count_codec<std::uint32_t>(1, 1'000'000),
              "Requests without a good token from one address in a minute; more get 429. Good ones "
              "go on."),
      setting("web", STAGEPOST_FIELD(admin.api.web), flag_codec(),
              "The web interface, at /admin/ of these addresses; who may log in: `stagepost user "
              "set ADDRESS --administrator yes`."),
      setting("session_idle", STAGEPOST_FIELD(admin.api.session_idle),
              duration_codec(minutes(1), hours(24)),
              "A log-in to it ends when nobody has used it for so long."),
      setting("session_time", STAGEPOST_FIELD(admin.api.session_time),
              duration_codec(minutes(1), hours(24 * 30)), "And after so long in any case."),
      setting(
          "proxies", STAGEPOST_FIELD(admin.api.proxies), list_codec(network_codec()),
          "Reverse proxies in front of these addresses, such as \"127.0.0.1\": whom they ask for "
          "is taken from X-Forwarded-For, whether by HTTPS from X-Forwarded-Proto."),
      setting("send_bytes_max", STAGEPOST_FIELD(admin.api.send_bytes_max),
              size_codec(64UL * 1024, 128 * mib),
              "The largest request that brings a message, with a good token; the message itself is "
              "bounded by limits.message_bytes_max, and base64 makes a third more of attachments."),
      setting(
          "idempotency_keys_max", STAGEPOST_FIELD(admin.api.idempotency_keys_max),
          count_codec<std::size_t>(100, 10'000'000),
          "Idempotency-Keys that are remembered, each for a day; then sending with a new one is "
          "deferred."),
      path_setting("idempotency_database", STAGEPOST_FIELD(admin.idempotency_path),
                   {.below = Below::state, .name = "idempotency.db"}, "Where they are remembered."),
  };
  return section;
}

Section webhooks_section() {
  Section section;
  section.name = "webhooks";
  section.text =
      "Events that are told to programs over HTTP (`stagepost webhook add`); docs/webhooks.md.";
  section.settings = {
      setting("allow_networks", STAGEPOST_FIELD(admin.webhooks.allow_networks),
              list_codec(network_codec()),
              "Networks beside the public Internet that a webhook may be in, such as "
              "\"10.1.0.0/16\"; any port of theirs. Loopback, private, link-local and this host's "
              "own addresses are refused otherwise."),
      setting("allow_http", STAGEPOST_FIELD(admin.webhooks.allow_http), flag_codec(),
              "Webhooks without TLS, too; everybody on the way reads them."),
      setting("ports", STAGEPOST_FIELD(admin.webhooks.ports), list_codec(port_codec(), 1),
              "Ports on the public Internet that a webhook may have."),
      setting("webhooks_max", STAGEPOST_FIELD(admin.webhooks.webhooks_max),
              count_codec<std::size_t>(1, 1'000), "How many there may be."),
      setting("pending_max", STAGEPOST_FIELD(admin.webhooks.pending_max),
              count_codec<std::size_t>(1'000, 10'000'000),
              "Events that wait or were given up, of all webhooks; new ones are then dropped and "
              "counted."),
      setting("concurrency_max", STAGEPOST_FIELD(admin.webhooks.concurrency_max),
              count_codec<unsigned>(1, 100), "Requests at once to one webhook."),
      setting("timeout", STAGEPOST_FIELD(admin.webhooks.timeout),
              duration_codec(std::chrono::seconds(1), std::chrono::minutes(1)),
              "Of one request, from the DNS to the end of the answer."),
      setting("retry_for", STAGEPOST_FIELD(admin.webhooks.retry_for),
              duration_codec(std::chrono::minutes(1), hours(24 * 7)),
              "How long an event is tried again, ever more rarely; then it is parked."),
      setting("keep_parked_for", STAGEPOST_FIELD(admin.webhooks.keep_parked_for),
              duration_codec(hours(1), hours(24 * 90)),
              "How long what was given up is kept for `stagepost webhook replay --parked`."),
      path_setting("database", STAGEPOST_FIELD(admin.webhooks_path),
                   {.below = Below::state, .name = "webhooks.db"},
                   "Webhooks, their secrets and the events that wait."),
  };
  return section;
}

Section clients_section() {
  Section section;
  section.name = "clients";
  section.text =
      "How people's mail programs find us: served on [http] and, for the Internet, here "
      "(autoconfig "
      "and autodiscover for every domain of ours, an Apple profile, a page for people).";
  section.settings = {
      setting("addresses", STAGEPOST_FIELD(admin.clients.http), list_codec(endpoint_codec()),
              "Where this is served over HTTP, such as \"0.0.0.0:80\"; nothing else is."),
      setting("tls_addresses", STAGEPOST_FIELD(admin.clients.https), list_codec(endpoint_codec()),
              "The same over HTTPS, with the certificate of [tls], such as \"0.0.0.0:443\"."),
      setting("imap_host", STAGEPOST_FIELD(admin.clients.places.imap_host), route_host_codec(),
              "Where mail is read; empty: our own host name."),
      setting("imaps_port", STAGEPOST_FIELD(admin.clients.places.imaps_port),
              count_codec<std::uint16_t>(0, 65'535), "Its port for IMAP in TLS; 0: none."),
      setting("imap_port", STAGEPOST_FIELD(admin.clients.places.imap_port),
              count_codec<std::uint16_t>(0, 65'535), "Its port for STARTTLS; 0: none."),
      setting("smtp_host", STAGEPOST_FIELD(admin.clients.places.smtp_host), route_host_codec(),
              "Where mail is sent; empty: our own host name, on the ports of our submission "
              "listeners."),
      setting("submissions_port", STAGEPOST_FIELD(admin.clients.places.submissions_port),
              count_codec<std::uint16_t>(0, 65'535),
              "The port of another smtp_host for submission in TLS; 0: none."),
      setting("submission_port", STAGEPOST_FIELD(admin.clients.places.submission_port),
              count_codec<std::uint16_t>(0, 65'535), "Its port for STARTTLS; 0: none."),
  };
  return section;
}

Section mta_sts_section() {
  Section section;
  section.name = "mta_sts";
  section.text =
      "The policy of MTA-STS (RFC 8461) that is served for every domain of ours on "
      "clients.tls_addresses, under the name mta-sts.DOMAIN; `stagepost dns publish` publishes "
      "its record.";
  section.settings = {
      setting("mode", STAGEPOST_FIELD(admin.clients.mta_sts.mode),
              choice_codec<admin::MtaStsMode>({{"off", admin::MtaStsMode::off},
                                               {"testing", admin::MtaStsMode::testing},
                                               {"enforce", admin::MtaStsMode::enforce}}),
              "testing: others report what would fail; enforce: they send nothing when the "
              "certificate or a name is wrong; off: there is no policy."),
      setting("mx", STAGEPOST_FIELD(admin.clients.mta_sts.mx), list_codec(certificate_name_codec()),
              "The hosts that may take our mail, all that the MX records name; empty: this one."),
      setting("max_age", STAGEPOST_FIELD(admin.clients.mta_sts.max_age),
              duration_codec(std::chrono::hours(24), hours(24 * 365)),
              "So long others keep the policy."),
  };
  return section;
}

Section doctor_section() {
  Section section;
  section.name = "doctor";
  section.text =
      "`stagepost doctor`, and what the server looks at by itself; docs/doctor.md has every check.";
  section.settings = {
      setting("every", STAGEPOST_FIELD(admin.doctor.every),
              duration_codec(std::chrono::seconds(0), hours(24 * 7)),
              "How often the server looks by itself, and tells the log what is new; \"0s\": only "
              "when somebody asks."),
      setting("public_addresses", STAGEPOST_FIELD(admin.doctor.public_addresses),
              list_codec(address_codec()),
              "Under which the world reaches this host, as behind NAT; empty: its own that are not "
              "private."),
      setting("lists", STAGEPOST_FIELD(admin.doctor.lists), list_codec(host_codec()),
              "Block lists that are asked about these addresses, besides those of [[list]]; each "
              "must pass its test first."),
      setting("probe_domain", STAGEPOST_FIELD(admin.doctor.probe_domain), route_host_codec(),
              "A large receiver whose port 25 is connected to, to see whether ours may leave; "
              "nothing is sent. Empty: it is not tried."),
      setting("keep_for", STAGEPOST_FIELD(admin.doctor.keep_for),
              duration_codec(hours(24), hours(24 * 90)),
              "How long is kept what was found, a result for each day."),
  };
  return section;
}

Section directory_section() {
  Section section;
  section.name = "directory";
  section.text =
      "Domains, mailboxes and aliases, which `stagepost domain`, `user` and `alias` change.";
  section.settings = {
      path_setting("database", STAGEPOST_FIELD(directory.database_path),
                   {.below = Below::state, .name = "directory.db"}, "The SQLite file."),
      setting("database_group", STAGEPOST_FIELD(directory.database_group), text_codec(),
              "A group that may read it besides, as Dovecot must; empty: its owner alone."),
      setting("alias_recipients_max", STAGEPOST_FIELD(directory.alias_recipients_max),
              count_codec<std::size_t>(1, 1'000'000), "Addresses that one alias may lead to."),
      setting("alias_depth_max", STAGEPOST_FIELD(directory.alias_depth_max),
              count_codec<std::size_t>(1, 100), "Aliases that lead to aliases, at most so deep."),
  };
  return section;
}

}  // namespace

std::vector<Section> other_sections() {
  return {dns_section(),     report_section(), trace_section(),    log_section(),
          http_section(),    api_section(),    webhooks_section(), clients_section(),
          mta_sts_section(), doctor_section(), directory_section()};
}

}  // namespace config
