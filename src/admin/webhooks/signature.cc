// See signature.h.
#include "admin/webhooks/signature.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace webhooks {
namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::size_t secret_octets = 32;

std::int64_t seconds(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string make_secret(io::Random& random) {
  std::string octets(secret_octets, '\0');
  random.fill(octets);
  return std::string(secret_prefix) + base::base64(octets);
}

std::string signature(const std::vector<std::string>& secrets, const Signed& what) {
  const std::string text = fmt::format("{}.{}.{}", what.id, seconds(what.now), what.body);
  std::string out;
  for (const std::string& secret : secrets) {
    if (!secret.starts_with(secret_prefix)) continue;
    const auto key = base::unbase64(std::string_view(secret).substr(secret_prefix.size()));
    if (!key) continue;
    if (!out.empty()) out += ' ';
    out += "v1," + base::base64(io::hmac_sha256(*key, text));
  }
  return out;
}

void sign(http::Headers& headers, const std::vector<std::string>& secrets, const Signed& what) {
  headers.set("webhook-id", std::string(what.id));
  headers.set("webhook-timestamp", fmt::to_string(seconds(what.now)));
  headers.set("webhook-signature", signature(secrets, what));
}

}  // namespace webhooks
