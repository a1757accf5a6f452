// See table.h: people from LDAP.
#include "config/table.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Codec<directory::LdapSettings::Schema> schema_codec() {
  using Schema = directory::LdapSettings::Schema;
  return choice_codec<Schema>(
      {{"inetorgperson", Schema::inet_org_person}, {"active_directory", Schema::active_directory}});
}

std::vector<Setting> server_settings() {
  return {
      setting("url", STAGEPOST_FIELD(directory.ldap.urls), list_codec(text_codec("LDAP URL")),
              "The LDAP server: \"ldaps://ldap.example.org\", \"ldap://…\" or \"ldapi://…\"; of "
              "several the first that answers. None: nobody is in LDAP."),
      setting("start_tls", STAGEPOST_FIELD(directory.ldap.start_tls), flag_codec(),
              "Encrypt ldap:// connections with STARTTLS."),
      path_setting("ca_file", STAGEPOST_FIELD(directory.ldap.ca_file),
                   {.below = Below::none, .name = ""},
                   "The certificates (PEM) that the server's is verified by; empty: the system's."),
      setting("bind_dn", STAGEPOST_FIELD(directory.ldap.bind_dn), text_codec("DN"),
              "Who reads LDAP: \"cn=stagepost,dc=example,dc=org\"; empty: anonymous."),
      path_setting("password_file", STAGEPOST_FIELD(directory.ldap.password_file),
                   {.below = Below::none, .name = ""}, "The file with the password of bind_dn."),
      setting("timeout", STAGEPOST_FIELD(directory.ldap.timeout),
              duration_codec(milliseconds(100), minutes(1)),
              "For each step: connecting, an answer, a page of entries."),
      setting("refresh_interval", STAGEPOST_FIELD(directory.ldap.refresh_interval),
              duration_codec(seconds(1), hours(24)),
              "How often everybody is read anew. A new address is looked up at once, besides."),
      setting("unknown_for", STAGEPOST_FIELD(directory.ldap.unknown_for),
              duration_codec(seconds(0), hours(1)),
              "How long LDAP's answer that nobody has an address is believed."),
      setting("entries_max", STAGEPOST_FIELD(directory.ldap.entries_max),
              count_codec<std::size_t>(1, 10'000'000), "People, and groups, that are read."),
      setting("shrink_percent_max", STAGEPOST_FIELD(directory.ldap.shrink_percent_max),
              count_codec<unsigned>(1, 100),
              "When more of the people than this are gone at once, LDAP is taken to be broken and "
              "the others are kept; 100: never."),
      path_setting("cache", STAGEPOST_FIELD(directory.ldap.cache_path),
                   {.below = Below::state, .name = "ldap-cache"},
                   "The last good copy, for a start while LDAP is away."),
  };
}

std::vector<Setting> schema_settings() {
  return {
      setting("base_dn", STAGEPOST_FIELD(directory.ldap.base_dn), text_codec("DN"),
              "Below which people and groups are: \"dc=example,dc=org\"."),
      setting(
          "domains", STAGEPOST_FIELD(directory.ldap.domains), list_codec(host_codec()),
          "The domains whose people are in LDAP; they need no `stagepost domain add`. None: all "
          "that were added."),
      setting("schema", STAGEPOST_FIELD(directory.ldap.schema), schema_codec(),
              "What the filters and attributes below are when they are not set."),
      setting("user_filter", STAGEPOST_FIELD(directory.ldap.user_filter), text_codec("LDAP filter"),
              "Who has a mailbox: by default (objectClass=inetOrgPerson), or Active Directory's "
              "people who are not disabled."),
      setting("group_filter", STAGEPOST_FIELD(directory.ldap.group_filter),
              text_codec("LDAP filter"),
              "What is an alias with its members' addresses, when it has a mail attribute: by "
              "default groupOfNames, groupOfUniqueNames, posixGroup, nisMailAlias; or group."),
      setting("mail_attribute", STAGEPOST_FIELD(directory.ldap.mail_attribute),
              text_codec("attribute"), "The address of a mailbox or group; by default mail."),
      setting("alias_attributes", STAGEPOST_FIELD(directory.ldap.alias_attributes),
              list_codec(text_codec("attribute")),
              "Further addresses; by default mailAlternateAddress, mailLocalAddress, mailAlias and "
              "proxyAddresses; or proxyAddresses."),
      setting(
          "member_attributes", STAGEPOST_FIELD(directory.ldap.member_attributes),
          list_codec(text_codec("attribute")),
          "A group's members, as DN, uid or address; by default member, uniqueMember, memberUid "
          "and rfc822MailMember; or member."),
      setting("login_attribute", STAGEPOST_FIELD(directory.ldap.login_attribute),
              text_codec("attribute"),
              "A log-in name beside the mailbox's address: \"uid\", \"sAMAccountName\", "
              "\"userPrincipalName\"."),
  };
}

}  // namespace

std::vector<Section> ldap_sections() {
  Section section;
  section.name = "ldap";
  section.text =
      "People, aliases and groups from LDAP, beside those of `stagepost user` and `alias`, which "
      "win on the same address. They log in with their LDAP password. `stagepost ldap test` tries "
      "it out.";
  section.settings = server_settings();
  for (Setting& one : schema_settings()) section.settings.push_back(std::move(one));
  return {section};
}

}  // namespace config
