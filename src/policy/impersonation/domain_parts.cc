// See domain_parts.h.
#include "policy/impersonation/domain_parts.h"

#include <idn2.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/message/address.h"

namespace policy {
namespace {

constexpr std::size_t country_letters = 2;
// Under many countries; com.au, co.uk, ac.jp and the like are found by their two letters or here.
constexpr std::array<std::string_view, 12> second_levels = {
    "com", "net", "org", "edu", "gov", "mil", "ltd", "plc", "sch", "nom", "asso", "info"};

bool is_suffix_pair(std::string_view second, std::string_view top) {
  if (top.size() != country_letters) return false;
  return second.size() == country_letters ||
         std::ranges::find(second_levels, second) != second_levels.end();
}

// What people see of "xn--pypal-4ve"; the label itself when it cannot be decoded.
std::string decoded(std::string_view label) {
  if (!label.starts_with("xn--")) return std::string(label);
  char* out = nullptr;
  std::string text(label);
  if (idn2_to_unicode_8z8z(text.c_str(), &out, 0) != IDN2_OK) return text;
  std::string result(out);
  idn2_free(out);
  return result;
}

}  // namespace

DomainParts domain_parts(std::string_view domain) {
  DomainParts out;
  const std::string key = message::domain_key(domain);
  if (key.empty() || key.starts_with('[') || key.size() > message::domain_bytes_max) return out;
  const std::vector<std::string_view> labels = base::split(key, '.');
  if (labels.size() < 2 || std::ranges::any_of(labels, &std::string_view::empty)) return out;
  const bool pair = labels.size() > 2 && is_suffix_pair(labels[labels.size() - 2], labels.back());
  const std::size_t at = labels.size() - (pair ? 3 : 2);  // of the name
  for (std::size_t i = 0; i < at; ++i) out.before.push_back(decoded(labels[i]));
  out.name = decoded(labels[at]);
  const std::string_view all = key;
  const auto base_at = static_cast<std::size_t>(labels[at].data() - all.data());
  out.base = all.substr(base_at);
  out.suffix = all.substr(base_at + labels[at].size() + 1);
  return out;
}

}  // namespace policy
