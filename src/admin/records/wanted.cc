// See wanted.h.
#include "admin/records/wanted.h"

#include <fmt/format.h>

#include <string_view>

#include "admin/records/texts.h"
#include "lib/dns/record_text.h"

namespace records {
namespace {

Record text_record(Slot slot, std::string name, std::string text, std::string why) {
  Record record{
      .slot = slot, .name = std::move(name), .type = dns::Type::txt, .why = std::move(why)};
  record.data.data = std::move(text);
  return record;
}

Record name_record(Slot slot, std::string name, dns::Type type, std::string target) {
  Record record{.slot = slot, .name = std::move(name), .type = type, .why = {}};
  record.data.data = std::move(target);
  return record;
}

void add_host(std::vector<Record>& out, const Facts& facts) {
  for (const io::IpAddress& address : facts.addresses) {
    Record record{.slot = Slot::address,
                  .name = facts.hostname,
                  .type = address.is_v6() ? dns::Type::aaaa : dns::Type::a,
                  .why = "where this server is"};
    record.data.address = address;
    out.push_back(std::move(record));
    out.push_back(name_record(Slot::ptr, address.reverse_name(), dns::Type::ptr, facts.hostname));
    out.back().why = "set it where you rent the address; without it many servers refuse mail";
  }
  out.push_back(text_record(Slot::host_spf, facts.hostname, host_spf_text(),
                            "SPF of this server's own name, which bounces use"));
  for (const std::string& digest : facts.tlsa) {
    Record record{.slot = Slot::tlsa,
                  .name = "_25._tcp." + facts.hostname,
                  .type = dns::Type::tlsa,
                  .why = "this server's key, for a zone with DNSSEC (DANE, RFC 7672)"};
    record.data.tlsa = {.usage = 3, .selector = 1, .matching = 1, .data = digest};
    out.push_back(std::move(record));
  }
}

void add_mail(std::vector<Record>& out, const Facts& facts) {
  const std::string& domain = facts.domain;
  Record mx{.slot = Slot::mx,
            .name = domain,
            .type = dns::Type::mx,
            .why = "where mail for the domain goes"};
  mx.data.mx = {.preference = 10, .exchange = facts.hostname};
  out.push_back(std::move(mx));
  // One record for both when the domain is the host's name: it may have one only (RFC 7208 §3.2).
  if (domain == facts.hostname)
    std::erase_if(out, [](const Record& record) { return record.slot == Slot::host_spf; });
  out.push_back(text_record(Slot::spf, domain, spf_text(),
                            "only this server sends for the domain (RFC 7208)"));
  for (const Facts::Key& key : facts.keys) {
    out.push_back(text_record(Slot::dkim, key.name, key.text,
                              "a key that signs the domain's mail (RFC 6376)"));
  }
  out.push_back(
      text_record(Slot::dmarc, "_dmarc." + domain, dmarc_text(domain),
                  "begin with reports only; make it p=reject when they look right (RFC 9989)"));
}

// The policy's own server has the name mta-sts.DOMAIN (RFC 8461 §3.3), and must be there first.
void add_transport(std::vector<Record>& out, const Facts& facts) {
  if (!facts.mta_sts_policy.empty() && facts.serves_https) {
    out.push_back(name_record(Slot::mta_sts_host, "mta-sts." + facts.domain, dns::Type::cname,
                              facts.hostname));
    out.back().why = "where the policy of MTA-STS is; this server serves it";
    out.push_back(text_record(Slot::mta_sts, "_mta-sts." + facts.domain,
                              mta_sts_text(facts.mta_sts_policy),
                              "others may send in verified TLS only (MTA-STS, RFC 8461)"));
  }
  out.push_back(text_record(Slot::tls_rpt, "_smtp._tls." + facts.domain, tls_rpt_text(facts.domain),
                            "where others report trouble with TLS (RFC 8460)"));
}

// RFC 6186 §3.4: of several services the one with the lower priority is wanted; RFC 8314 §3 wants
// TLS from the first octet.
void add_services(std::vector<Record>& out, const Facts& facts) {
  const admin::ClientPlaces& places = facts.places;
  const struct {
    std::string_view service;
    unsigned priority;
    std::uint16_t port;
    const std::string* host;
    std::string_view why;
  } services[] = {
      {"_submissions", 0, places.submissions_port, &places.smtp_host,
       "where people's programs send mail (RFC 8314 §5.1)"},
      {"_submission", 10, places.submission_port, &places.smtp_host,
       "the same with STARTTLS (RFC 6186)"},
      {"_imaps", 0, places.imaps_port, &places.imap_host,
       "where they read it: Dovecot, see stagepost dovecot-config"},
      {"_imap", 10, places.imap_port, &places.imap_host, "the same with STARTTLS"},
      {"_pop3s", 0, 0, nullptr, "there is no POP3 (RFC 6186 §3.4)"},
      {"_pop3", 0, 0, nullptr, "there is no POP3"},
  };
  for (const auto& one : services) {
    const bool offered = one.port != 0 && one.host != nullptr && !one.host->empty();
    out.push_back(name_record(Slot::service, fmt::format("{}._tcp.{}", one.service, facts.domain),
                              dns::Type::srv,
                              offered ? fmt::format("{} 1 {} {}", one.priority, one.port, *one.host)
                                      : std::string("0 0 0 .")));
    out.back().why = one.why;
  }
  if (facts.serves_https) {
    out.push_back(name_record(Slot::service, "_autodiscover._tcp." + facts.domain, dns::Type::srv,
                              "0 1 443 " + facts.hostname));
    out.back().why = "where Outlook looks for all this";
  }
  if (facts.serves_http || facts.serves_https) {
    out.push_back(name_record(Slot::client_name, "autoconfig." + facts.domain, dns::Type::cname,
                              facts.hostname));
    out.back().why = "where Thunderbird looks for all this";
  }
}

}  // namespace

std::string Record::text() const { return dns::data_text(type, data); }

std::string Record::form_text() const {
  if (type == dns::Type::txt) return data.data;
  std::string out = text();
  if (out.ends_with('.') && !out.ends_with(" .")) out.pop_back();
  return out;
}

std::string Record::zone_line() const { return dns::zone_line(name, type, data); }

std::vector<Record> wanted(const Facts& facts) {
  std::vector<Record> out;
  add_host(out, facts);
  add_mail(out, facts);
  add_transport(out, facts);
  add_services(out, facts);
  return out;
}

}  // namespace records
