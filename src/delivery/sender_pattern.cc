// See sender_pattern.h.
#include "delivery/sender_pattern.h"

#include <algorithm>

namespace delivery {

SenderPattern::SenderPattern(std::string_view text) {
  if (text == "<>") return;
  const std::size_t at = text.rfind('@');
  local_ = message::local_key(text.substr(0, at));
  domain_ = message::domain_key(text.substr(at + 1));
}

bool SenderPattern::fits(const message::Address& sender) const {
  if (domain_.empty()) return sender.is_null();
  if (sender.is_null() || message::domain_key(sender.domain) != domain_) return false;
  if (local_.empty()) return true;
  const std::string theirs = message::local_key(sender.local);
  return theirs == local_ || (theirs.starts_with(local_) && theirs[local_.size()] == '+');
}

bool fits_any(const std::vector<SenderPattern>& patterns, const message::Address& sender) {
  return patterns.empty() || std::ranges::any_of(patterns, [&](const SenderPattern& pattern) {
           return pattern.fits(sender);
         });
}

}  // namespace delivery
