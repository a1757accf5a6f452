// tools/bench/conversation.h: an SMTP client's side of one connection.
//
// What:    connects, reads the greeting, says EHLO (and STARTTLS), then sends what it is given and
//          reads the replies.
// In/Out:  ClientOptions → open() → the reply that ended it; ask(), write(), reply() after that.
// Errors:  a Result's error is trouble with the connection; a reply that is not positive is the
//          server's answer, and said_at() tells to what.
// Limits:  reply_buffer_bytes held; the callers set deadlines.
// Not here: messages (transaction.h), who opens how many (load.h, idle.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/tls.h"
#include "lib/smtp/extensions.h"
#include "lib/smtp/reply_reader.h"

namespace bench {

enum class TlsMode : std::uint8_t { none, starttls, implicit };

struct ClientOptions {
  io::Endpoint to;
  std::vector<io::IpAddress> sources;  // connections take turns; empty: the system chooses
  std::string helo = "bench.example.net";
  TlsMode tls_mode = TlsMode::none;
  std::shared_ptr<io::TlsClient> tls;                 // when tls_mode is not none
  std::shared_ptr<io::TlsSessionStore> tls_sessions;  // resumes when there is one

  [[nodiscard]] std::optional<io::IpAddress> source_of(std::uint64_t connection) const {
    if (sources.empty()) return std::nullopt;
    return sources[connection % sources.size()];
  }
};

class Conversation {
 public:
  // The options outlive it. `connection`: a number that chooses among the sources.
  Conversation(const ClientOptions& options, io::Doors doors, std::uint64_t connection)
      : options_(options), doors_(doors), source_(options.source_of(connection)) {}

  // Connects and talks until messages can be sent, or until the server says no.
  io::Task<base::Result<smtp::Reply>> open();
  // A line without CRLF, and its reply.
  io::Task<base::Result<smtp::Reply>> ask(std::string line);
  io::Task<base::Result<>> write(std::span<const std::string_view> pieces);
  io::Task<base::Result<smtp::Reply>> reply();
  // QUIT and its answer, whatever that is.
  io::Task<void> quit();

  [[nodiscard]] const smtp::Extensions& offered() const { return offered_; }
  [[nodiscard]] std::string_view said_at() const { return said_at_; }  // "the greeting"
  [[nodiscard]] base::Duration handshake_time() const { return handshake_time_; }
  [[nodiscard]] std::string tls_text() const;  // "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: plain

 private:
  io::Task<base::Result<>> start_tls();
  io::Task<base::Result<smtp::Reply>> hello();

  static constexpr std::size_t reply_buffer_bytes = 1024;

  const ClientOptions& options_;
  io::Doors doors_;
  std::optional<io::IpAddress> source_;
  std::unique_ptr<io::Stream> stream_;
  smtp::ReplyReader reader_;
  std::string buffer_;
  std::string_view unread_;  // in the buffer
  smtp::Extensions offered_;
  std::string_view said_at_ = "the connection";
  base::Duration handshake_time_ = {};
};

}  // namespace bench
