// See dovecot_passwd.h.
#include "import/postfix/dovecot_passwd.h"

#include <fmt/format.h>

#include "directory/credential.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

constexpr std::size_t gecos_field = 4;

// "4096,salt,StoredKey,ServerKey" → "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey" (RFC 5803).
std::string verifier_of(std::string_view hash) {
  const auto parts = base::split(hash, ',');
  if (parts.size() != 4) return {};
  std::string text =
      fmt::format("SCRAM-SHA-256${}:{}${}:{}", parts[0], parts[1], parts[2], parts[3]);
  return directory::parse_verifier(text) ? text : std::string();
}

}  // namespace

PasswdLine read_passwd_line(std::string_view line) {
  const auto fields = base::split(line, ':');
  PasswdLine out;
  out.user = base::trim(fields[0]);
  if (fields.size() > gecos_field) {
    out.full_name = base::trim(fields[gecos_field].substr(0, fields[gecos_field].find(',')));
  }
  std::string_view secret = fields.size() > 1 ? fields[1] : std::string_view();
  std::string scheme = "CRYPT";  // what Dovecot takes when none is written
  if (secret.starts_with('{') && secret.find('}') != std::string_view::npos) {
    scheme = base::upper(secret.substr(1, secret.find('}') - 1));
    secret.remove_prefix(secret.find('}') + 1);
  }
  if (scheme == "SCRAM-SHA-256") {
    out.verifier = verifier_of(secret);
    if (out.verifier.empty()) out.problem = "its SCRAM-SHA-256 verifier cannot be read";
  } else if (scheme == "PLAIN" || scheme == "CLEAR" || scheme == "CLEARTEXT") {
    out.password = secret;
    if (out.password.empty()) out.problem = "its password is empty";
  } else if (secret.empty() || secret == "*" || secret == "!" || secret == "x") {
    out.problem = "it has no password here";
  } else {
    out.problem = fmt::format(
        "a password stored as {} cannot become the SCRAM-SHA-256 verifier that is kept here",
        base::printable(scheme, 40));
  }
  return out;
}

}  // namespace postfix
