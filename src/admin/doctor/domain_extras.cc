// See domain_checks.h. What a domain may have besides: MTA-STS, TLS-RPT, SRV, autoconfig.
#include <fmt/format.h>

#include <algorithm>

#include "admin/doctor/domain_checks.h"
#include "admin/doctor/mta_sts.h"
#include "admin/doctor/opinion.h"
#include "admin/doctor/zone_text.h"
#include "admin/records/texts.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "policy/login/web.h"

namespace doctor {
namespace {

constexpr base::Duration fetch_timeout = std::chrono::seconds(15);
constexpr std::uint16_t https_port = 443;
constexpr std::uint64_t age_seconds_min = 86'400;  // RFC 8461 §10.2 wants weeks

std::vector<std::string> starting_with(const dns::Answer& answer, std::string_view begin) {
  std::vector<std::string> out;
  for (const dns::Record& record : answer.records) {
    if (record.data.starts_with(begin)) out.push_back(record.data);
  }
  return out;
}

Opinion judge_mta_sts(const dns::Answer& answer) {
  const auto found = starting_with(answer, "v=STSv1");
  if (found.empty()) return {Severity::note, "there is no MTA-STS record"};
  if (found.size() > 1) return {Severity::mend, "there are several records, so none counts"};
  const std::string shown = base::printable(found.front());
  const auto id = parse_mta_sts_record(found.front());
  if (!id) return {Severity::mend, fmt::format("{}: {}", shown, id.error().detail)};
  return {Severity::ok, shown};
}

Opinion judge_tls_rpt(const dns::Answer& answer) {
  const auto found = starting_with(answer, "v=TLSRPTv1");
  if (found.empty()) return {Severity::note, "nobody is told where to report TLS trouble"};
  if (found.size() > 1) return {Severity::mend, "there are several records, so none counts"};
  const std::string shown = base::printable(found.front());
  if (found.front().find("rua=") == std::string::npos) {
    return {Severity::mend, shown + ": it has no rua="};
  }
  return {Severity::ok, shown};
}

io::Task<base::Result<MtaStsPolicy>> fetch_policy(io::Ref<const Ground> ground,
                                                  std::string domain) {
  const policy::Url url{.tls = true,
                        .host = "mta-sts." + domain,
                        .port = https_port,
                        .target = "/.well-known/mta-sts.txt"};
  const auto response = co_await policy::ask_web(
      {.doors = ground->doors, .resolver = ground->resolver, .tls = ground->tls}, url, {},
      fetch_timeout);
  if (!response) co_return std::unexpected(response.error());
  if (response->status != 200) {
    co_return base::fail(base::ErrorKind::invalid, fmt::format("https://{}{} answers {}", url.host,
                                                               url.target, response->status));
  }
  auto policy = parse_mta_sts_policy(response->body);
  if (!policy) {
    co_return base::fail(policy.error().kind, fmt::format("https://{}{}: {}", url.host, url.target,
                                                          policy.error().detail));
  }
  co_return policy;
}

// That this server itself serves; empty: none.
std::string served_policy(const Ground& ground) {
  const admin::ClientSettings& clients = ground.config.admin.clients;
  if (clients.https.empty()) return {};
  return records::mta_sts_policy(clients.mta_sts, ground.hostname);
}

std::string new_policy(const std::string& hostname) {
  return records::mta_sts_policy(admin::MtaStsSettings(), hostname);
}

// What makes others look for the policy, and where they look.
std::string new_mta_sts(const Ground& ground, const std::string& domain) {
  const std::string served = served_policy(ground);
  const std::string policy = served.empty() ? new_policy(ground.hostname) : served;
  return zone_line("mta-sts." + domain, "CNAME", ground.hostname + ".") + "\n" +
         zone_txt("_mta-sts." + domain, records::mta_sts_text(policy));
}

void judge_policy(const MtaStsPolicy& policy, const dns::Answer& mx, Finding& finding) {
  for (const dns::Record& record : mx.records) {
    const bool missing =
        policy.mode != MtaStsPolicy::Mode::none && !names_host(policy, record.mx.exchange);
    if (!missing) continue;
    finding.severity =
        policy.mode == MtaStsPolicy::Mode::enforce ? Severity::mend : Severity::warning;
    finding.what = fmt::format(
        "the policy does not name the MX {}: who obeys it sends nothing there", record.mx.exchange);
    finding.remedy = "add it to the policy file, then change id= in the record";
    finding.paste = "mx: " + record.mx.exchange;
    return;
  }
  if (policy.mode != MtaStsPolicy::Mode::enforce) {
    finding.severity = Severity::note;
    finding.what = "the policy does not enforce anything yet";
    finding.remedy =
        "when TLS reports are quiet: mode: enforce, and a new id= in the record; of a policy that "
        "this server serves: `stagepost dns publish`";
    finding.paste = "[mta_sts]\nmode = \"enforce\"";
  } else if (policy.age_seconds_max < age_seconds_min) {
    finding.severity = Severity::note;
    finding.what = fmt::format("the policy is kept for {} seconds only", policy.age_seconds_max);
    finding.remedy = "weeks protect better: max_age: 604800 or more";
  } else {
    finding.what = "the policy is served and names every MX";
  }
}

// A service as its SRV records should name it (RFC 6186).
struct Service {
  std::string_view id;
  std::string_view name;
  std::uint16_t port;
  std::string_view what;
};

// "0 1 465 mail.example.org" → 465 and the name; a target of "" is "not offered".
struct ServiceTarget {
  std::uint16_t port = 0;
  std::string host;
};

ServiceTarget target_of(const dns::Record& record) {
  const auto words = base::words(record.data);
  ServiceTarget out;
  if (words.size() < 3) return out;
  out.port = static_cast<std::uint16_t>(base::parse_number(words[2]).value_or(0));
  if (words.size() > 3 && words[3] != ".") out.host = words[3];
  return out;
}

io::Task<Findings> check_service(io::Ref<const Ground> ground, std::string domain,
                                 Service service) {
  const std::string name = fmt::format("{}._tcp.{}", service.name, domain);
  const Survey survey = co_await ground->view.ask(name, dns::Type::srv);
  const Opinion opinion = judge(survey, [&](const dns::Answer& answer) -> Opinion {
    if (answer.records.empty()) {
      return {Severity::note, fmt::format("programs cannot look up {}", service.what)};
    }
    return {Severity::ok, words_of(answer, dns::Type::srv)};
  });
  Finding finding{
      .id = service.id, .about = domain, .severity = opinion.severity, .what = opinion.words};
  const dns::Answer answer = co_await ground->resolver.query(name, dns::Type::srv);
  for (const dns::Record& record : answer.records) {
    const ServiceTarget target = target_of(record);
    if (target.host.empty() || finding.severity != Severity::ok) continue;
    const dns::Answer where = co_await dns::query_addresses(ground->resolver, target.host);
    if (dns::is_negative(where.status)) {
      finding.severity = Severity::warning;
      finding.what = fmt::format("{} leads to {}, which has no address", name, target.host);
    }
  }
  if (finding.severity == Severity::note || is_trouble(finding.severity)) {
    finding.remedy = "publish it, so that people need to know their address only";
    finding.paste =
        zone_line(name, "SRV", fmt::format("0 1 {} {}.", service.port, ground->hostname));
  }
  co_return one(std::move(finding));
}

// The port of the first submission listener with TLS from its first octet.
std::uint16_t submissions_port(const config::Config& config) {
  constexpr std::uint16_t usual = 465;
  for (const session::ListenerSetting& one : config.session.listeners) {
    if (one.role == session::Role::submission && one.tls == session::Tls::implicit) {
      return one.at.port;
    }
  }
  return usual;
}

}  // namespace

io::Task<Findings> check_mta_sts(io::Ref<const Ground> ground, Domain domain) {
  const Survey survey = co_await ground->view.ask("_mta-sts." + domain, dns::Type::txt);
  const Opinion opinion = judge(survey, judge_mta_sts);
  Finding finding{
      .id = "mta-sts", .about = domain, .severity = opinion.severity, .what = opinion.words};
  if (finding.severity == Severity::note || is_trouble(finding.severity)) {
    finding.remedy = served_policy(*ground).empty()
                         ? "serve the policy first (see mta-sts-policy), then publish one record"
                         : "this server serves the policy: publish its name and one record, as "
                           "`stagepost dns publish` does";
    finding.paste = new_mta_sts(*ground, domain);
  }
  const std::string served = served_policy(*ground);
  if (finding.severity != Severity::ok || served.empty()) co_return one(std::move(finding));
  const std::string wanted = records::mta_sts_text(served);
  const dns::Answer host = co_await dns::query_addresses(ground->resolver, "mta-sts." + domain);
  const bool is_here = std::ranges::any_of(host.records, [ground](const dns::Record& record) {
    return std::ranges::find(ground->addresses, record.address) != ground->addresses.end();
  });
  const auto id = parse_mta_sts_record(finding.what);
  if (is_here && id && *id != *parse_mta_sts_record(wanted)) {
    finding.severity = Severity::warning;
    finding.what +=
        ": its id is not that of the policy that this server serves, so others go on "
        "with the one that they have";
    finding.remedy = "publish this one instead, as `stagepost dns publish` does";
    finding.paste = zone_txt("_mta-sts." + domain, wanted);
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_mta_sts_policy(io::Ref<const Ground> ground, Domain domain) {
  const dns::Answer record = co_await ground->resolver.query("_mta-sts." + domain, dns::Type::txt);
  if (starting_with(record, "v=STSv1").empty()) co_return Findings();  // nobody looks for a policy
  Finding finding{.id = "mta-sts-policy", .about = domain, .what = {}};
  if (!ground->tls) {
    finding.severity = Severity::unknown;
    finding.what = "no certificate can be verified from here";
    co_return one(std::move(finding));
  }
  const auto policy = co_await fetch_policy(ground, domain);
  if (policy) {
    const dns::Answer mx = co_await ground->resolver.query(domain, dns::Type::mx);
    judge_policy(*policy, mx, finding);
    co_return one(std::move(finding));
  }
  // From inside a NAT our own public address may not be reachable.
  const bool seen = policy.error().kind == base::ErrorKind::invalid ||
                    policy.error().kind == base::ErrorKind::tls;
  finding.severity = seen ? Severity::mend : Severity::warning;
  finding.what = "the record is there, the policy is not: " + policy.error().text();
  finding.remedy = fmt::format(
      "serve it at https://mta-sts.{}/.well-known/mta-sts.txt with a valid certificate", domain);
  finding.paste = new_policy(ground->hostname);
  co_return one(std::move(finding));
}

io::Task<Findings> check_tls_rpt(io::Ref<const Ground> ground, Domain domain) {
  const std::string name = "_smtp._tls." + domain;
  const Survey survey = co_await ground->view.ask(name, dns::Type::txt);
  const Opinion opinion = judge(survey, judge_tls_rpt);
  Finding finding{
      .id = "tls-rpt", .about = domain, .severity = opinion.severity, .what = opinion.words};
  if (finding.severity == Severity::note || is_trouble(finding.severity)) {
    finding.remedy = "publish one record; `stagepost report list` shows what arrives";
    finding.paste = zone_txt(name, records::tls_rpt_text(domain));
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_srv_submission(io::Ref<const Ground> ground, Domain domain) {
  co_return co_await check_service(ground, std::move(domain),
                                   {.id = "srv-submission",
                                    .name = "_submissions",
                                    .port = submissions_port(ground->config),
                                    .what = "where to send (RFC 8314)"});
}

io::Task<Findings> check_srv_imap(io::Ref<const Ground> ground, Domain domain) {
  co_return co_await check_service(ground, std::move(domain),
                                   {.id = "srv-imap",
                                    .name = "_imaps",
                                    .port = ground->config.admin.clients.places.imaps_port,
                                    .what = "where to read (RFC 6186)"});
}

io::Task<Findings> check_autoconfig(io::Ref<const Ground> ground, Domain domain) {
  const std::string name = "autoconfig." + domain;
  const dns::Answer answer = co_await dns::query_addresses(ground->resolver, name);
  Finding finding{.id = "autoconfig", .about = domain, .what = {}};
  finding.what = fmt::format("{} is at {}", name, words_of(answer, dns::Type::a));
  if (dns::is_negative(answer.status)) {
    finding.severity = Severity::note;
    finding.what = "Thunderbird finds no settings for it";
    finding.remedy = "publish the name, and serve it by [clients] addresses";
    finding.paste = zone_line(name, "CNAME", ground->hostname + ".");
  } else if (answer.status != dns::Status::ok) {
    finding.severity = Severity::unknown;
    finding.what = fmt::format("{} could not be looked up: {}", name, answer.why);
  }
  co_return one(std::move(finding));
}

}  // namespace doctor
