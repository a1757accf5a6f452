// See entry.h.
#include "directory/ldap/entry.h"

#include <algorithm>

#include "directory/names.h"
#include "lib/base/text.h"

namespace directory {
namespace {

constexpr std::string_view range_option = ";range=";  // Active Directory's "member;range=0-1499"

// The name without its options: RFC 4512 §2.5.
std::string_view plain_name(std::string_view name) { return name.substr(0, name.find(';')); }

template <class Use>
void for_values(const LdapEntry& entry, std::string_view name, Use use) {
  if (name.empty()) return;
  for (const LdapAttribute& attribute : entry.attributes) {
    if (!base::iequals(plain_name(attribute.name), name)) continue;
    for (const std::string& value : attribute.values) {
      if (value.size() <= ldap_value_bytes_max) use(value);
    }
  }
}

void add_once(std::vector<std::string>& list, std::string value) {
  if (list.size() >= ldap_addresses_max || std::ranges::find(list, value) != list.end()) return;
  list.push_back(std::move(value));
}

std::vector<std::string> addresses(const LdapEntry& entry, std::string_view attribute) {
  std::vector<std::string> out;
  for_values(entry, attribute, [&out](const std::string& value) {
    if (auto address = ldap_address(value)) add_once(out, std::move(*address));
  });
  return out;
}

bool is_plain_login(std::string_view text) {
  return !text.empty() && text.size() <= login_name_bytes_max &&
         std::ranges::all_of(text, [](char c) {
           return base::is_alpha(c) || base::is_digit(c) || c == '.' || c == '-' || c == '_';
         });
}

// "jdoe" or an address; empty for what nobody could type as one of these.
std::string login_of(const LdapEntry& entry, const LdapSchema& schema) {
  std::string out;
  for_values(entry, schema.login_attribute, [&out](const std::string& value) {
    if (!out.empty()) return;
    if (is_plain_login(value)) {
      out = base::lower(value);
    } else if (auto address = ldap_address(value)) {
      out = std::move(*address);
    }
  });
  return out;
}

struct Range {
  std::string attribute;
  std::size_t next = 0;
  bool last = true;
};

std::optional<Range> range_of(const LdapAttribute& attribute) {
  const std::string name = base::lower(attribute.name);
  const std::size_t at = name.find(range_option);
  if (at == std::string::npos) return std::nullopt;
  const auto bounds = base::split(std::string_view(name).substr(at + range_option.size()), '-');
  if (bounds.size() != 2) return std::nullopt;
  Range out{.attribute = std::string(plain_name(attribute.name))};
  const auto high = base::parse_number(bounds[1]);  // "*": this is the last part
  if (high && *high < ldap_members_bound) {
    out.next = static_cast<std::size_t>(*high) + 1;
    out.last = false;
  }
  return out;
}

}  // namespace

std::optional<std::string> ldap_address(std::string_view value) {
  std::string_view text = base::trim(value);
  if (base::istarts_with(text, "smtp:")) text.remove_prefix(5);  // of proxyAddresses
  if (text.size() > message::address_bytes_max) return std::nullopt;
  auto key = address_name(text);
  if (!key) return std::nullopt;
  return std::move(*key);
}

std::string dn_key(std::string_view dn) {
  std::string out;
  out.reserve(dn.size());
  bool escaped = false;
  for (const char c : dn) {
    const bool separates = !escaped && (c == ',' || c == '+' || c == '=' || c == ';');
    if (separates) {
      while (out.ends_with(' ')) out.pop_back();
    }
    const bool leads = out.empty() || out.back() == ',' || out.back() == '=' || out.back() == '+';
    escaped = !escaped && c == '\\';
    if (c == ' ' && leads) continue;
    out += separates && c == ';' ? ',' : base::to_lower(c);
  }
  return out;
}

std::optional<LdapUser> user_of(const LdapEntry& entry, const LdapSchema& schema) {
  LdapUser user;
  user.mails = addresses(entry, schema.mail_attribute);
  if (user.mails.empty()) return std::nullopt;
  for (const std::string& attribute : schema.alias_attributes) {
    for (std::string& address : addresses(entry, attribute)) {
      if (std::ranges::find(user.mails, address) != user.mails.end()) continue;
      add_once(user.aliases, std::move(address));
    }
  }
  user.login = login_of(entry, schema);
  return user;
}

std::string uid_of(const LdapEntry& entry, const LdapSchema& schema) {
  std::string out;
  for_values(entry, schema.uid_attribute, [&out](const std::string& value) {
    if (out.empty()) out = base::lower(value);
  });
  return out;
}

RawGroup group_of(const LdapEntry& entry, const LdapSchema& schema) {
  RawGroup group{.dn = entry.dn, .addresses = {}, .members = {}};
  group.addresses = addresses(entry, schema.mail_attribute);
  for (const std::string& attribute : schema.alias_attributes) {
    for (std::string& address : addresses(entry, attribute)) {
      add_once(group.addresses, std::move(address));
    }
  }
  for (const std::string& attribute : schema.member_attributes) {
    for_values(entry, attribute,
               [&group](const std::string& value) { group.members.push_back(value); });
  }
  for (const LdapAttribute& attribute : entry.attributes) {
    const auto range = range_of(attribute);
    if (!range || range->last) continue;
    group.more_attribute = range->attribute;
    group.more_from = range->next;
  }
  return group;
}

void add_part(RawGroup& group, const LdapEntry& entry) {
  const std::size_t before = group.more_from;
  const std::string wanted = std::exchange(group.more_attribute, {});
  for (const LdapAttribute& attribute : entry.attributes) {
    const auto range = range_of(attribute);
    if (!range || !base::iequals(range->attribute, wanted)) continue;
    for (const std::string& value : attribute.values) {
      if (value.size() <= ldap_value_bytes_max) group.members.push_back(value);
    }
    if (range->last || range->next <= before) continue;  // a server that repeats itself has ended
    group.more_attribute = wanted;
    group.more_from = range->next;
  }
}

}  // namespace directory
