// See dovecot_ldap.h.
#include "admin/dovecot_ldap.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "directory/ldap/filter.h"
#include "directory/ldap/schema.h"
#include "lib/base/text.h"

namespace admin {
namespace {

using Version = DovecotPlan::Version;

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

bool is_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
  });
}

// RFC 4512 §1.4, without options: the name stands in templates of Dovecot, too.
bool is_attribute(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.';
  });
}

bool is_plain_ldap(const std::string& url) { return base::istarts_with(url, "ldap://"); }

// A name for each value; the password's does not show it.
base::Result<> check_values(const DovecotPlan& plan) {
  const directory::LdapSettings& ldap = plan.ldap;
  const std::pair<std::string_view, const std::string*> lines[] = {
      {"ldap.bind_dn", &ldap.bind_dn},
      {"the password of ldap.bind_dn", &plan.ldap_password},
      {"ldap.base_dn", &ldap.base_dn},
      {"ldap.ca_file", &ldap.ca_file},
      {"ldap.user_filter", &ldap.user_filter},
  };
  for (const auto& [what, text] : lines) {
    if (is_line(*text)) continue;
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("{} has line ends or control characters, which Dovecot's "
                                  "configuration cannot carry",
                                  what));
  }
  for (const std::string& url : ldap.urls) {
    if (is_line(url) && !url.contains(' ')) continue;
    return base::fail(base::ErrorKind::invalid, "ldap.url has spaces or control characters");
  }
  return {};
}

// How the versions differ in what they put in place of names.
struct Names {
  std::string_view user;
  std::string_view local;
  std::string_view domain;
};

Names names_of(const DovecotPlan& plan) {
  if (plan.version == Version::v2_3) return {.user = "%u", .local = "%n", .domain = "%d"};
  return {.user = "%{user}", .local = "%{user | username}", .domain = "%{user | domain}"};
}

// Whoever has an address whose folder can be named, in one of the domains that LDAP answers for.
std::string everybody(const DovecotPlan& plan, const directory::LdapSchema& schema) {
  const std::string& mail = schema.mail_attribute;
  // A % can only be in a value, where RFC 4515 §3 has another way to write it; Dovecot would take
  // it for a variable.
  std::string out = replaced(schema.user_filter, "%", "\\25");
  for (const char* bad : {"*/*", "*\\25*", "*:*", "*@*@*", ".*", "@*", "*@", "*@.*"}) {
    out += fmt::format("(!({}={}))", mail, bad);
  }
  if (plan.ldap.domains.empty()) return out + fmt::format("({}=*@*)", mail);
  std::vector<std::string> any;
  any.reserve(plan.ldap.domains.size());
  for (const std::string& domain : plan.ldap.domains) {
    any.push_back(fmt::format("({}=*@{})", mail, directory::escape_filter_value(domain)));
  }
  return out + directory::any_of_filter(any);
}

struct Filters {
  std::string login;    // by address or log-in name
  std::string mailbox;  // by address
  std::string all;
};

Filters filters_of(const DovecotPlan& plan, const directory::LdapSchema& schema) {
  const std::string rest = everybody(plan, schema);
  const std::string_view user = names_of(plan).user;
  const std::string address = fmt::format("({}={})", schema.mail_attribute, user);
  const std::string login =
      schema.login_attribute.empty()
          ? address
          : fmt::format("(|{}({}={}))", address, schema.login_attribute, user);
  return {.login = fmt::format("(&{}{})", login, rest),
          .mailbox = fmt::format("(&{}{})", address, rest),
          .all = fmt::format("(&{})", rest)};
}

// Finds what is no mailbox of LDAP: a row is a refusal.
std::string taken_query(const DovecotPlan& plan) {
  const Names names = names_of(plan);
  std::string domains = "SELECT name FROM domains";
  if (!plan.ldap.domains.empty()) {
    domains = fmt::format("'{}'", fmt::join(plan.ldap.domains, "', '"));
  }
  return fmt::format(
      "SELECT NULL AS password, 'Y' AS nopassword WHERE EXISTS (SELECT 1 FROM mailboxes WHERE "
      "address = '{}') OR '{}' NOT IN ({})",
      names.user, names.domain, domains);
}

