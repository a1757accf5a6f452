// See domain_keys.h.
#include "cli/domain_keys.h"

#include "cli/answer.h"
#include "lib/http/message.h"

namespace cli {

base::Result<> make_domain_keys(const Place& place, const std::string& domain) {
  const auto there = ask_json(place, "GET", "/api/v1/dkim?domain=" + http::percent_encode(domain));
  if (!there) return std::unexpected(there.error());
  if (!list_of(*there, "keys").empty()) return {};
  const auto made =
      ask_json(place, "POST", "/api/v1/dkim/generate", {{"domain", domain}, {"type", "both"}});
  if (!made) return std::unexpected(made.error());
  return {};
}

}  // namespace cli
