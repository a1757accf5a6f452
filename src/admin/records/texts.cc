// See texts.h.
#include "admin/records/texts.h"

#include <fmt/format.h>

#include <chrono>

#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace records {

std::string spf_text(const std::vector<io::IpAddress>& addresses) {
  std::string text = "v=spf1 mx";
  for (const io::IpAddress& address : addresses) {
    text += fmt::format(" ip{}:{}", address.is_v6() ? 6 : 4, address.text());
  }
  return text + " -all";
}

std::string host_spf_text() { return "v=spf1 a -all"; }

std::string dmarc_text(std::string_view domain, std::string_view policy) {
  return fmt::format("v=DMARC1; p={}; rua=mailto:postmaster@{}", policy, domain);
}

std::string tls_rpt_text(std::string_view domain) {
  return fmt::format("v=TLSRPTv1; rua=mailto:postmaster@{}", domain);
}

std::string mta_sts_policy(const admin::MtaStsSettings& settings, std::string_view hostname) {
  if (settings.mode == admin::MtaStsMode::off) return {};
  std::string text =
      fmt::format("version: STSv1\r\nmode: {}\r\n",
                  settings.mode == admin::MtaStsMode::enforce ? "enforce" : "testing");
  if (settings.mx.empty()) text += fmt::format("mx: {}\r\n", hostname);
  for (const std::string& name : settings.mx) text += fmt::format("mx: {}\r\n", name);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.max_age).count();
  return text + fmt::format("max_age: {}\r\n", seconds);
}

std::string mta_sts_text(std::string_view policy) {
  constexpr std::size_t id_octets = 10;  // 20 digits; RFC 8461 §3.1 allows 32
  return fmt::format("v=STSv1; id={}", base::hex(io::sha256(policy).substr(0, id_octets)));
}

}  // namespace records
