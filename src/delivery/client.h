// delivery/client.h: our side of an SMTP or LMTP connection: replies, greeting, EHLO, TLS.
//
// What:    owns the Stream; reads replies from it, writes to it, each with a deadline; knows what
//          the server offers. The steps of a connection before its first message are functions
//          here.
// In/Out:  base::Result for single operations, Step for steps (Trouble has the reply to report).
// Errors:  after the first error, malformed reply or 421 usable() is false: close it.
// Limits:  smtp/limits.h for replies; settings for times.
// Not here: MAIL to DATA (envelope.h), the message text (content.h), TCP (connect.h), AUTH
//          (login.h).
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "delivery/replies.h"
#include "delivery/targets.h"
#include "lib/base/time.h"
#include "lib/io/clock.h"
#include "lib/io/network.h"
#include "lib/io/ref.h"
#include "lib/io/tls.h"
#include "lib/smtp/extensions.h"
#include "lib/smtp/reply_reader.h"

namespace delivery {

class Client {
 public:
  Client(io::Clock& clock, std::unique_ptr<io::Stream> stream, Target target);

  // The next reply of the server.
  io::Task<base::Result<smtp::Reply>> read_reply(base::Duration timeout);
  io::Task<base::Result<>> write(std::span<const std::string_view> pieces, base::Duration timeout);
  // One line (with its CRLF), one reply.
  io::Task<base::Result<smtp::Reply>> command(std::string line, base::Duration timeout);

  // Octets of the server that nobody has asked for yet.
  [[nodiscard]] bool has_unread() const { return !unread_.empty(); }
  // Takes the stream out to wrap it, and puts the new one in; the server's offers are forgotten.
  [[nodiscard]] std::unique_ptr<io::Stream> take_stream() { return std::move(stream_); }
  void put_stream(std::unique_ptr<io::Stream> stream);

  [[nodiscard]] io::Clock& clock() const { return clock_; }
  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] bool is_lmtp() const { return target_.protocol == Protocol::lmtp; }
  [[nodiscard]] std::string where() const { return target_.text(); }
  [[nodiscard]] const io::TlsInfo* tls() const { return stream_ ? stream_->tls() : nullptr; }
  [[nodiscard]] io::TlsBinding tls_binding() const {
    return stream_ ? stream_->tls_binding() : io::TlsBinding{};
  }
  [[nodiscard]] bool usable() const { return usable_; }
  void give_up() { usable_ = false; }

  smtp::Extensions offers;   // of the last EHLO
  std::string_view login;    // the mechanism that we have logged in by; empty: by none
  unsigned messages = 0;     // transactions that this connection has carried
  bool needs_reset = false;  // a transaction was left half done: RSET before the next MAIL

 private:
  io::Task<base::Result<smtp::Reply>> read_more();
  [[nodiscard]] base::Result<smtp::Reply> parsed(smtp::ReplyReader::Status status);
  io::Task<base::Result<>> write_all(std::span<const std::string_view> pieces);

  io::Clock& clock_;
  std::unique_ptr<io::Stream> stream_;
  Target target_;
  smtp::ReplyReader reader_;
  std::array<char, 4096> buffer_ = {};
  std::string_view unread_;  // of buffer_
  bool usable_ = true;
};

struct Hello {
  std::string name;        // ours
  base::Duration timeout;  // for each reply
};

// RFC 5321 §3.1: waits for 220.
io::Task<Step<>> greet(io::Ref<Client> client, base::Duration timeout);
// EHLO, and HELO for a server that does not know it (RFC 5321 §3.2); LHLO in LMTP (RFC 2033
// §4.1).
io::Task<Step<>> say_hello(io::Ref<Client> client, Hello hello);
// STARTTLS and the handshake (RFC 3207); EHLO must follow. Trouble.tls unless the server just said
// no (then the connection goes on in plain and `false` is returned).
io::Task<Step<bool>> start_tls(io::Ref<Client> client, io::Ref<io::TlsClient> tls, bool must_verify,
                               base::Duration timeout);
// The handshake alone; for implicit TLS too.
io::Task<Step<>> handshake(io::Ref<Client> client, io::Ref<io::TlsClient> tls, bool must_verify,
                           base::Duration timeout);
// QUIT, politely but not for long.
io::Task<void> say_goodbye(std::unique_ptr<Client> client);

}  // namespace delivery
