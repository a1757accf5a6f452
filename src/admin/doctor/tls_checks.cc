// See tls_checks.h.
#include "admin/doctor/tls_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/doctor/opinion.h"
#include "admin/doctor/zone_text.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/digest.h"
#include "lib/io/files.h"

namespace doctor {
namespace {

constexpr std::uint64_t certificate_bytes_max = 256UL * 1024;
constexpr int days_warning = 21;  // renewal at 30 days has failed for more than a week then
constexpr int days_mend = 7;

// The files that the server shows: of [tls], by [acme], or its own.
struct Shown {
  std::string certificate_path;
  std::string key_path;
  bool own = false;  // self-signed, because [tls] is empty
};

Shown shown_by(const Ground& ground) {
  const config::Config& config = ground.config;
  if (!config.session.certificate_path.empty()) {
    return {.certificate_path = config.session.certificate_path,
            .key_path = config.session.key_path};
  }
  // Until the authority has given one the server shows its own. One file holds chain and key.
  const std::string ordered = config.server.acme.folder + "/certificate.pem";
  if (config.server.acme.on() && ground.doors.files.info(ordered)) {
    return {.certificate_path = ordered, .key_path = ordered};
  }
  return {.certificate_path = config.server.state_folder + "/self-signed.crt",
          .key_path = config.server.state_folder + "/self-signed.key",
          .own = true};
}

std::string tls_section() {
  return "[tls]\ncertificate = \"/etc/letsencrypt/live/HOST/fullchain.pem\"\n"
         "key = \"/etc/letsencrypt/live/HOST/privkey.pem\"";
}

Finding unreadable(std::string_view id, const std::string& path, const base::Error& error) {
  return {.id = id,
          .about = path,
          .severity = Severity::mend,
          .what = error.text(),
          .remedy = "name PEM files that the server's user can read",
          .paste = tls_section()};
}

Finding of_names(const Ground& ground, const io::Certificate& leaf) {
  Finding finding{.id = "tls-names", .about = ground.hostname, .what = {}};
  std::string names;
  for (const std::string& name : leaf.names) names += (names.empty() ? "" : ", ") + name;
  finding.what = "the certificate is for " + (names.empty() ? "no name" : names);
  if (io::covers(leaf, ground.hostname)) return finding;
  finding.severity = leaf.self_signed ? Severity::warning : Severity::mend;
  finding.what += fmt::format(", not for {}", ground.hostname);
  finding.remedy = "get one that holds the name of this host";
  finding.paste = fmt::format("certbot certonly --standalone -d {}", ground.hostname);
  return finding;
}

Finding of_chain(const Ground& ground, const std::string& pem, const io::Certificate& leaf) {
  Finding finding{.id = "tls-chain", .about = {}, .what = "others can verify the certificate"};
  const auto checked = io::verify_chain(pem, ground.doors.clock.wall());
  if (checked) return finding;
  if (leaf.self_signed) {
    finding.severity = Severity::note;
    finding.what =
        "the certificate is self-signed: other servers still send, people's programs "
        "complain, and MTA-STS cannot be used";
    finding.remedy = "get one from an authority and name it";
    finding.paste = tls_section();
    return finding;
  }
  finding.severity = Severity::warning;
  finding.what = fmt::format("the chain cannot be verified: {} (issued by {})",
                             checked.error().detail, leaf.issuer);
  finding.remedy =
      "the file must hold the certificate and every intermediate one, in this order "
      "(fullchain.pem)";
  return finding;
}

Finding of_days(const Ground& ground, const std::vector<io::Certificate>& chain) {
  const base::Time now = ground.doors.clock.wall();
  const auto soonest = std::ranges::min_element(chain, {}, &io::Certificate::not_after);
  const auto days = std::chrono::floor<std::chrono::days>(soonest->not_after - now).count();
  Finding finding{.id = "tls-expiry", .about = soonest->subject, .what = {}};
  const std::string date = base::format_time(soonest->not_after).substr(0, 10);
  finding.what = fmt::format("valid until {}: {} days", date, days);
  if (chain.front().not_before > now) {
    finding.severity = Severity::mend;
    finding.what = "not valid before " + base::format_time(chain.front().not_before);
    finding.remedy = "look at the clock of this host";
  } else if (soonest->not_after <= now) {
    finding.severity = Severity::mend;
    finding.what = "it has expired on " + date;
  } else if (days < days_mend) {
    finding.severity = Severity::mend;
  } else if (days < days_warning) {
    finding.severity = Severity::warning;
  }
  if (is_trouble(finding.severity) && finding.remedy.empty()) {
    finding.remedy = "renew it, then let the server read it; and look why it was not renewed";
    finding.paste = "certbot renew && systemctl reload stagepost";
  }
  return finding;
}

Finding of_key(const std::string& certificate, const std::string& key, const Shown& shown) {
  Finding finding{.id = "tls-key", .about = {}, .what = "the key belongs to the certificate"};
  const auto checked = io::check_key_of(certificate, key);
  if (checked) return finding;
  finding.about = shown.key_path;
  finding.severity = Severity::mend;
  finding.what = checked.error().detail;
  finding.remedy =
      "name the key that was made with this certificate; at its next start the server "
      "would refuse to run";
  finding.paste = tls_section();
  return finding;
}

base::Result<std::vector<io::Certificate>> own_chain(const Ground& ground) {
  const auto pem =
      io::read_file(ground.doors.files, shown_by(ground).certificate_path, certificate_bytes_max);
  if (!pem) return std::unexpected(pem.error());
  return io::read_certificates(*pem);
}

// For every server: the key stays the same when the certificate is renewed with it.
std::string tlsa_name(const std::string& hostname) { return "_25._tcp." + hostname; }
std::string new_tlsa(const std::string& hostname, const io::Certificate& leaf) {
  return zone_line(tlsa_name(hostname), "TLSA",
                   "3 1 1 " + base::hex(io::sha256(leaf.public_key_der)));
}

Opinion judge_tlsa(const dns::Answer& answer, const std::vector<io::Certificate>& chain) {
  if (answer.records.empty()) return {Severity::ok, "no TLSA record: DANE is not used"};
  const std::string words = words_of(answer, dns::Type::tlsa);
  const bool any = std::ranges::any_of(
      answer.records, [&chain](const dns::Record& record) { return matches(record.tlsa, chain); });
  if (any) return {Severity::ok, "TLSA names the certificate: " + words};
  return {Severity::mend,
          "no TLSA record fits the certificate, so who obeys DANE sends nothing: " + words};
}

}  // namespace

std::span<const HostCheck> tls_checks() {
  static constexpr std::array<HostCheck, 2> checks = {check_certificate, check_tlsa};
  return checks;
}

bool matches(const dns::TlsaRecord& record, const std::vector<io::Certificate>& chain) {
  constexpr std::uint8_t dane_ta = 2;
  constexpr std::uint8_t dane_ee = 3;
  if (record.usage != dane_ta && record.usage != dane_ee) return false;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (record.usage == dane_ee && i > 0) break;  // the server's own
    if (record.usage == dane_ta && i == 0) continue;
    const std::string& octets = record.selector == 1 ? chain[i].public_key_der : chain[i].der;
    const bool known = record.selector <= 1 && record.matching <= 2;
    const std::string wanted = record.matching == 0   ? octets
                               : record.matching == 1 ? io::sha256(octets)
                                                      : io::sha512(octets);
    if (known && wanted == record.data) return true;
  }
  return false;
}

