// See host_checks.h. Names and addresses.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/doctor/host_checks.h"
#include "admin/doctor/opinion.h"
#include "admin/doctor/zone_text.h"
#include "admin/records/texts.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/network.h"
#include "lib/mailauth/iprev.h"
#include "lib/mailauth/spf.h"

namespace doctor {
namespace {

Finding only_private(std::string_view id) {
  return {.id = id,
          .about = {},
          .severity = Severity::unknown,
          .what = "this host has only private addresses",
          .remedy = "name the address that the world reaches it by",
          .paste = "[doctor]\npublic_addresses = [\"THE-PUBLIC-ADDRESS\"]"};
}

bool is_ours(const Ground& ground, const io::IpAddress& address) {
  return std::ranges::find(ground.addresses, address) != ground.addresses.end();
}

// What the zone says of one family, held against our own addresses.
Opinion judge_addresses(const dns::Answer& answer, const Ground& ground, dns::Type type) {
  const bool v6 = type == dns::Type::aaaa;
  for (const io::IpAddress& own : ground.addresses) {
    const bool there = std::ranges::any_of(
        answer.records, [&own](const dns::Record& record) { return record.address == own; });
    if (own.is_v6() == v6 && !there) {
      return {v6 ? Severity::warning : Severity::mend,
              fmt::format("there is no {} record with {}", dns::to_string(type), own.text())};
    }
  }
  for (const dns::Record& record : answer.records) {
    if (!is_ours(ground, record.address)) {
      return {Severity::warning,
              fmt::format("{} is not an address of this host", record.address.text())};
    }
  }
  return {Severity::ok, fmt::format("{} {}", dns::to_string(type), words_of(answer, type))};
}

io::Task<Finding> check_family(io::Ref<const Ground> ground, dns::Type type) {
  const Survey survey = co_await ground->view.ask(ground->hostname, type);
  const Opinion opinion = judge(survey, [ground, type](const dns::Answer& answer) {
    return judge_addresses(answer, *ground, type);
  });
  Finding finding{.id = "host-address",
                  .about = ground->hostname,
                  .severity = opinion.severity,
                  .what = opinion.words};
  if (!is_trouble(finding.severity)) co_return finding;
  finding.remedy =
      "publish the addresses of this host, no others; one that mail shall not use is "
      "not a public address: [doctor] public_addresses names those that count";
  for (const io::IpAddress& own : ground->addresses) {
    if (own.is_v6() != (type == dns::Type::aaaa)) continue;
    if (!finding.paste.empty()) finding.paste += "\n";
    finding.paste += zone_line(ground->hostname, dns::to_string(type), own.text());
  }
  co_return finding;
}

std::string ptr_remedy() { return "set it where you rent the address (\"reverse DNS\")"; }

io::Task<Finding> check_one_ptr(io::Ref<const Ground> ground, io::IpAddress address) {
  const std::string name = address.reverse_name();
  const dns::Answer answer = co_await ground->resolver.query(name, dns::Type::ptr);
  Finding finding{.id = "ptr", .about = address.text(), .what = {}};
  if (answer.status != dns::Status::ok && !dns::is_negative(answer.status)) {
    finding.severity = Severity::unknown;
    finding.what = fmt::format("{} could not be looked up: {}", name, answer.why);
    co_return finding;
  }
  const bool matches = std::ranges::any_of(answer.records, [&](const dns::Record& record) {
    return base::iequals(record.data, ground->hostname);
  });
  if (matches) {
    finding.what = fmt::format("its PTR is {}", ground->hostname);
    co_return finding;
  }
  finding.severity = answer.records.empty() ? Severity::mend : Severity::warning;
  finding.what = answer.records.empty()
                     ? std::string("it has no PTR")
                     : fmt::format("its PTR is {}, not {}",
                                   base::printable(answer.records.front().data), ground->hostname);
  finding.remedy = ptr_remedy();
  finding.paste = zone_line(name, "PTR", ground->hostname + ".");
  co_return finding;
}

}  // namespace

std::vector<io::IpAddress> public_addresses(const io::Network& network) {
  std::vector<io::IpAddress> out;
  for (const io::IpAddress& address : network.own_addresses()) {
    if (!address.is_private() && !address.is_unspecified()) out.push_back(address);
  }
  return out;
}

std::span<const HostCheck> host_checks() {
  static constexpr std::array<HostCheck, 10> checks = {
      check_host_address,    check_helo_name,  check_ptr,         check_fcrdns, check_host_spf,
      check_dnssec_resolver, check_port_25_in, check_port_25_out, check_relay,  check_block_lists};
  return checks;
}

io::Task<Findings> check_host_address(io::Ref<const Ground> ground) {
  if (ground->addresses.empty()) co_return one(only_private("host-address"));
  Findings findings;
  for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
    const bool v6 = type == dns::Type::aaaa;
    Finding finding = co_await check_family(ground, type);
    const bool has = std::ranges::any_of(
        ground->addresses, [v6](const io::IpAddress& own) { return own.is_v6() == v6; });
    // Without an address of the family there is something to tell only when there is a record.
    if (has || is_trouble(finding.severity)) findings.push_back(std::move(finding));
  }
  co_return findings;
}

