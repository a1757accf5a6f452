// tools/bench/sink_session.h: one connection to the sink.
//
// What:    an SMTP server's side that takes every message, looks at it and forgets it; or answers
//          as Behaviour says.
// In/Out:  SinkSession(stream, parts).run() until the peer or the sink ends the connection.
// Errors:  trouble with the connection ends it; a message that did not come whole is not counted.
// Limits:  command lines as lib/smtp; messages of message_bytes_max; a buffer only while there is
//          something to read, once many sessions are there; idle_timeout.
// Not here: listening, the counts' file (sink.h).
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/tls.h"
#include "lib/smtp/command.h"
#include "lib/smtp/command_reader.h"
#include "lib/smtp/data_reader.h"
#include "tools/bench/behaviour.h"
#include "tools/bench/buffer_pool.h"
#include "tools/bench/counters.h"
#include "tools/bench/inspection.h"

namespace bench {

struct SinkSettings {
  Behaviour behaviour;
  std::uint64_t tarpit_bytes_per_second = 0;  // 0: read as fast as it comes
  bool pipelining = true;                     // offered
  bool chunking = true;
  std::shared_ptr<io::TlsServer> tls;  // STARTTLS is offered
  std::string folder;                  // messages are kept here; empty: forgotten
};

// What the sessions of one loop share.
struct SinkParts {
  const SinkSettings& settings;
  io::Doors doors;
  Counters& counters;
  BufferPool& buffers;
  Dice& dice;
  std::string& scratch;   // the message's octets between two waits
  std::size_t& sessions;  // of this loop
  std::atomic<std::uint64_t>& next_file;
  std::function<void()> counts_changed;
};

class SinkSession {
 public:
  static constexpr std::uint64_t message_bytes_max = 1UL << 30;
  // A kept message is held in memory until its end.
  static constexpr std::uint64_t kept_bytes_max = 64UL << 20;

  SinkSession(std::unique_ptr<io::Stream> stream, const SinkParts& parts)
      : stream_(std::move(stream)), parts_(parts) {}
  io::Task<void> run();

 private:
  enum class Said : std::uint8_t { yes, refused, closed };

  io::Task<bool> fill();  // more input, after what we have to say; false at the end
  io::Task<bool> flush();
  io::Task<Said> say(Stage stage, std::string_view text);
  io::Task<bool> handle(smtp::Verb verb, std::string argument);
  io::Task<bool> hello(bool extended);
  io::Task<bool> start_tls();
  io::Task<bool> envelope(Stage stage);
  io::Task<bool> data();
  io::Task<bool> bdat(std::string argument);
  io::Task<bool> end_of_message();
  void reset();
  void feed(std::string_view octets);
  base::Result<> keep();

  std::unique_ptr<io::Stream> stream_;
  const SinkParts& parts_;
  smtp::CommandReader reader_;
  std::string out_;
  std::string_view input_;  // in large_ or small_
  BufferPool::Buffer large_;
  std::array<char, 256> small_;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  bool mail_ = false;
  unsigned recipients_ = 0;
  bool in_text_ = false;  // of DATA or BDAT
  bool in_bdat_ = false;  // a chunk came, and not yet the last
  Inspection inspection_;
  std::string kept_;
  bool kept_too_long_ = false;
};

}  // namespace bench