// Of 2.3: how LDAP is reached, for either of two files, so that the binds of the one connection do
// not hold up the other.
std::string connection_2_3(const DovecotPlan& plan) {
  const directory::LdapSettings& ldap = plan.ldap;
  std::string out = fmt::format(
      "# Dovecot's way into LDAP, made by `stagepost dovecot-config` from [ldap].\nuris = {}\n",
      dovecot_quoted(fmt::to_string(fmt::join(ldap.urls, " "))));
  if (!ldap.bind_dn.empty()) {
    out += fmt::format("dn = {}\ndnpass = {}\n", dovecot_quoted(ldap.bind_dn),
                       dovecot_quoted(plan.ldap_password));
  }
  out += fmt::format("base = {}\nscope = subtree\nderef = never\nldap_version = 3\n",
                     dovecot_quoted(replaced(ldap.base_dn, "%", "%%")));
  if (ldap.start_tls && is_plain_ldap(ldap.urls.front())) out += "tls = yes\n";
  if (!ldap.ca_file.empty()) {
    out += fmt::format("tls_ca_cert_file = {}\n", dovecot_quoted(ldap.ca_file));
  }
  return out + "tls_require_cert = hard\n";
}

DovecotLdapTexts texts_2_3(const DovecotPlan& plan, const directory::LdapSchema& schema) {
  const Filters filters = filters_of(plan, schema);
  const std::string connection = connection_2_3(plan);
  const std::string& mail = schema.mail_attribute;
  const std::string pass = plan.output_folder + "/dovecot-ldap.conf.ext";
  const std::string user = plan.output_folder + "/dovecot-ldap-userdb.conf.ext";
  const std::string taken = plan.output_folder + "/dovecot-ldap-taken.conf.ext";
  DovecotLdapTexts out;
  out.passdb = fmt::format(
      "# People from LDAP log in by a bind with their own password; then the mailbox must be one\n"
      "# of LDAP's: directory.db wins on the same address.\n"
      "passdb {{\n  driver = ldap\n  args = {}\n  result_success = continue-ok\n}}\n"
      "passdb {{\n  driver = sql\n  args = {}\n  skip = unauthenticated\n"
      "  result_success = return-fail\n  result_internalfail = return-fail\n}}\n",
      pass, taken);
  out.userdb = fmt::format("userdb {{\n  driver = ldap\n  args = {}\n}}\n", user);
  out.files.push_back({.path = pass,
                       .text = fmt::format("{}auth_bind = yes\npass_attrs = =user=%L{{ldap:{}}}\n"
                                           "pass_filter = {}\n",
                                           connection, mail, dovecot_quoted(filters.login)),
                       .mode = 0600});
  // 2.3 ends the path of a mail location at a colon. The field that nobody reads is there so that
  // LDAP is asked for one attribute, not for all, photographs included.
  out.files.push_back(
      {.path = user,
       .text =
           fmt::format("{}user_attrs = {}=ldap_address, =home={}/.homes/%d/%n, "
                       "=mail=maildir:{}/%d/%n\nuser_filter = {}\n"
                       "iterate_attrs = =user=%L{{ldap:{}}}\niterate_filter = {}\n",
                       connection, mail, plan.mail_folder, replaced(plan.mail_folder, ":", "::"),
                       dovecot_quoted(filters.mailbox), mail, dovecot_quoted(filters.all)),
       .mode = 0600});
  out.files.push_back(
      {.path = taken,
       .text = fmt::format("# What LDAP does not open, made by `stagepost dovecot-config`.\n"
                           "driver = sqlite\nconnect = {}\npassword_query = {}\n",
                           plan.database_path, taken_query(plan))});
  return out;
}

// In 2.4 only %{ begins a variable.
std::string quoted_2_4(std::string_view value) {
  return dovecot_quoted(replaced(value, "%{", "%%{"));
}