io::Task<Findings> check_helo_name(io::Ref<const Ground> ground) {
  Finding finding{.id = "helo-name", .about = ground->hostname, .what = "it leads to this host"};
  const bool full = ground->hostname.find('.') != std::string::npos;
  const dns::Answer answer = co_await dns::query_addresses(ground->resolver, ground->hostname);
  const bool leads_here = std::ranges::any_of(
      answer.records, [&](const dns::Record& record) { return is_ours(*ground, record.address); });
  if (!full) {
    finding.severity = Severity::mend;
    finding.what = "it is no full name, and many servers refuse it";
    finding.remedy = "give this host a name that the DNS knows";
    finding.paste = "hostname = \"mail.example.org\"";
  } else if (dns::is_negative(answer.status)) {
    finding.severity = Severity::mend;
    finding.what = "it has no address yet";
    finding.remedy = "publish it; see host-address";
    for (const io::IpAddress& own : ground->addresses) {
      if (!finding.paste.empty()) finding.paste += "\n";
      finding.paste += zone_line(ground->hostname, own.is_v6() ? "AAAA" : "A", own.text());
    }
  } else if (answer.status != dns::Status::ok) {
    finding.severity = Severity::unknown;
    finding.what = "it could not be looked up: " + answer.why;
  } else if (ground->addresses.empty()) {
    finding.severity = Severity::unknown;
    finding.what = fmt::format("it leads to {}; this host has only private addresses",
                               words_of(answer, dns::Type::a));
  } else if (!leads_here) {
    finding.severity = Severity::warning;
    finding.what =
        fmt::format("it leads to {}, which is not this host", words_of(answer, dns::Type::a));
    finding.remedy = "publish the address of this host, or take a name that leads here";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_ptr(io::Ref<const Ground> ground) {
  if (ground->addresses.empty()) co_return one(only_private("ptr"));
  Findings findings;
  for (const io::IpAddress& address : ground->addresses) {
    findings.push_back(co_await check_one_ptr(ground, address));
  }
  co_return findings;
}

io::Task<Findings> check_fcrdns(io::Ref<const Ground> ground) {
  Findings findings;
  for (const io::IpAddress& address : ground->addresses) {
    const auto verdict = co_await mailauth::check_iprev(ground->resolver, address);
    Finding finding{.id = "fcrdns", .about = address.text(), .what = {}};
    finding.what = fmt::format("its name {} leads back to it", verdict.name);
    if (verdict.result == mailauth::IprevResult::temperror) {
      finding.severity = Severity::unknown;
      finding.what = "its names could not be looked up";
    } else if (verdict.result != mailauth::IprevResult::pass) {
      finding.severity = Severity::mend;
      finding.what = verdict.name.empty() ? std::string("it has no name")
                                          : fmt::format("its name {} does not lead back to it",
                                                        base::printable(verdict.name));
      finding.remedy = "PTR and address record must name each other";
      finding.paste = zone_line(ground->hostname, address.is_v6() ? "AAAA" : "A", address.text()) +
                      "\n" + zone_line(address.reverse_name(), "PTR", ground->hostname + ".");
    }
    findings.push_back(std::move(finding));
  }
  co_return findings;
}

io::Task<Findings> check_host_spf(io::Ref<const Ground> ground) {
  Findings findings;
  for (const io::IpAddress& address : ground->addresses) {
    const auto verdict =
        co_await mailauth::check_host(ground->resolver, {.ip = address,
                                                         .helo = ground->hostname,
                                                         .local = {},
                                                         .domain = ground->hostname,
                                                         .receiver = ground->hostname,
                                                         .now = ground->doors.clock.wall()});
    Finding finding{.id = "host-spf", .about = address.text(), .what = {}};
    finding.what =
        fmt::format("SPF of {} says {}", ground->hostname, mailauth::to_string(verdict.result));
    if (!verdict.problem.empty()) finding.what += ": " + verdict.problem;
    if (verdict.result == mailauth::SpfResult::temperror) {
      finding.severity = Severity::unknown;
    } else if (verdict.result == mailauth::SpfResult::none) {
      finding.severity = Severity::note;
    } else if (verdict.result != mailauth::SpfResult::pass) {
      finding.severity = Severity::mend;
    }
    if (finding.severity == Severity::note || is_trouble(finding.severity)) {
      finding.remedy = "bounces have no other sender than this name: give it a record of its own";
      finding.paste = zone_txt(ground->hostname, records::host_spf_text());
    }
    findings.push_back(std::move(finding));
  }
  co_return findings;
}

io::Task<Findings> check_dnssec_resolver(io::Ref<const Ground> ground) {
  const dns::Answer root = co_await ground->resolver.query(".", dns::Type::ns);
  Finding finding{.id = "dnssec-resolver", .about = {}, .what = "signed answers are verified"};
  if (root.status == dns::Status::bogus) {
    finding.severity = Severity::mend;
    finding.what = "the root's own signatures do not verify: " + root.why;
    finding.remedy = "look at the clock, then at the trust anchor and the name servers we ask";
    finding.paste = "apt install --reinstall dns-root-data";
  } else if (root.status != dns::Status::ok) {
    finding.severity = Severity::unknown;
    finding.what = "the DNS could not be asked: " + root.why;
  } else if (!root.secure) {
    finding.severity = Severity::warning;
    finding.what = "answers are not verified, so nobody's DANE can be obeyed";
    finding.remedy = "install the root's keys, and ask name servers that pass signatures on";
    finding.paste = "apt install dns-root-data";
  }
  co_return one(std::move(finding));
}

}  // namespace doctor
