// admin/dovecot_ldap.h: the part of Dovecot's configuration that is about people from LDAP.
//
// What:    a passdb that binds with the person's password and a userdb, both behind those of
//          directory.db; and a gate behind the passdb: directory.db wins on the same mailbox, and
//          domains that LDAP does not answer for are not opened, as directory/ldap has it.
// In/Out:  DovecotPlan with ldap.on() → texts for dovecot.conf, files that they name.
// Errors:  invalid: values that the syntax cannot carry, URLs of which only some can STARTTLS.
// Limits:  of addresses with / % : or a second @, or a dot or nothing in front of either part,
//          nothing is found: no variable of Dovecot encodes them as delivery/maildir_path.h does.
// Not here: the rest of the configuration (dovecot_config.h), our own reading (directory/ldap/).
//
// A person has one value of the mail attribute: of several Dovecot takes the first, with a warning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/dovecot_config.h"
#include "lib/base/result.h"

namespace admin {

[[nodiscard]] base::Result<> check_dovecot_ldap(const DovecotPlan& plan);

// All empty while LDAP is off.
struct DovecotLdapTexts {
  std::string passdb;  // for dovecot.conf, after the passdb of directory.db
  std::string userdb;  // likewise
  std::vector<TextFile> files;
};
[[nodiscard]] DovecotLdapTexts dovecot_ldap_texts(const DovecotPlan& plan);

// A value as both versions read it: in double quotes, where \ is before " and \.
[[nodiscard]] std::string dovecot_quoted(std::string_view value);

}  // namespace admin
