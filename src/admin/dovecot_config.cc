// See dovecot_config.h.
#include "admin/dovecot_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "admin/dovecot_ldap.h"
#include "admin/dovecot_text.h"
#include "lib/base/text.h"

namespace admin {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;
using Version = DovecotPlan::Version;

// What needs no quotes in Dovecot's syntax, in SQL and in an argument.
bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || std::string_view("/._-+@,=:").contains(c);
  });
}

base::Result<> check(std::string_view what, std::string_view text, bool path) {
  if (is_plain(text) && (!path || text.front() == '/')) return {};
  return base::fail(
      base::ErrorKind::invalid,
      fmt::format("{} is \"{}\": {} of letters, digits and / . _ - + @ , = : is needed", what,
                  base::printable(text, 200), path ? "a path from / on" : "a name"));
}

// DIR/DOMAIN/LOCAL as delivery/maildir_path.h makes it, from the column `address`. What follows
// the last @ is the domain: rtrim takes away all that is no @ from the end.
// `percent` is how the version writes the sign in a query so that it is taken for itself.
std::string place_sql(std::string_view table, std::string_view percent) {
  return fmt::format(
      "(SELECT quota_bytes, domain, CASE WHEN substr(local, 1, 1) = '.' "
      "THEN '{0}2E' || substr(local, 2) ELSE local END AS folder FROM "
      "(SELECT quota_bytes, substr(address, at + 1) AS domain, "
      "replace(replace(substr(address, 1, at - 1), '{0}', '{0}25'), '/', '{0}2F') AS local FROM "
      "(SELECT quota_bytes, address, length(rtrim(address, replace(address, '@', ''))) AS at "
      "FROM {1})))",
      percent, table);
}

std::string user_query(const DovecotPlan& plan) {
  const bool old = plan.version == Version::v2_3;
  const std::string folder = plan.mail_folder + "/' || domain || '/' || folder";
  // 2.3 ends the path of a mail location at a colon.
  const std::string mail =
      old ? fmt::format("'maildir:' || replace('{}, ':', '::') AS mail", folder)
          : fmt::format("'{} AS mail_path", folder);
  const std::string home =
      fmt::format("'{}/.homes/' || domain || '/' || folder AS home", plan.mail_folder);
  const std::string quota =
      old ? fmt::format("'*:bytes=' || coalesce(quota_bytes, {}) AS quota_rule", plan.quota_bytes)
          : std::string("quota_bytes AS quota_storage_size");
  return fmt::format(
      "SELECT {}, {}, {} FROM {}", mail, home, quota,
      place_sql(old ? "mailboxes WHERE address = '%u'" : "mailboxes WHERE address = '%{user}'",
                old ? "%%" : "%"));
}

std::string auth_user(const DovecotPlan& plan) {
  if (plan.unprivileged) return fmt::format("  user = {}\n", plan.internal_user);
  if (plan.database_group.empty()) return "  user = root\n";
  return fmt::format("  user = {}\n  group = {}\n", plan.internal_user, plan.database_group);
}

std::string database_right(const DovecotPlan& plan) {
  if (plan.unprivileged) return "which belongs to the same user";
  if (plan.database_group.empty()) return "as root; directory.database_group makes it a group";
  return fmt::format("by its group {}", plan.database_group);
}

// One guard for SMTP and IMAP: asked before a password is looked at, told how it ended. Asked once
// more after it: without that Dovecot 2.3 forgets the last message of a SCRAM exchange.
std::string auth_policy(const DovecotPlan& plan) {
  if (plan.auth_policy_url.empty()) return {};
  const bool old = plan.version == Version::v2_3;
  const std::string_view attributes =
      old ? "= login=%{requested_username} remote=%{rip} protocol=%s session_id=%{session}"
          : "{\n  login = %{requested_username}\n  remote = %{remote_ip}\n"
            "  protocol = %{protocol}\n  session_id = %{session}\n}";
  constexpr std::size_t nonce_bytes = 16;
  return fmt::format(
      "auth_policy_server_url = {}\nauth_policy_server_api_header = X-API-Key: {}\n"
      "auth_policy_hash_nonce = {}\nauth_policy_request_attributes {}\n"
      "auth_policy_check_before_auth = yes\nauth_policy_check_after_auth = yes\n"
      "auth_policy_report_after_auth = yes\n",
      plan.auth_policy_url, plan.auth_policy_key, plan.auth_policy_key.substr(0, nonce_bytes),
      attributes);
}

