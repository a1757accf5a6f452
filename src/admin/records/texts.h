// admin/records/texts.h: the texts that a mail domain publishes, each written in one place.
//
// What:    SPF, DMARC, TLS-RPT, the MTA-STS record and its policy, as `init`, `dns` and the doctor
//          propose them and as the server serves them.
// In/Out:  names → text.
// Errors:  none.
// Limits:  none.
// Not here: which of them a domain needs (wanted.h), whether they are published (state.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/settings.h"
#include "lib/io/address.h"

namespace records {

// With addresses for a host that the domain's MX does not name.
[[nodiscard]] std::string spf_text(const std::vector<io::IpAddress>& addresses = {});
// Of the host's own name, which bounces have as their sender (RFC 7208 §2.4).
[[nodiscard]] std::string host_spf_text();
[[nodiscard]] std::string dmarc_text(std::string_view domain, std::string_view policy = "none");
[[nodiscard]] std::string tls_rpt_text(std::string_view domain);

// The file at https://mta-sts.DOMAIN/.well-known/mta-sts.txt (RFC 8461 §3.2); empty: it is off.
[[nodiscard]] std::string mta_sts_policy(const admin::MtaStsSettings& settings,
                                         std::string_view hostname);
// Another policy has another id, the same one the same: nobody has to count.
[[nodiscard]] std::string mta_sts_text(std::string_view policy);

}  // namespace records
