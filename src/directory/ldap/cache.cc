// See cache.h.
#include "directory/ldap/cache.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "directory/ldap/schema.h"
#include "lib/base/check.h"
#include "lib/base/text.h"

// Line 1: "stagepost-ldap 1 SHA256 SOURCE TIME", the checksum being that of all after line 1.
// Then a line per thing, its first letter telling which: u begins a user, m a mail, a an alias,
// l the log-in; g begins a group, n an address of it, t a member.

namespace directory {
namespace {

using base::ErrorKind;

constexpr std::string_view magic = "stagepost-ldap";
constexpr std::string_view version = "1";

std::string sha256(std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  const int done =
      EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size,
                 EVP_sha256(), nullptr);
  CHECK(done == 1, "SHA-256 is always there");
  out.resize(size);
  return base::hex(out);
}

void add_lines(std::string& out, char letter, const std::vector<std::string>& values) {
  for (const std::string& value : values) out += fmt::format("{}{}\n", letter, value);
}

std::unexpected<base::Error> damaged(std::string_view why) {
  return base::fail(ErrorKind::corrupt, fmt::format("the copy of LDAP's people {}", why));
}

bool add_line(LdapContents& out, std::string_view line) {
  if (line.empty()) return false;
  const char letter = line.front();
  std::string value(line.substr(1));
  if (letter == 'u') {
    out.users.emplace_back();
    return true;
  }
  if (letter == 'g') {
    out.groups.emplace_back();
    return true;
  }
  if (letter == 'n' || letter == 't') {
    if (out.groups.empty()) return false;
    LdapGroup& group = out.groups.back();
    (letter == 'n' ? group.addresses : group.members).push_back(std::move(value));
    return true;
  }
  if (out.users.empty()) return false;
  LdapUser& user = out.users.back();
  switch (letter) {
    case 'm': user.mails.push_back(std::move(value)); return true;
    case 'a': user.aliases.push_back(std::move(value)); return true;
    case 'l': user.login = std::move(value); return true;
    default: return false;
  }
}

}  // namespace

std::string encode_ldap_cache(const LdapContents& contents, std::string_view source) {
  std::string body;
  for (const LdapUser& user : contents.users) {
    body += "u\n";
    add_lines(body, 'm', user.mails);
    add_lines(body, 'a', user.aliases);
    if (!user.login.empty()) add_lines(body, 'l', {user.login});
  }
  for (const LdapGroup& group : contents.groups) {
    body += "g\n";
    add_lines(body, 'n', group.addresses);
    add_lines(body, 't', group.members);
  }
  return fmt::format("{} {} {} {} {}\n{}", magic, version, sha256(body), source,
                     base::format_time(contents.read_at), body);
}

base::Result<LdapContents> decode_ldap_cache(std::string_view text, std::string_view source) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return damaged("is cut off");
  const auto head = base::split(text.substr(0, end), ' ');
  std::string_view body = text.substr(end + 1);
  if (head.size() != 5 || head[0] != magic) return damaged("does not begin as one");
  if (head[1] != version) return damaged("is of another version");
  if (head[3] != source) return damaged("was made with other settings");
  if (head[2] != sha256(body)) return damaged("does not match its checksum");
  const auto read_at = base::parse_time(head[4]);
  if (!read_at) return damaged("has no date");
  LdapContents out;
  out.read_at = *read_at;
  while (!body.empty()) {
    const std::size_t stop = body.find('\n');
    if (stop == std::string_view::npos || !add_line(out, body.substr(0, stop))) {
      return damaged("has a line that is none");
    }
    body.remove_prefix(stop + 1);
  }
  for (const LdapUser& user : out.users) {
    if (user.mails.empty()) return damaged("has a person without address");
  }
  return out;
}

std::string ldap_source(const LdapSettings& settings) {
  const LdapSchema schema = schema_of(settings);
  std::string all = fmt::format("{}\n{}\n{}\n{}\n{}\n", settings.base_dn, schema.user_filter,
                                schema.group_filter, schema.mail_attribute, schema.login_attribute);
  for (const auto* list : {&settings.urls, &schema.alias_attributes, &schema.member_attributes}) {
    for (const std::string& word : *list) all += word + "\n";
    all += "\n";
  }
  return sha256(all).substr(0, 16);
}

base::Result<> save_ldap_cache(io::Files& files, const LdapSettings& settings,
                               const LdapContents& contents) {
  return io::write_file(files, settings.cache_path,
                        encode_ldap_cache(contents, ldap_source(settings)), 0600);
}

base::Result<LdapContents> load_ldap_cache(io::Files& files, const LdapSettings& settings) {
  auto text = io::read_file(files, settings.cache_path, ldap_cache_bytes_max);
  if (!text) return std::unexpected(std::move(text.error()));
  return decode_ldap_cache(*text, ldap_source(settings));
}

}  // namespace directory
