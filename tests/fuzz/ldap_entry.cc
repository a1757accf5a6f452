// Fuzz target: what an LDAP server says of a person or group, and the copy of it on disk. Only mail
// addresses come out of it, and what was kept reads back.
#include <cstdint>
#include <string_view>

#include "directory/ldap/cache.h"
#include "directory/ldap/entry.h"
#include "directory/ldap/filter.h"
#include "directory/names.h"
#include "lib/base/check.h"
#include "lib/base/text.h"

namespace {

// A line each: "mail=ada@corp.test".
directory::LdapEntry entry_of(std::string_view text) {
  directory::LdapEntry entry{.dn = "uid=fuzz", .attributes = {}};
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t at = line.find('=');
    if (at == std::string_view::npos) continue;
    entry.attributes.push_back(
        {.name = std::string(line.substr(0, at)), .values = {std::string(line.substr(at + 1))}});
  }
  return entry;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const directory::LdapEntry entry = entry_of(text);
  directory::LdapSettings settings;
  settings.login_attribute = "uid";
  const directory::LdapSchema schema = directory::schema_of(settings);
  directory::LdapContents contents;
  contents.domains = {"corp.test"};
  if (auto user = directory::user_of(entry, schema)) {
    for (const std::string& mail : user->mails) {
      CHECK(directory::ldap_address(mail) == mail, "a key is its own key");
    }
    contents.users.push_back(std::move(*user));
  }
  directory::RawGroup group = directory::group_of(entry, schema);
  directory::add_part(group, entry);
  if (!group.addresses.empty()) {
    contents.groups.push_back({.addresses = group.addresses, .members = {}});
  }
  const auto kept =
      directory::decode_ldap_cache(directory::encode_ldap_cache(contents, "source"), "source");
  CHECK(kept && kept->same_people(contents), "what was kept reads back");
  (void)directory::decode_ldap_cache(text, "source");
  (void)directory::merge({}, contents);
  (void)directory::dn_key(text);
  CHECK(directory::escape_filter_value(text).find_first_of("()*") == std::string::npos, "escaped");
  return 0;
}
