// admin/doctor/domain_checks.h: what the world must find in the DNS about one of our domains.
//
// What:    a check per record, as each authoritative name server of its zone serves it.
// In/Out:  Ground and domain (A-labels, lower case) → Findings.
// Errors:  none: trouble with the DNS is `unknown`.
// Limits:  those of View and Resolver.
// Not here: this host's own records (host_checks.h), the certificate (tls_checks.h).
#pragma once

#include <span>

#include "admin/doctor/ground.h"

namespace doctor {

using Domain = std::string;

// domain_mail.cc
[[nodiscard]] io::Task<Findings> check_name_servers(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_mx(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_mx_target(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_dnssec_zone(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_postmaster(io::Ref<const Ground> ground, Domain domain);
// domain_sender.cc
[[nodiscard]] io::Task<Findings> check_spf(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_spf_lookups(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_dkim(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_dkim_waiting(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_dmarc(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_dmarc_reports(io::Ref<const Ground> ground, Domain domain);
// domain_extras.cc
[[nodiscard]] io::Task<Findings> check_mta_sts(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_mta_sts_policy(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_tls_rpt(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_srv_submission(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_srv_imap(io::Ref<const Ground> ground, Domain domain);
[[nodiscard]] io::Task<Findings> check_autoconfig(io::Ref<const Ground> ground, Domain domain);

// All of them.
[[nodiscard]] std::span<const DomainCheck> domain_checks();

}  // namespace doctor
