// cli/dns_records.h: what to publish in the DNS for a mail domain.
//
// What:    the records for a domain and the host that takes its mail.
// In/Out:  names and addresses → a table for people.
// Errors:  none: without a known public address the record says so.
// Limits:  none.
// Not here: whether they are published (admin/doctor/).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/io/address.h"

namespace cli {

struct MailHost {
  std::string domain;
  std::string hostname;
  std::vector<io::IpAddress> addresses;  // public ones
};

// Where people's mail programs go (RFC 6186, RFC 8314); a port of 0 is not offered.
struct ClientPorts {
  std::uint16_t submissions = 465;
  std::uint16_t submission = 587;
  std::uint16_t imaps = 993;
  std::uint16_t imap = 143;
};

struct DnsRecord {
  std::string name;
  std::string type;
  std::string data;
  std::string why;
};

[[nodiscard]] std::vector<DnsRecord> records_to_publish(const MailHost& host);
// SRV records and the names at which programs look for their settings.
[[nodiscard]] std::vector<DnsRecord> client_records(const MailHost& host, const ClientPorts& ports);
[[nodiscard]] std::string records_text(const std::vector<DnsRecord>& records);

}  // namespace cli
