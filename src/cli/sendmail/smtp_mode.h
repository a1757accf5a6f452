// cli/sendmail/smtp_mode.h: `sendmail -bs`: SMTP on standard input and output.
//
// What:    the server's side of a conversation with one local program, which brings its messages
//          so: each goes the way of any other letter of its user.
// In/Out:  octets → replies; a message when it has come → the caller posts it.
// Errors:  as replies.
// Limits:  command lines of 2,000 octets, recipients_max of letter.h, the message's size.
// Not here: reading and writing (sendmail.cc), what becomes of a letter (post.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/sendmail/compose.h"
#include "cli/sendmail/post.h"
#include "lib/smtp/command.h"
#include "lib/smtp/data_reader.h"

namespace sendmail {

class SmtpMode {
 public:
  using Post = std::function<Outcome(local_mail::Letter)>;
  struct Setup {
    Caller caller;
    std::string host;  // what we call ourselves
    std::size_t message_bytes_max;
  };
  SmtpMode(Setup setup, Post post);

  [[nodiscard]] std::string greeting() const;
  // The replies to what has come; more may have to come first.
  [[nodiscard]] std::string feed(std::string_view octets);
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  smtp::Reply answer(std::string_view line);
  smtp::Reply mail(std::string_view argument);
  smtp::Reply rcpt(std::string_view argument);
  smtp::Reply data();
  std::string take_data();
  smtp::Reply take_message();
  void reset();
  [[nodiscard]] smtp::Extensions offered() const;

  const Setup setup_;
  const Post post_;
  std::string input_;
  std::optional<local_mail::Letter> letter_;  // since MAIL
  std::optional<smtp::DataReader> reader_;    // since DATA
  std::string message_;
  bool ended_ = false;
};

}  // namespace sendmail