io::Task<Findings> check_certificate(io::Ref<const Ground> ground) {
  const Shown shown = shown_by(*ground);
  const auto pem =
      io::read_file(ground->doors.files, shown.certificate_path, certificate_bytes_max);
  if (!pem && shown.own && pem.error().kind == base::ErrorKind::not_found) {
    co_return one({.id = "tls-certificate",
                   .about = {},
                   .severity = Severity::unknown,
                   .what = "there is none yet: the first start makes one"});
  }
  if (!pem) co_return one(unreadable("tls-certificate", shown.certificate_path, pem.error()));
  const auto chain = io::read_certificates(*pem);
  if (!chain) co_return one(unreadable("tls-certificate", shown.certificate_path, chain.error()));
  Findings findings;
  findings.push_back(
      {.id = "tls-certificate",
       .about = {},
       .severity = shown.own ? Severity::note : Severity::ok,
       .what = fmt::format("{} shows {}", shown.certificate_path, chain->front().subject)});
  if (shown.own) {
    findings.back().what = "the server shows a certificate that it made itself";
    findings.back().remedy = "name one of an authority";
    findings.back().paste = tls_section();
  }
  findings.push_back(of_names(*ground, chain->front()));
  findings.push_back(of_chain(*ground, *pem, chain->front()));
  findings.push_back(of_days(*ground, *chain));
  const auto key = io::read_file(ground->doors.files, shown.key_path, certificate_bytes_max);
  findings.push_back(key ? of_key(*pem, *key, shown)
                         : unreadable("tls-key", shown.key_path, key.error()));
  co_return findings;
}

io::Task<Findings> check_tlsa(io::Ref<const Ground> ground) {
  const auto chain = own_chain(*ground);
  if (!chain) co_return Findings();  // tls-certificate says so
  const std::string name = tlsa_name(ground->hostname);
  const Survey survey = co_await ground->view.ask(name, dns::Type::tlsa);
  const Opinion opinion =
      judge(survey, [&chain](const dns::Answer& answer) { return judge_tlsa(answer, *chain); });
  Finding finding{.id = "tlsa", .about = name, .severity = opinion.severity, .what = opinion.words};
  const dns::Answer seen = co_await ground->resolver.query(name, dns::Type::tlsa);
  if (!seen.records.empty() && !seen.secure && finding.severity == Severity::ok) {
    finding.severity = Severity::note;
    finding.what += "; the zone is not signed, so nobody looks at it (RFC 7672 §2.1)";
  }
  if (is_trouble(finding.severity)) {
    finding.remedy = "publish this beside the old one, wait for its TTL, then take the old one out";
    finding.paste = new_tlsa(ground->hostname, chain->front());
  } else if (seen.records.empty() && seen.secure) {
    finding.severity = Severity::note;
    finding.what = "the zone is signed, and DANE would protect mail to this server";
    finding.remedy = "publish it, and publish the next key's record before you change keys";
    finding.paste = new_tlsa(ground->hostname, chain->front());
  }
  co_return one(std::move(finding));
}

}  // namespace doctor
