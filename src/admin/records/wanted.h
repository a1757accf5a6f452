// admin/records/wanted.h: every DNS record that a mail domain and its host need.
//
// What:    wanted() lists them: A, AAAA, PTR, MX, SPF, DKIM, DMARC, MTA-STS, TLS-RPT, SRV,
//          autoconfig, TLSA.
// In/Out:  Facts → Records, in the order in which people read them.
// Errors:  none: what is not known (no public address, no key) has no record.
// Limits:  those of the facts.
// Not here: what is published (state.h), publishing (publisher.h).
#pragma once

#include <string>
#include <vector>

#include "admin/settings.h"
#include "lib/dns/resolver.h"
#include "lib/io/address.h"

namespace records {

// What a record is for: how others' records in its place are judged depends on it.
enum class Slot : std::uint8_t {
  address,
  ptr,
  host_spf,
  tlsa,
  mx,
  spf,
  dkim,
  dmarc,
  mta_sts_host,
  mta_sts,
  tls_rpt,
  service,      // SRV
  client_name,  // autoconfig.DOMAIN
};

struct Record {
  Slot slot = Slot::address;
  std::string name;  // name_key
  dns::Type type = dns::Type::txt;
  dns::Record data = {};
  std::string why;
  [[nodiscard]] std::string text() const;       // as in a zone file
  [[nodiscard]] std::string form_text() const;  // as providers' forms take it
  [[nodiscard]] std::string zone_line() const;  // with its name and TTL
  // Of the host, not of the domain: it serves other domains, too.
  [[nodiscard]] bool of_host() const { return slot <= Slot::tlsa; }
};

struct Facts {
  std::string domain;
  std::string hostname;
  std::vector<io::IpAddress> addresses = {};  // that the world reaches this host by
  struct Key {
    std::string name;  // "202611-rsa._domainkey.example.org"
    std::string text;
  };
  std::vector<Key> keys = {};          // of DKIM, those that sign or are about to
  std::vector<std::string> tlsa = {};  // digests of this server's keys, current and next
  admin::ClientPlaces places = {};     // where people's programs go
  bool serves_http = false;            // [clients] addresses
  bool serves_https = false;           // [clients] tls_addresses
  std::string mta_sts_policy = {};     // that we serve; empty: none
};

[[nodiscard]] std::vector<Record> wanted(const Facts& facts);

}  // namespace records