std::string connection_2_4(const DovecotPlan& plan) {
  const directory::LdapSettings& ldap = plan.ldap;
  std::string out =
      fmt::format("ldap_uris = {}\n", quoted_2_4(fmt::to_string(fmt::join(ldap.urls, " "))));
  if (!ldap.bind_dn.empty()) {
    out += fmt::format("ldap_auth_dn = {}\nldap_auth_dn_password = {}\n", quoted_2_4(ldap.bind_dn),
                       quoted_2_4(plan.ldap_password));
  }
  out += fmt::format("ldap_base = {}\nldap_scope = subtree\nldap_deref = never\nldap_version = 3\n",
                     quoted_2_4(ldap.base_dn));
  if (ldap.start_tls && is_plain_ldap(ldap.urls.front())) out += "ldap_starttls = yes\n";
  if (!ldap.ca_file.empty()) {
    out += fmt::format("ssl_client_ca_file = {}\n", quoted_2_4(ldap.ca_file));
  }
  return out + "ssl_client_require_valid_cert = yes\n";
}

DovecotLdapTexts texts_2_4(const DovecotPlan& plan, const directory::LdapSchema& schema) {
  const Filters filters = filters_of(plan, schema);
  const Names names = names_of(plan);
  const std::string address = fmt::format("%{{ldap:{} | lower}}", schema.mail_attribute);
  DovecotLdapTexts out;
  out.passdb = fmt::format(
      "# People from LDAP log in by a bind with their own password; then the mailbox must be one\n"
      "# of LDAP's: directory.db wins on the same address.\n{}"
      "passdb ldap {{\n  bind = yes\n  ldap_filter = {}\n  fields {{\n    user = {}\n  }}\n"
      "  result_success = continue-ok\n}}\n"
      "passdb taken {{\n  driver = sql\n  passdb_sql_query = {}\n  skip = unauthenticated\n"
      "  result_success = return-fail\n  result_internalfail = return-fail\n}}\n",
      connection_2_4(plan), dovecot_quoted(filters.login), address, taken_query(plan));
  // A connection of its own, which binds do not hold up.
  out.userdb = fmt::format(
      "userdb ldap {{\n  ldap_connection_group = userdb\n  ldap_filter = {0}\n  fields {{\n"
      "    home = {1}/.homes/{2}/{3}\n    mail_path = {1}/{2}/{3}\n  }}\n"
      "  ldap_iterate_filter = {4}\n  iterate_fields {{\n    user = {5}\n  }}\n}}\n",
      dovecot_quoted(filters.mailbox), plan.mail_folder, names.domain, names.local,
      dovecot_quoted(filters.all), address);
  return out;
}

}  // namespace

std::string dovecot_quoted(std::string_view value) {
  return fmt::format("\"{}\"", replaced(replaced(value, "\\", "\\\\"), "\"", "\\\""));
}

base::Result<> check_dovecot_ldap(const DovecotPlan& plan) {
  const directory::LdapSettings& ldap = plan.ldap;
  if (!ldap.on()) return {};
  if (auto done = check_values(plan); !done) return done;
  const directory::LdapSchema schema = directory::schema_of(ldap);
  const bool named = schema.login_attribute.empty() || is_attribute(schema.login_attribute);
  if (!named || !is_attribute(schema.mail_attribute)) {
    return base::fail(base::ErrorKind::invalid,
                      "ldap.mail_attribute and ldap.login_attribute must be of letters, digits, - "
                      "and . for Dovecot");
  }
  const auto plain = std::ranges::count_if(ldap.urls, is_plain_ldap);
  if (ldap.start_tls && plain != 0 && std::cmp_not_equal(plain, ldap.urls.size())) {
    return base::fail(base::ErrorKind::invalid,
                      "ldap.start_tls is for some of ldap.url only; Dovecot needs all of them to "
                      "be ldap://, or none");
  }
  const auto odd = [](const std::string& domain) { return domain.contains('\''); };
  if (std::ranges::any_of(ldap.domains, odd)) {
    return base::fail(base::ErrorKind::invalid, "ldap.domains has a quote in it");
  }
  if (plan.mail_folder.contains(',')) {  // separates what user_attrs of 2.3 holds
    return base::fail(base::ErrorKind::invalid, "the mail folder has a comma in its path");
  }
  return {};
}

DovecotLdapTexts dovecot_ldap_texts(const DovecotPlan& plan) {
  if (!plan.ldap.on()) return {};
  const directory::LdapSchema schema = directory::schema_of(plan.ldap);
  return plan.version == Version::v2_3 ? texts_2_3(plan, schema) : texts_2_4(plan, schema);
}

}  // namespace admin
