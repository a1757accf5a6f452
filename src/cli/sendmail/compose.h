// cli/sendmail/compose.h: from what a program pours into `sendmail` to a letter.
//
// What:    line ends become CRLF, the dot that ends a message ends it, recipients come from the
//          arguments and, with -t, from the header, whose Bcc goes; a From is added.
// In/Out:  octets of standard input in pieces; Options → local_mail::Letter. Pure.
// Errors:  invalid for what is no address, not_found when there is no recipient, limit.
// Limits:  bytes_max; recipients_max of letter.h.
// Not here: Date, Message-ID and the like, which the server adds (lib/message/submission.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sendmail/options.h"
#include "lib/base/result.h"
#include "server/local_mail/letter.h"

namespace sendmail {

// A line ends with LF, CRLF or a lone CR.
class Intake {
 public:
  // `dot_is_text`: a line that is a dot alone does not end the message.
  Intake(bool dot_is_text, std::size_t bytes_max)
      : dot_is_text_(dot_is_text), bytes_max_(bytes_max) {}

  void feed(std::string_view octets);
  // The dot has come.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool too_large() const { return text_.size() > bytes_max_; }
  // The message; its last line ends, too.
  [[nodiscard]] std::string finish();

 private:
  void end_line();

  const bool dot_is_text_;
  const std::size_t bytes_max_;
  std::string text_;
  std::size_t line_start_ = 0;
  bool after_cr_ = false;
  bool ended_ = false;
};

// Who calls: for a From that is missing.
struct Caller {
  std::string user;
  std::string full_name;
};

// "a@example.org", "bob", "Ann <ann@example.org>, root" → addresses and local parts.
[[nodiscard]] base::Result<std::vector<std::string>> read_recipients(std::string_view list);
// The message has CRLF. The letter has no key yet.
[[nodiscard]] base::Result<local_mail::Letter> compose(const Options& options, const Caller& caller,
                                                       std::string message);

}  // namespace sendmail
