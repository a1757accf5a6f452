// See table.h: certificates from an authority (ACME, RFC 8555).
#include "config/table.h"

namespace config {
namespace {

using server::Challenge;
using std::chrono::hours;
using std::chrono::seconds;

constexpr auto year = hours(24 * 366);

std::vector<Setting> order_settings() {
  return {
      setting("directory_url", STAGEPOST_FIELD(server.acme.directory_url), text_codec("URL"),
              "The authority's directory, such as "
              "\"https://acme-v02.api.letsencrypt.org/directory\". Setting it says that you agree "
              "to the authority's terms of service. Empty: no certificates are ordered."),
      setting("email", STAGEPOST_FIELD(server.acme.email), text_codec("address"),
              "Where the authority writes to when something is wrong; empty: nowhere."),
      setting("domains", STAGEPOST_FIELD(server.acme.domains), list_codec(certificate_name_codec()),
              "The names in the certificate; empty: the host name."),
      setting("challenge", STAGEPOST_FIELD(server.acme.challenge),
              choice_codec<Challenge>({{"http-01", Challenge::http_01},
                                       {"tls-alpn-01", Challenge::tls_alpn_01},
                                       {"dns-01", Challenge::dns_01}}),
              "How the authority sees that the names are ours: at port 80, at port 443, or by a "
              "TXT record that we write into the DNS."),
      setting("http_listen", STAGEPOST_FIELD(server.acme.http_listen), list_codec(endpoint_codec()),
              "Where http-01 is answered; open only while the authority looks. A place that is in "
              "clients.addresses is answered there."),
      setting("tls_listen", STAGEPOST_FIELD(server.acme.tls_listen), list_codec(endpoint_codec()),
              "Where tls-alpn-01 is answered; open only while the authority looks. A place that is "
              "in clients.tls_addresses is answered there."),
  };
}

std::vector<Setting> dns_settings() {
  return {
      setting("dns_server", STAGEPOST_FIELD(server.acme.dns_server),
              text_codec("IP address, with "
                         ":port if not 53"),
              "For dns-01: the name server that takes updates of the zone (RFC 2136)."),
      setting("tsig_key_name", STAGEPOST_FIELD(server.acme.tsig_key_name), text_codec(),
              "The name of the key that signs updates (TSIG, hmac-sha256)."),
      path_setting("tsig_secret_file", STAGEPOST_FIELD(server.acme.tsig_secret_file),
                   {.below = Below::none, .name = {}},
                   "File with the key's secret in base64, or the whole key as tsig-keygen writes "
                   "it; only the server should be able to read it."),
      setting("dns_wait_max", STAGEPOST_FIELD(server.acme.dns_wait_max),
              duration_codec(seconds(1), hours(1)),
              "So long every name server of the zone may take to serve the record."),
  };
}

std::vector<Setting> renewal_settings() {
  return {
      path_setting("ca_file", STAGEPOST_FIELD(server.acme.ca_file),
                   {.below = Below::none, .name = {}},
                   "PEM file: whom to believe about the authority's own HTTPS server, for an "
                   "authority of one's own; empty: the system's."),
      path_setting("folder", STAGEPOST_FIELD(server.acme.folder),
                   {.below = Below::state, .name = "acme"},
                   "Where the account's key, certificates and keys are; nobody but the server may "
                   "read them."),
      setting("renew_before", STAGEPOST_FIELD(server.acme.renew_before),
              duration_codec(seconds(0), year),
              "So long before its end a certificate is renewed, but not before half of its "
              "lifetime is over; 0s: when a third of it is left."),
      setting("rotate_key_after", STAGEPOST_FIELD(server.acme.rotate_key_after),
              duration_codec(seconds(0), year * 10),
              "So long a key is used; then the next one takes its place, with a TLSA record not "
              "before that of the next key has been in the DNS for its TTL. 0s: the key stays, "
              "and with it the TLSA record."),
      setting("retry_after", STAGEPOST_FIELD(server.acme.retry_after),
              list_codec(duration_codec(seconds(1), hours(24 * 7)), 1),
              "The pauses after failures in a row; the last one repeats."),
  };
}

}  // namespace

std::vector<Section> acme_sections() {
  Section section;
  section.name = "acme";
  section.text =
      "Certificates from an authority, ordered, renewed and used by the server itself (ACME, RFC "
      "8555); see docs/certificates.md. Until the first one is there the server shows a "
      "self-signed one.";
  for (auto part : {order_settings, dns_settings, renewal_settings}) {
    for (Setting& one : part()) section.settings.push_back(std::move(one));
  }
  return {std::move(section)};
}

}  // namespace config
