// session/channel.h: the two directions of one SMTP conversation.
//
// What:    buffered input and output over a Stream; replies are gathered and sent as one write when
//          the next input has to be waited for, so a pipelining client costs one write per batch.
// In/Out:  line() gives the next command line; input()/consume() give raw octets to DATA; say()
//          queues.
// Errors:  timed_out, closed, reset, cancelled of the stream below; a bad line is a Line with
//          fault; limit for a line that never ends.
// Limits:  a buffer, and none at all between two transactions while the peer is silent;
//          command_line_bytes_max; swallowed_bytes_max of a line that is too long; ends_at.
// Not here: what a line means (session.h), TLS itself (lib/io/tls.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/io/clock.h"
#include "lib/io/network.h"
#include "lib/io/tls.h"
#include "lib/smtp/command_reader.h"
#include "lib/smtp/reply.h"

namespace session {

class Channel {
 public:
  // No wait for input lasts beyond `ends_at`, whatever its own timeout.
  Channel(io::Clock& clock, std::unique_ptr<io::Stream> stream, std::size_t line_bytes_max,
          base::Instant ends_at);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  struct Line {
    std::string_view text;  // until the next call; empty with a fault
    smtp::LineFault fault = smtp::LineFault::none;
    smtp::Reply refusal;  // for a fault
  };
  // A line that has arrived; none: fill() waits for more of it.
  [[nodiscard]] std::optional<base::Result<Line>> take_line();

  // Octets that have arrived and are not consumed; fill() waits for more when there are none.
  [[nodiscard]] std::string_view input() const {
    return std::string_view(buffer_.get() + begin_, end_ - begin_);
  }
  void consume(std::size_t bytes) { begin_ += bytes; }
  // Sends what is queued, then waits for the peer. A line that has begun has to end within the
  // timeout, however often an octet of it comes. Given `closing`, the peer may be silent for
  // long: the wait holds no buffer, and a stopping server ends it.
  io::Task<base::Result<>> fill(base::Duration timeout, io::CancelScope* closing = nullptr);
  // Has the client said something, or does it within that time, although it is not its turn?
  io::Task<bool> hears(base::Duration wait);
  // DATA reads in larger steps; 0: back to small ones.
  void set_buffer_bytes(std::size_t bytes);
  // AUTH and its answers may be longer than other lines. Counts from the next line on.
  void set_line_bytes_max(std::size_t bytes) { reader_.set_line_bytes_max(bytes); }

  void say(const smtp::Reply& reply) { reply.append_wire(output_); }
  io::Task<base::Result<>> flush(base::Duration timeout);

  // RFC 3207 §4.2: what the client sent in clear behind STARTTLS is thrown away.
  io::Task<base::Result<>> start_tls(std::shared_ptr<io::TlsServer> tls, base::Duration timeout);
  io::Task<void> close(base::Duration timeout);

  [[nodiscard]] const io::Stream& stream() const { return *stream_; }

 private:
  void make_buffer();

  io::Clock& clock_;
  const base::Instant ends_at_;
  std::unique_ptr<io::Stream> stream_;
  smtp::CommandReader reader_;
  std::unique_ptr<char[]> buffer_;  // made when there is use for it; not zero-filled
  std::size_t buffer_bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t swallowed_ = 0;   // octets of the line that is coming
  base::Instant line_began_{};  // when they began to come, if there are any
  std::string output_;
};

}  // namespace session
