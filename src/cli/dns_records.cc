// See dns_records.h.
#include "cli/dns_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

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
  std::ranges::move(client_records(host, {}), std::back_inserter(records));
  return records;
}

std::vector<DnsRecord> client_records(const MailHost& host, const ClientPorts& ports) {
  // RFC 6186 §3.4: of several services the one with the lower priority is wanted; RFC 8314 §3 wants
  // TLS from the first octet.
  const struct {
    std::string_view service;
    unsigned priority;
    std::uint16_t port;
    std::string_view why;
  } services[] = {
      {"_submissions", 0, ports.submissions, "where people's programs send mail (RFC 8314 §5.1)"},
      {"_submission", 10, ports.submission, "the same with STARTTLS (RFC 6186)"},
      {"_imaps", 0, ports.imaps, "where they read it: Dovecot, see stagepost dovecot-config"},
      {"_imap", 10, ports.imap, "the same with STARTTLS"},
      {"_pop3s", 0, 0, "there is no POP3 (RFC 6186 §3.4)"},
      {"_pop3", 0, 0, "there is no POP3"},
  };
  std::vector<DnsRecord> records;
  for (const auto& one : services) {
    const bool offered = one.port != 0;
    records.push_back(
        {fmt::format("{}._tcp.{}", one.service, host.domain), "SRV",
         offered ? fmt::format("{} 1 {} {}", one.priority, one.port, host.hostname) : "0 0 0 .",
         std::string(one.why)});
  }
  records.push_back({"_autodiscover._tcp." + host.domain, "SRV", "0 1 443 " + host.hostname,
                     "where Outlook looks for all this; [clients] tls_addresses serves it"});
  records.push_back({"autoconfig." + host.domain, "CNAME", host.hostname,
                     "where Thunderbird does; [clients] addresses serves it"});
  return records;
}

std::string records_text(const std::vector<DnsRecord>& records) {
  std::size_t name_width = 0;
  for (const DnsRecord& record : records) name_width = std::max(name_width, record.name.size());
  std::string out;
  for (const DnsRecord& record : records) {
    fmt::format_to(std::back_inserter(out), "  {:<{}}  {:<5}  {}\n  {:<{}}        ; {}\n",
                   record.name, name_width, record.type, record.data, "", name_width, record.why);
  }
  return out;
}

}  // namespace cli
