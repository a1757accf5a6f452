// cli/sendmail/options.h: the arguments of `sendmail`, as programs have given them for forty years.
//
// What:    reads argv as Postfix's sendmail does: letters may be joined (-ti), a value may stand
//          behind its letter or alone. What means nothing here but is said in the world is taken
//          and forgotten.
// In/Out:  the arguments behind the program's name → Options.
// Errors:  invalid, with words for who called: a letter that no sendmail knows, a mode that we do
//          not have.
// Limits:  none.
// Not here: what they do (sendmail.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/message/envelope.h"

namespace sendmail {

enum class Mode {
  send,     // -bm: a message on standard input
  smtp,     // -bs: SMTP on standard input and output
  mailq,    // -bp
  aliases,  // -bi, -I
  retry,    // -q
  help,
  version,
};

struct Options {
  Mode mode = Mode::send;
  std::optional<std::string> sender;     // -f, -r; "" is the null sender
  std::optional<std::string> full_name;  // -F
  bool read_recipients = false;          // -t
  bool dot_is_text = false;              // -i, -oi
  bool verbose = false;                  // -v
  message::Envelope::Ret ret = message::Envelope::Ret::unset;
  std::uint8_t notify = message::notify_default;
  std::string envid;
  std::vector<std::string> recipients;
};

// `mode`: what the program's name says (mailq, newaliases).
[[nodiscard]] base::Result<Options> read_options(std::span<const std::string> arguments, Mode mode);

}  // namespace sendmail
