// See domain_checks.h. SPF, DKIM, DMARC.
#include <fmt/format.h>

#include <algorithm>

#include "admin/doctor/domain_checks.h"
#include "admin/doctor/opinion.h"
#include "admin/doctor/zone_text.h"
#include "admin/records/texts.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/mailauth/dkim_key.h"
#include "lib/mailauth/dkim_publish.h"
#include "lib/mailauth/dmarc.h"
#include "lib/mailauth/spf.h"
#include "lib/mailauth/spf_record.h"
#include "lib/message/address.h"

namespace doctor {
namespace {

constexpr unsigned spf_lookups_max = 10;      // RFC 7208 §4.6.4
constexpr unsigned spf_lookups_counted = 60;  // what is beyond the limit is counted, too
constexpr base::Duration waiting_max = std::chrono::hours(24 * 7);

// Gives the answer that one name server gave, to those who ask a resolver.
class OneAnswer final : public dns::Resolver {
 public:
  explicit OneAnswer(dns::Answer answer) : answer_(std::move(answer)) {}
  io::Task<dns::Answer> query(std::string /*name*/, dns::Type /*type*/) override {
    co_return answer_;
  }

 private:
  dns::Answer answer_;
};

Opinion judge_spf(const dns::Answer& answer) {
  std::vector<std::string> found;
  for (const dns::Record& record : answer.records) {
    if (mailauth::is_spf_record(record.data)) found.push_back(record.data);
  }
  if (found.empty()) return {Severity::mend, "there is no SPF record"};
  if (found.size() > 1) {
    return {Severity::mend, fmt::format("there are {} SPF records; with more than one nobody's "
                                        "mail passes (RFC 7208 §4.5)",
                                        found.size())};
  }
  const std::string shown = base::printable(found.front());
  const auto record = mailauth::parse_spf(found.front());
  if (!record) return {Severity::mend, fmt::format("{}: {}", shown, record.error().detail)};
  const auto lets_all = [](const mailauth::SpfMechanism& one) {
    return one.kind == mailauth::SpfKind::all && one.qualifier == mailauth::SpfQualifier::pass;
  };
  if (std::ranges::any_of(record->mechanisms, lets_all)) {
    return {Severity::mend, shown + ": +all lets the whole world send as this domain"};
  }
  const bool ends =
      !record->redirect.empty() || std::ranges::any_of(record->mechanisms, [](const auto& one) {
        return one.kind == mailauth::SpfKind::all;
      });
  if (!ends) return {Severity::note, shown + ": without \"-all\" at its end it forbids nobody"};
  return {Severity::ok, shown};
}

mailauth::SpfQuery spf_query(const Ground& ground, const io::IpAddress& ip,
                             const std::string& domain) {
  return {.ip = ip,
          .helo = ground.hostname,
          .local = "postmaster",
          .domain = domain,
          .receiver = ground.hostname,
          .now = ground.doors.clock.wall()};
}

// Adds what SPF says of each address of ours, where it is not a pass.
io::Task<void> try_own_addresses(io::Ref<const Ground> ground, io::Ref<Finding> finding) {
  for (const io::IpAddress& address : ground->addresses) {
    const mailauth::SpfVerdict verdict = co_await mailauth::check_host(
        ground->resolver, spf_query(*ground, address, finding->about));
    if (verdict.result == mailauth::SpfResult::pass) continue;
    if (verdict.result == mailauth::SpfResult::temperror) {
      finding->severity = std::max(finding->severity, Severity::unknown);
    } else {
      finding->severity = Severity::mend;
    }
    finding->what +=
        fmt::format("; mail from {} gets {}", address.text(), mailauth::to_string(verdict.result));
    if (!verdict.problem.empty()) finding->what += ": " + verdict.problem;
  }
}

std::string new_spf(const Ground& ground, const std::string& domain) {
  return zone_txt(domain, records::spf_text(ground.addresses));
}

io::Task<Finding> check_key(io::Ref<const Ground> ground, policy::KeyRecord key) {
  Finding finding{.id = "dkim", .about = key.domain, .what = {}};
  const Survey survey = co_await ground->view.ask(key.dns_name(), dns::Type::txt);
  const auto held = mailauth::parse_key_record(key.public_text);
  const auto octets = held ? mailauth::PublicKey::from_octets(key.type, held->octets)
                           : std::unexpected(held.error());
  if (!octets) {
    finding.severity = Severity::mend;
    finding.what = fmt::format("{}: {}", key.selector, octets.error().detail);
    co_return finding;
  }
  std::vector<Said> said;
  for (const Told& told : survey.told) {
    OneAnswer answer(told.answer);
    const auto published =
        co_await mailauth::check_published(answer, key.selector, key.domain, *octets);
    if (published.state == mailauth::PublishedState::trouble) continue;
    const bool same = published.state == mailauth::PublishedState::same;
    said.push_back({told.where(),
                    {same ? Severity::ok : Severity::mend,
                     same ? std::string("is served") : published.words}});
  }
  const Opinion opinion = join(survey, said);
  finding.severity = opinion.severity;
  finding.what =
      fmt::format("key {} ({}): {}", key.selector, mailauth::to_string(key.type), opinion.words);
  if (is_trouble(finding.severity)) {
    finding.remedy = "it signs, so publish it on every name server of the domain";
    finding.paste = zone_txt(key.dns_name(), key.public_text);
  }
  co_return finding;
}

std::vector<std::string> dmarc_records(const dns::Answer& answer) {
  std::vector<std::string> out;
  for (const dns::Record& record : answer.records) {
    if (base::istarts_with(record.data, "v=DMARC1")) out.push_back(record.data);
  }
  return out;
}

// Of a domain below another one the record of that one counts, unless it has its own.
Opinion judge_dmarc(const dns::Answer& answer, const mailauth::TreeWalk& walk,
                    const std::string& domain) {
  const auto found = dmarc_records(answer);
  if (found.size() > 1) {
    return {Severity::mend,
            fmt::format("there are {} DMARC records, so none counts (RFC 9989)", found.size())};
  }
  if (found.empty()) {
    if (walk.record && walk.record_domain != domain) {
      return {Severity::ok, "the record of " + walk.record_domain + " counts here"};
    }
    return {Severity::mend, "there is no DMARC record"};
  }
  const std::string shown = base::printable(found.front());
  const auto record = mailauth::parse_dmarc(found.front());
  if (!record) return {Severity::mend, shown + ": it has no policy that counts (p=)"};
  if (record->policy == mailauth::DmarcPolicy::none) {
    return {Severity::note, shown + ": it only watches; forged mail is still delivered"};
  }
  return {Severity::ok, shown};
}

std::string domain_of_uri(std::string_view uri) {
  const std::size_t at = uri.rfind('@');
  std::string_view domain = at == std::string_view::npos ? uri : uri.substr(at + 1);
  return message::domain_key(domain.substr(0, domain.find('!')));
}

// RFC 9990 §4: another domain must say that it wants reports about this one.
io::Task<Finding> check_report_address(io::Ref<const Ground> ground, std::string domain,
                                       std::string uri) {
  Finding finding{.id = "dmarc-reports", .about = domain, .what = uri + " gets reports"};
  const std::string there = domain_of_uri(uri);
  const bool within = there == domain || there.ends_with("." + domain) ||
                      domain.ends_with("." + there) ||
                      (ground->known && ground->known->is_local_domain(there));
  if (within) co_return finding;
  const std::string name = fmt::format("{}._report._dmarc.{}", domain, there);
  const dns::Answer answer = co_await ground->resolver.query(name, dns::Type::txt);
  if (answer.status == dns::Status::ok && !dmarc_records(answer).empty()) co_return finding;
  if (answer.status != dns::Status::ok && !dns::is_negative(answer.status)) {
    finding.severity = Severity::unknown;
    finding.what = fmt::format("{} could not be looked up: {}", name, answer.why);
    co_return finding;
  }
  finding.severity = Severity::warning;
  finding.what = fmt::format("{} does not say that it wants reports about {}, so none go there",
                             there, domain);
  finding.remedy =
      fmt::format("whoever runs {} publishes this, or the reports go elsewhere", there);
  finding.paste = zone_txt(name, "v=DMARC1");
  co_return finding;
}

}  // namespace

io::Task<Findings> check_spf(io::Ref<const Ground> ground, Domain domain) {
  const Survey survey = co_await ground->view.ask(domain, dns::Type::txt);
  const Opinion opinion = judge(survey, judge_spf);
  Finding finding{
      .id = "spf", .about = domain, .severity = opinion.severity, .what = opinion.words};
  const bool can_be_tried = opinion.severity == Severity::ok || opinion.severity == Severity::note;
  if (can_be_tried) co_await try_own_addresses(ground, finding);
  if (finding.severity == Severity::note) {
    finding.remedy = "end it with -all";
  } else if (is_trouble(finding.severity)) {
    finding.remedy =
        "publish one record that names every host that sends for the domain; this one "
        "names this server";
    finding.paste = new_spf(*ground, domain);
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_spf_lookups(io::Ref<const Ground> ground, Domain domain) {
  // An address that no record names goes through all of it.
  const io::IpAddress stranger = io::IpAddress::v4({203, 0, 113, 254});  // RFC 5737
  mailauth::SpfLimits limits;
  limits.lookups_max = spf_lookups_counted;
  const mailauth::SpfVerdict verdict =
      co_await mailauth::check_host(ground->resolver, spf_query(*ground, stranger, domain), limits);
  if (verdict.result == mailauth::SpfResult::none) co_return Findings();
  Finding finding{.id = "spf-lookups", .about = domain, .what = {}};
  finding.what =
      fmt::format("the SPF record needs {} look-ups of {}", verdict.lookups, spf_lookups_max);
  if (verdict.lookups > spf_lookups_max) {
    finding.severity = Severity::mend;
    finding.remedy =
        "take out include:, a, mx and redirect= that are not needed, or write the "
        "addresses themselves as ip4: and ip6:, which need no look-up";
  } else if (verdict.result == mailauth::SpfResult::temperror) {
    finding.severity = Severity::unknown;
    finding.what = "the look-ups could not be counted: " + verdict.problem;
  } else if (verdict.result == mailauth::SpfResult::permerror) {
    finding.severity = Severity::mend;
    finding.what =
        fmt::format("after {} look-ups SPF is an error: {}", verdict.lookups, verdict.problem);
    finding.remedy = "mend or take out what it names";
  } else if (verdict.lookups == spf_lookups_max) {
    finding.severity = Severity::note;
    finding.what += ": one more, also in what it includes, and it breaks";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_dkim(io::Ref<const Ground> ground, Domain domain) {
  if (!ground->keys) co_return Findings();
  Findings findings;
  for (const policy::KeyRecord& key : ground->keys->records()) {
    if (key.domain != domain || key.state != policy::KeyState::active) continue;
    findings.push_back(co_await check_key(ground, key));
  }
  const policy::DomainKeys* used = ground->keys->find(domain);
  if (used != nullptr && !used->trouble.empty()) {
    findings.push_back({.id = "dkim",
                        .about = domain,
                        .severity = Severity::mend,
                        .what = used->trouble,
                        .remedy = "restore the key file, or make new keys",
                        .paste = fmt::format("stagepost dkim generate {}", domain)});
  }
  if (!findings.empty()) co_return findings;
  Finding finding{.id = "dkim", .about = domain, .what = {}};
  if (used != nullptr) {
    finding.what = fmt::format("keys of {} sign its mail", used->domain);
  } else {
    finding.severity = Severity::warning;
    finding.what = "its mail is not signed";
    finding.remedy = "make keys, publish what the command prints; they sign once it is served";
    finding.paste = fmt::format("stagepost dkim generate {}", domain);
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_dkim_waiting(io::Ref<const Ground> ground, Domain domain) {
  if (!ground->keys) co_return Findings();
  Findings findings;
  const base::Time now = ground->doors.clock.wall();
  const base::Duration keep = ground->config.policy.signing.retire_after;
  for (const policy::KeyRecord& key : ground->keys->records()) {
    if (key.domain != domain) continue;
    if (key.state == policy::KeyState::pending) {
      const bool long_ago = now - key.created > waiting_max;
      findings.push_back({.id = "dkim-waiting",
                          .about = domain,
                          .severity = long_ago ? Severity::warning : Severity::note,
                          .what = fmt::format("key {} waits since {} to be published", key.selector,
                                              base::format_time(key.created)),
                          .remedy = "publish it; it signs as soon as every name server has it",
                          .paste = zone_txt(key.dns_name(), key.public_text)});
    } else if (key.state == policy::KeyState::retired && now - key.retired > keep) {
      findings.push_back(
          {.id = "dkim-waiting",
           .about = domain,
           .severity = Severity::note,
           .what = fmt::format("key {} is not needed any more", key.selector),
           .remedy = fmt::format("take {} out of the DNS, then remove the key", key.dns_name()),
           .paste = fmt::format("stagepost dkim remove {} {}", domain, key.selector)});
    }
  }
  if (findings.empty()) {
    findings.push_back({.id = "dkim-waiting", .about = domain, .what = "no key waits"});
  }
  co_return findings;
}

io::Task<Findings> check_dmarc(io::Ref<const Ground> ground, Domain domain) {
  const mailauth::TreeWalk walk = co_await mailauth::walk_tree(ground->resolver, domain);
  const Survey survey = co_await ground->view.ask("_dmarc." + domain, dns::Type::txt);
  const Opinion opinion =
      judge(survey, [&](const dns::Answer& answer) { return judge_dmarc(answer, walk, domain); });
  Finding finding{
      .id = "dmarc", .about = domain, .severity = opinion.severity, .what = opinion.words};
  if (finding.severity == Severity::note) {
    finding.remedy = "when the reports show that all your mail passes, ask for more";
  } else if (is_trouble(finding.severity)) {
    finding.remedy = "publish one record; begin with p=none and read the reports";
  }
  if (finding.severity == Severity::note || is_trouble(finding.severity)) {
    finding.paste = zone_txt(
        "_dmarc." + domain,
        records::dmarc_text(domain, finding.severity == Severity::note ? "quarantine" : "none"));
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_dmarc_reports(io::Ref<const Ground> ground, Domain domain) {
  const mailauth::TreeWalk walk = co_await mailauth::walk_tree(ground->resolver, domain);
  if (!walk.record) co_return Findings();  // `dmarc` says so
  Findings findings;
  for (const std::string& uri : walk.record->rua) {
    findings.push_back(
        co_await check_report_address(ground, walk.record_domain, base::printable(uri)));
    findings.back().about = domain;
  }
  if (findings.empty()) {
    findings.push_back({.id = "dmarc-reports",
                        .about = domain,
                        .severity = Severity::note,
                        .what = "nobody gets DMARC reports: the record has no rua=",
                        .remedy = "add an address to the record",
                        .paste = fmt::format("rua=mailto:postmaster@{}", domain)});
  }
  co_return findings;
}

}  // namespace doctor
