// admin/doctor/tls_checks.h: the certificate that this server shows, and its TLSA records.
//
// What:    names, chain, days left, key; TLSA against the chain (RFC 6698, RFC 7672).
// In/Out:  Ground → Findings.
// Errors:  none: a file that cannot be read is a finding.
// Limits:  certificate_bytes_max.
// Not here: OpenSSL (lib/io/certificate.h), getting certificates.
#pragma once

#include <span>

#include "admin/doctor/ground.h"
#include "lib/io/certificate.h"

namespace doctor {

[[nodiscard]] io::Task<Findings> check_certificate(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_tlsa(io::Ref<const Ground> ground);

// Does the record describe the chain? As SMTP clients read it (RFC 7672 §3.1): usages 2 and 3 only.
[[nodiscard]] bool matches(const dns::TlsaRecord& record,
                           const std::vector<io::Certificate>& chain);

[[nodiscard]] std::span<const HostCheck> tls_checks();

}  // namespace doctor
