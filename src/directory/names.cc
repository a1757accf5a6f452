// See names.h.
#include "directory/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr message::AddressRules any_script = {.utf8 = true};

// "127.0.0.1": no top-level domain is a number (RFC 3696 §2), so a name that ends in one is meant
// to be an IP address.
bool ends_in_a_number(std::string_view domain) {
  const std::string_view last = domain.substr(domain.rfind('.') + 1);
  return std::ranges::all_of(last, base::is_digit);
}

}  // namespace

Result<std::string> domain_name(std::string_view text) {
  std::string_view name = base::trim(text);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.starts_with('[') || !message::is_domain(name, any_script)) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" is not a domain name; write it as in example.org",
                            base::printable(text, message::domain_bytes_max)));
  }
  if (ends_in_a_number(name)) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is an IP address or a number, not a domain name; write a name as "
                            "in example.org",
                            name));
  }
  return message::domain_key(name);
}

Result<std::string> address_name(std::string_view text) {
  const auto address = message::parse_address(base::trim(text), any_script);
  if (!address || address->domain.empty()) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" is not a mail address; write it as in you@example.org",
                            base::printable(text, message::address_bytes_max)));
  }
  if (address->domain.starts_with('[') || ends_in_a_number(address->domain)) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" has an IP address for a domain; use a domain name",
                            base::printable(text, message::address_bytes_max)));
  }
  return key_of(*address);
}

Result<std::string> alias_name(std::string_view text) {
  const std::string_view name = base::trim(text);
  if (!name.starts_with('@')) return address_name(name);
  auto domain = domain_name(name.substr(1));
  if (!domain) return domain;
  return "@" + *domain;
}

Result<std::string> login_name(std::string_view text) {
  const std::string_view login = base::trim(text);
  // A local part may hold a slash, a domain may not: the name begins after the last @.
  const std::size_t at = login.rfind('@');
  const std::size_t slash =
      at == std::string_view::npos ? std::string_view::npos : login.find('/', at);
  auto address = address_name(login.substr(0, slash));
  if (!address || slash == std::string_view::npos) return address;
  const std::string_view name = login.substr(slash + 1);
  bool good = !name.empty() && name.size() <= login_name_bytes_max;
  for (const char c : name) {
    good = good && (base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.');
  }
  if (!good) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" cannot name a login; use up to {} letters, digits, - _ and .",
                            base::printable(name, login_name_bytes_max), login_name_bytes_max));
  }
  return fmt::format("{}/{}", *address, base::lower(name));
}

std::string key_of(const message::Address& address) {
  std::string key = message::local_key(address.local);
  key += '@';
  key += message::domain_key(address.domain);
  return key;
}

std::string account_of(std::string_view login) {
  const std::size_t at = login.rfind('@');
  if (at == std::string_view::npos) return std::string(login);
  return std::string(login.substr(0, login.find('/', at)));
}

std::string without_detail(std::string_view key) {
  const std::size_t plus = local_of(key).find('+');
  if (plus == std::string_view::npos || plus == 0) return {};
  return fmt::format("{}@{}", key.substr(0, plus), domain_of(key));
}

std::string_view local_of(std::string_view key) { return key.substr(0, key.rfind('@')); }

std::string_view domain_of(std::string_view key) {
  const std::size_t at = key.rfind('@');
  return at == std::string_view::npos ? std::string_view() : key.substr(at + 1);
}

bool is_role_name(std::string_view local_key) {
  return local_key == "postmaster" || local_key == "abuse";
}

}  // namespace directory
