// admin/dovecot_config.h: a complete configuration for a Dovecot that reads our mailboxes.
//
// What:    writes dovecot.conf (and what it names) for Dovecot 2.3 or 2.4: log-ins and mailboxes
//          from directory.db, Maildirs of our mail folder, LMTP and quota-status sockets for us,
//          IMAP and ManageSieve for people; those of LDAP, too, when [ldap] is on (dovecot_ldap.h).
//          Nothing of /etc/dovecot is read. Homes (Sieve scripts) and the rule for spam lie in the
//          mail folder, in .homes and .sieve: no domain begins so.
// In/Out:  DovecotPlan → the files, and the lines that stagepost.toml needs.
// Errors:  invalid: a path or a name that the configuration's syntax cannot carry.
// Limits:  run_folder_bytes_max: the paths of sockets in it are short in every kernel.
// Not here: writing them to disk (cli/dovecot_verb.cc), the view dovecot_users (directory/).
//
// Rights: Dovecot's auth-worker reads directory.db; it is root, or, with a database_group (the
// setting directory.database_group), Dovecot's own user in that group. Mail is read and, over
// LMTP, written as mail_user, to whom the mail folder must belong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "directory/settings.h"
#include "lib/base/result.h"

namespace admin {

struct DovecotPlan {
  static constexpr std::size_t run_folder_bytes_max = 80;

  enum class Version : std::uint8_t { v2_3, v2_4 };
  Version version = Version::v2_3;
  std::string output_folder;  // where the files will lie; absolute, as all paths here
  std::string run_folder;     // Dovecot's base_dir, with the sockets lmtp and quota-status
  std::string state_folder;   // Dovecot's own
  std::string database_path;  // directory.db
  std::string database_group;
  std::string mail_folder;
  std::string hostname;
  std::string certificate_path;
  std::string key_path;
  std::string log_path;  // empty: syslog
  std::string mail_user = "vmail";
  std::string mail_group = "vmail";
  std::string internal_user = "dovecot";
  std::string internal_group = "dovecot";
  std::string login_user = "dovenull";
  std::string socket_user;    // whom our server runs as; may use the two sockets
  bool unprivileged = false;  // Dovecot is not started by root: nothing is chrooted
  bool lmtp = true;           // Dovecot delivers; else we do, as Maildirs
  std::vector<std::string> listen = {"*", "::"};
  std::uint16_t imap_port = 143;
  std::uint16_t imaps_port = 993;
  std::uint16_t sieve_port = 4190;
  bool scram = true;  // no use to people of LDAP, of whom we have no verifiers
  directory::LdapSettings ldap;
  std::string ldap_password;  // of ldap.bind_dn
  // Where our login guard answers Dovecot (auth_policy.h), and the key for it; empty: it is not
  // asked, and guesses over IMAP are slowed down by Dovecot alone.
  std::string auth_policy_url;
  std::string auth_policy_key;
  std::uint64_t quota_bytes = 0;  // of mailboxes without one of their own; 0: none

  [[nodiscard]] std::string lmtp_socket() const { return run_folder + "/lmtp"; }
  [[nodiscard]] std::string quota_socket() const { return run_folder + "/quota-status"; }
};

struct TextFile {
  std::string path;  // absolute
  std::string text;
  unsigned mode = 0644;
};

[[nodiscard]] base::Result<> check_dovecot_plan(const DovecotPlan& plan);
// dovecot.conf first; what a plan holds that was not checked may break it.
[[nodiscard]] std::vector<TextFile> dovecot_files(const DovecotPlan& plan);

// What stagepost.toml must say to go with it.
struct NeededSetting {
  std::string section;
  std::string key;
  std::string value;  // as it is written in the file
};
[[nodiscard]] std::vector<NeededSetting> dovecot_needs(const DovecotPlan& plan);

}  // namespace admin
