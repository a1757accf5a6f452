// See domain_checks.h. Name servers, MX, DNSSEC, postmaster.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "admin/doctor/domain_checks.h"
#include "admin/doctor/opinion.h"
#include "admin/doctor/zone_text.h"
#include "lib/message/address.h"

namespace doctor {
namespace {

bool is_ours(const Ground& ground, const dns::Answer& addresses) {
  return std::ranges::any_of(addresses.records, [&ground](const dns::Record& record) {
    return std::ranges::find(ground.addresses, record.address) != ground.addresses.end();
  });
}

// MX names that lead to this server: its own, and others with its addresses.
io::Task<std::set<std::string>> own_exchanges(io::Ref<const Ground> ground, std::string domain) {
  std::set<std::string> own = {ground->hostname};
  const dns::Answer mx = co_await ground->resolver.query(std::move(domain), dns::Type::mx);
  for (const dns::Record& record : mx.records) {
    if (record.mx.exchange.empty() || own.contains(record.mx.exchange)) continue;
    const dns::Answer where = co_await dns::query_addresses(ground->resolver, record.mx.exchange);
    if (is_ours(*ground, where)) own.insert(record.mx.exchange);
  }
  co_return own;
}

Opinion judge_mx(const dns::Answer& answer, const std::set<std::string>& own) {
  if (answer.records.empty()) return {Severity::mend, "there is no MX record"};
  const std::string words = "MX " + words_of(answer, dns::Type::mx);
  const auto leads_here = [&own](const dns::Record& record) {
    return own.contains(record.mx.exchange);
  };
  if (answer.records.front().mx.exchange.empty()) {
    return {Severity::mend, words + ": that says that the domain takes no mail (RFC 7505)"};
  }
  if (std::ranges::none_of(answer.records, leads_here)) {
    return {Severity::warning, words + ": none of them is this server"};
  }
  return {Severity::ok, words};
}

}  // namespace

std::span<const DomainCheck> domain_checks() {
  static constexpr std::array<DomainCheck, 17> checks = {
      check_name_servers,   check_mx,      check_mx_target,      check_dnssec_zone,
      check_postmaster,     check_spf,     check_spf_lookups,    check_dkim,
      check_dkim_waiting,   check_dmarc,   check_dmarc_reports,  check_mta_sts,
      check_mta_sts_policy, check_tls_rpt, check_srv_submission, check_srv_imap,
      check_autoconfig};
  return checks;
}

io::Task<Findings> check_name_servers(io::Ref<const Ground> ground, Domain domain) {
  const Survey survey = co_await ground->view.ask(domain, dns::Type::ns);
  Finding finding{.id = "name-servers", .about = domain, .what = {}};
  if (survey.told.empty()) {
    finding.severity = Severity::unknown;
    finding.what = survey.trouble;
    co_return one(std::move(finding));
  }
  std::map<std::string, bool> servers;  // and whether one of its addresses answers
  std::string silent;
  for (const Told& told : survey.told) {
    const bool answers = told.answer.status == dns::Status::ok || is_negative(told.answer.status);
    servers[told.server] = servers[told.server] || answers;
    if (!answers)
      silent += fmt::format("{}{}: {}", silent.empty() ? "" : "; ", told.where(), told.answer.why);
  }
  const auto answering = std::ranges::count_if(servers, [](const auto& it) { return it.second; });
  finding.what = fmt::format("{} of {} name servers answer", answering, servers.size());
  if (answering == 0) {
    finding.severity = Severity::unknown;  // perhaps it is our own way to them that is closed
    finding.what += ": " + silent;
  } else if (static_cast<std::size_t>(answering) < servers.size()) {
    finding.severity = Severity::warning;
    finding.what += ": " + silent;
    finding.remedy =
        "start that name server again, or take it out of the NS records here and at the registrar";
  } else if (servers.size() == 1) {
    finding.severity = Severity::note;
    finding.what = fmt::format("{} is the only name server", servers.begin()->first);
    finding.remedy =
        "add a second one in another network (RFC 2182): when the only one is away, "
        "mail waits";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_mx(io::Ref<const Ground> ground, Domain domain) {
  const auto own = co_await own_exchanges(ground, domain);
  const Survey survey = co_await ground->view.ask(domain, dns::Type::mx);
  const Opinion opinion =
      judge(survey, [&own](const dns::Answer& answer) { return judge_mx(answer, own); });
  Finding finding{.id = "mx", .about = domain, .severity = opinion.severity, .what = opinion.words};
  if (is_trouble(opinion.severity)) {
    finding.remedy = "publish it on every name server of the domain";
    finding.paste = zone_line(domain, "MX", fmt::format("10 {}.", ground->hostname));
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_mx_target(io::Ref<const Ground> ground, Domain domain) {
  Findings findings;
  const dns::Answer mx = co_await ground->resolver.query(domain, dns::Type::mx);
  for (const dns::Record& record : mx.records) {
    const std::string name = record.mx.exchange;
    if (name.empty()) continue;
    const dns::Answer where = co_await dns::query_addresses(ground->resolver, name);
    Finding finding{.id = "mx-target", .about = domain, .what = {}};
    finding.what = fmt::format("{} has {}", name, words_of(where, dns::Type::a));
    if (dns::is_negative(where.status)) {
      finding.severity = Severity::mend;
      finding.what = fmt::format("{} has no address, so mail for it goes nowhere", name);
      finding.remedy = "publish its address, or take it out of the MX records";
      finding.paste = zone_line(name, "A", "ITS-ADDRESS");
    } else if (where.status != dns::Status::ok) {
      finding.severity = Severity::unknown;
      finding.what = fmt::format("{} could not be looked up: {}", name, where.why);
    } else if (!where.canonical_name.empty() && where.canonical_name != name) {
      finding.severity = Severity::warning;
      finding.what = fmt::format("{} is a CNAME of {}, which an MX must not be (RFC 2181 §10.3)",
                                 name, where.canonical_name);
      finding.remedy = "name the target itself in the MX record";
      finding.paste = zone_line(domain, "MX",
                                fmt::format("{} {}.", record.mx.preference, where.canonical_name));
    }
    findings.push_back(std::move(finding));
  }
  co_return findings;
}

io::Task<Findings> check_dnssec_zone(io::Ref<const Ground> ground, Domain domain) {
  const dns::Answer root = co_await ground->resolver.query(".", dns::Type::ns);
  const dns::Answer answer = co_await ground->resolver.query(domain, dns::Type::mx);
  Finding finding{.id = "dnssec-zone", .about = domain, .what = "the zone is signed"};
  if (answer.status == dns::Status::bogus) {
    finding.severity = Severity::mend;
    finding.what = "its signatures do not verify: " + answer.why;
    finding.remedy =
        "sign the zone anew, and compare the DS record at the registrar with its key; "
        "resolvers that validate see nothing of the domain until then";
    finding.paste = fmt::format("delv @9.9.9.9 {} MX +rtrace", domain);
  } else if (answer.status == dns::Status::trouble) {
    finding.severity = Severity::unknown;
    finding.what = "it could not be looked up: " + answer.why;
  } else if (!answer.secure && !root.secure) {
    finding.severity = Severity::unknown;
    finding.what = "signatures cannot be verified from here; see dnssec-resolver";
  } else if (!answer.secure) {
    finding.severity = Severity::note;
    finding.what = "the zone is not signed";
    finding.remedy = "turn DNSSEC on at your DNS provider and registrar; DANE needs it";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_postmaster(io::Ref<const Ground> ground, Domain domain) {
  if (!ground->known) co_return Findings();
  message::Recipient recipient;
  recipient.address = {.local = "postmaster", .domain = domain};
  const directory::Expansion found = ground->known->expand(recipient);
  Finding finding{.id = "postmaster", .about = domain, .what = {}};
  if (found.recipients.empty()) {
    finding.severity = Severity::mend;
    finding.what = fmt::format("nobody reads postmaster@{}: {}", domain, found.problem);
    finding.remedy = "make a mailbox in the domain (its first one gets this mail), or an alias";
    finding.paste = fmt::format("stagepost alias set postmaster@{0} you@{0}", domain);
  } else {
    finding.what =
        fmt::format("postmaster@{} is read at {}", domain, found.recipients.front().address.text());
  }
  co_return one(std::move(finding));
}

}  // namespace doctor
