// See addresses.h.
#include "session/addresses.h"

#include <fmt/format.h>

namespace session {

std::string join_addresses(const std::vector<message::Recipient>& recipients) {
  constexpr std::size_t shown_max = 20;
  std::string out;
  for (std::size_t i = 0; i < recipients.size() && i < shown_max; ++i) {
    if (i > 0) out += ", ";
    out += recipients[i].address.text();
  }
  if (recipients.size() > shown_max) {
    out += fmt::format(" and {} more", recipients.size() - shown_max);
  }
  return out;
}

}  // namespace session
