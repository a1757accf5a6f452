// session/channel.h: the two directions of one SMTP conversation.
//
// What:    buffered input and output over a Stream; replies are gathered and sent as one write when
//          the next input has to be waited for, so a pipelining client costs one write per batch.
// In/Out:  line() gives the next command line; input()/consume() give raw octets to DATA; say()
//          queues.
// Errors:  timed_out, closed, reset, cancelled of the stream below; a bad line is a Line with
//          fault; limit for a line that never ends.
// Limits:  a buffer; command_line_bytes_max; swallowed_bytes_max of a line that is too long;
//          ends_at.
// Not here: what a line means (session.h), TLS itself (lib/io/tls.h).
#pragma once

#include <memory>
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
  // Sends what is queued when it has to wait for the peer.
  io::Task<base::Result<Line>> line(base::Duration timeout);

  // Octets that have arrived and are not consumed; fill() waits for more when there are none.
  [[nodiscard]] std::string_view input() const {
    return std::string_view(buffer_.get() + begin_, end_ - begin_);
  }
  void consume(std::size_t bytes) { begin_ += bytes; }
  io::Task<base::Result<>> fill(base::Duration timeout);
  // Has the client said something, or does it within that time, although it is not its turn?
  io::Task<bool> hears(base::Duration wait);
  // DATA reads in larger steps; back to small ones afterwards, so that idle sessions stay small.
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
  io::Clock& clock_;
  const base::Instant ends_at_;
  std::unique_ptr<io::Stream> stream_;
  smtp::CommandReader reader_;
  std::unique_ptr<char[]> buffer_;  // not zero-filled: it is new for every message
  std::size_t buffer_bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string output_;
};

}  // namespace session
