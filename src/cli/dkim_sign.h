// cli/dkim_sign.h: `stagepost dkim sign`: signs one mail with key files, without a server.
//
// What:    reads a mail, puts a DKIM-Signature for each key on top, writes it.
// In/Out:  stdin → stdout, with the line ends that it came with.
// Errors:  said on stderr, exit code 1: a key that cannot be read, a mail without exactly one From.
// Limits:  mail_bytes_max; keys_max keys.
// Not here: signing what the server sends (policy/signing/).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace cli {

struct SignOptions {
  std::string domain;
  std::vector<std::string> selectors;
  std::vector<std::string> keys;  // PEM texts, one for each selector
  std::string canonicalization = "relaxed/relaxed";
  std::string identity;
  base::Time now;
};

// The mail with its signatures; lines ended by LF alone are signed as if they ended with CRLF.
[[nodiscard]] base::Result<std::string> sign_mail(const SignOptions& options,
                                                  std::string_view mail);

void add_dkim_sign(Verbs verbs, Verb dkim);

}  // namespace cli