Values values_of(const DovecotPlan& plan, const DovecotLdapTexts& ldap) {
  return {{"OUTPUT", plan.output_folder},
          {"MAIL", plan.mail_folder},
          {"RUN", plan.run_folder},
          {"STATE", plan.state_folder},
          {"LOG", plan.log_path.empty() ? "" : fmt::format("log_path = {}\n", plan.log_path)},
          {"LISTEN", fmt::format("{}", fmt::join(plan.listen, ", "))},
          {"HOSTNAME", plan.hostname},
          {"INTERNAL_USER", plan.internal_user},
          {"INTERNAL_GROUP", plan.internal_group},
          {"LOGIN_USER", plan.login_user},
          {"MAIL_USER", plan.mail_user},
          {"MAIL_GROUP", plan.mail_group},
          {"SOCKET_USER", plan.socket_user},
          {"CERTIFICATE", plan.certificate_path},
          {"KEY", plan.key_path},
          {"QUOTA", fmt::to_string(plan.quota_bytes)},
          {"QUOTA_2_4", plan.quota_bytes == 0 ? "unlimited" : fmt::format("{}B", plan.quota_bytes)},
          {"CHROOT", plan.unprivileged ? "  chroot =\n" : ""},
          {"IMAP_PORT", fmt::to_string(plan.imap_port)},
          {"IMAPS_PORT", fmt::to_string(plan.imaps_port)},
          {"SIEVE_PORT", fmt::to_string(plan.sieve_port)},
          {"MECHANISMS", plan.scram ? "plain login scram-sha-256" : "plain login"},
          {"LDAP_PASSDB", ldap.passdb},
          {"LDAP_USERDB", ldap.userdb},
          {"AUTH_POLICY", auth_policy(plan)},
          {"AUTH_USER", auth_user(plan)},
          {"DATABASE_RIGHT", database_right(plan)},
          {"DATABASE", plan.database_path},
          {"USER_QUERY", user_query(plan)}};
}

// @NAME@ becomes its value; any other @ stays.
std::string fill(std::string_view text, const Values& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find('@'), text.size());
    out += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) break;
    const std::size_t end = text.find('@', 1);
    const auto found =
        end == std::string_view::npos ? values.end() : values.find(text.substr(1, end - 1));
    if (found == values.end()) {
      out += '@';
      text.remove_prefix(1);
    } else {
      out += found->second;
      text.remove_prefix(end + 1);
    }
  }
  return out;
}

}  // namespace

base::Result<> check_dovecot_plan(const DovecotPlan& plan) {
  const struct {
    std::string_view what;
    const std::string& text;
    bool path;
  } parts[] = {{"the output folder", plan.output_folder, true},
               {"the folder of sockets", plan.run_folder, true},
               {"Dovecot's state folder", plan.state_folder, true},
               {"the directory's database", plan.database_path, true},
               {"the mail folder", plan.mail_folder, true},
               {"the certificate", plan.certificate_path, true},
               {"the key", plan.key_path, true},
               {"the host name", plan.hostname, false},
               {"the user of the mail", plan.mail_user, false},
               {"the group of the mail", plan.mail_group, false},
               {"Dovecot's user", plan.internal_user, false},
               {"Dovecot's group", plan.internal_group, false},
               {"the log-in user", plan.login_user, false},
               {"the user of the sockets", plan.socket_user, false}};
  for (const auto& part : parts) {
    if (auto done = check(part.what, part.text, part.path); !done) return done;
  }
  for (const std::string& address : plan.listen) {
    if (address == "*") continue;
    if (auto done = check("an address to listen on", address, false); !done) return done;
  }
  if (!plan.log_path.empty()) {
    if (auto done = check("the log", plan.log_path, true); !done) return done;
  }
  if (!plan.database_group.empty()) {
    if (auto done = check("the database's group", plan.database_group, false); !done) return done;
  }
  if (plan.run_folder.size() > DovecotPlan::run_folder_bytes_max) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("the path {} is too long for sockets; name one of at most {} "
                                  "octets",
                                  plan.run_folder, DovecotPlan::run_folder_bytes_max));
  }
  return check_dovecot_ldap(plan);
}

std::vector<TextFile> dovecot_files(const DovecotPlan& plan) {
  const DovecotLdapTexts ldap = dovecot_ldap_texts(plan);
  const Values values = values_of(plan, ldap);
  const bool old = plan.version == Version::v2_3;
  std::vector<TextFile> files;
  files.push_back({plan.output_folder + "/dovecot.conf",
                   fill(old ? dovecot_2_3_text() : dovecot_2_4_text(), values)});
  // It has the guard's key in it, and 2.4's that of LDAP.
  if (!plan.auth_policy_key.empty() || (!old && plan.ldap.on())) files.back().mode = 0600;
  if (old) {
    files.push_back(
        {plan.output_folder + "/dovecot-sql.conf.ext", fill(dovecot_2_3_sql_text(), values)});
  }
  files.insert(files.end(), ldap.files.begin(), ldap.files.end());
  files.push_back(
      {plan.mail_folder + "/.sieve/spam.sieve", std::string(dovecot_spam_sieve_text())});
  return files;
}

std::vector<NeededSetting> dovecot_needs(const DovecotPlan& plan) {
  std::vector<NeededSetting> needs;
  needs.push_back(
      {"delivery", "lmtp", plan.lmtp ? fmt::format("\"unix:{}\"", plan.lmtp_socket()) : "\"\""});
  needs.push_back({"policy", "quota_status", fmt::format("\"unix:{}\"", plan.quota_socket())});
  return needs;
}

}  // namespace admin
