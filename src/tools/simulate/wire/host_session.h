// tools/simulate/wire/host_session.h: the server's side of one conversation with a simulated host.
//
// What:    reads SMTP commands and the text of a message, says what Manners decides.
// In/Out:  HostSession(clock, stream, manners).run() until one side hangs up.
// Errors:  trouble with the connection ends it.
// Limits:  command lines as lib/smtp; buffer_bytes of input. Offers PIPELINING and 8BITMIME.
// Not here: deciding (manners.h), listening (hosts.h). For octets from anywhere there is
//          bench/sink_session.h: this one trusts who speaks, and knows no TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/clock.h"
#include "lib/io/network.h"
#include "lib/smtp/command.h"
#include "lib/smtp/command_reader.h"
#include "tools/simulate/wire/manners.h"

namespace simulate::wire {

class HostSession {
 public:
  static constexpr std::size_t buffer_bytes = 4096;

  HostSession(io::Clock& clock, std::unique_ptr<io::Stream> stream,
              std::unique_ptr<Manners> manners)
      : clock_(clock), stream_(std::move(stream)), manners_(std::move(manners)) {}
  io::Task<void> run();

 private:
  io::Task<bool> fill();  // more input, after what we have to say; false at the end
  io::Task<bool> flush();
  io::Task<bool> say(Word word);
  io::Task<bool> obey(smtp::Verb verb, std::string argument);
  io::Task<bool> data();

  io::Clock& clock_;
  std::unique_ptr<io::Stream> stream_;
  std::unique_ptr<Manners> manners_;
  smtp::CommandReader reader_;
  std::vector<char> buffer_;
  std::string_view input_;  // in the buffer
  std::string text_;        // of the message, between two waits
  std::string out_;
};

}  // namespace simulate::wire
