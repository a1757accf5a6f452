// See key_ring.h.
#include "policy/signing/key_ring.h"

namespace policy {

const DomainKeys* KeyRing::find(std::string_view domain) const {
  while (!domain.empty() && !domains_.empty()) {
    if (const auto found = domains_.find(domain); found != domains_.end()) return &found->second;
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return nullptr;
}

}  // namespace policy
