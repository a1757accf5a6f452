// import/postfix/dovecot_passwd.h: a passwd-file of Dovecot: log-ins and their passwords.
//
// What:    reads `user:{SCHEME}password:uid:gid:gecos:home:shell:extra` and says which passwords
//          can be kept: SCRAM-SHA-256 verifiers as they are, those in the clear.
// In/Out:  a line → PasswdLine.
// Errors:  `problem` says why a password cannot be kept.
// Limits:  the caller's.
// Not here: making verifiers (directory/credential.h), whose mailbox it is (take_mailboxes.cc).
#pragma once

#include <string>
#include <string_view>

namespace postfix {

struct PasswdLine {
  std::string user;
  std::string verifier;  // as directory/credential.h has it
  std::string password;  // in the clear
  std::string full_name;
  std::string problem;  // set when both are empty
};

[[nodiscard]] PasswdLine read_passwd_line(std::string_view line);

}  // namespace postfix
