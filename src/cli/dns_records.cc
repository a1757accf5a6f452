// See dns_records.h.
#include "cli/dns_records.h"

#include <fmt/format.h>

namespace cli {

std::vector<DnsRecord> records_to_publish(const MailHost& host) {
  std::vector<DnsRecord> records;
  for (const io::IpAddress& address : host.addresses) {
    records.push_back(
        {host.hostname, address.is_v6() ? "AAAA" : "A", address.text(), "where this server is"});
    records.push_back({address.reverse_name(), "PTR", host.hostname,
                       "set it where you rent the address; without it many servers refuse mail"});
  }
  if (host.addresses.empty()) {
    records.push_back(
        {host.hostname, "A", "THE-PUBLIC-ADDRESS-OF-THIS-SERVER",
         "this host has only private addresses: fill in the public one, with its PTR"});
  }
  records.push_back({host.domain, "MX", "10 " + host.hostname, "where mail for the domain goes"});
  records.push_back({host.domain, "TXT", "\"v=spf1 mx -all\"",
                     "only this server sends for the domain (RFC 7208)"});
  records.push_back({host.hostname, "TXT", "\"v=spf1 a -all\"",
                     "the same for this server's own name, which bounces use"});
  records.push_back({"_dmarc." + host.domain, "TXT",
                     fmt::format("\"v=DMARC1; p=none; rua=mailto:postmaster@{}\"", host.domain),
                     "begin with reports only; make it p=reject when they look right (RFC 9989)"});
  return records;
}

std::string records_text(const std::vector<DnsRecord>& records) {
  std::size_t name_width = 0;
  for (const DnsRecord& record : records) name_width = std::max(name_width, record.name.size());
  std::string out;
  for (const DnsRecord& record : records) {
    fmt::format_to(std::back_inserter(out), "  {:<{}}  {:<4}  {}\n  {:<{}}        ; {}\n",
                   record.name, name_width, record.type, record.data, "", name_width, record.why);
  }
  return out;
}

}  // namespace cli
