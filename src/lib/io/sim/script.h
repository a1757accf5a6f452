// lib/io/sim/script.h: the other side of a dialogue, for tests.
//
// What:    Peer reads lines from a Stream and sends text; play() runs a whole dialogue.
// In/Out:  lines without their CRLF; at the end of the stream "<closed>", "<reset>",
//          "<cancelled>"….
// Errors:  as those words; play() gives "" or what differed.
// Limits:  line_bytes_max; no deadlines: a peer that waits for ever ends World::run with a message.
// Not here: SMTP (lib/smtp), dialogue files (tests/dialogs).
//
//   auto peer = world.run(sim::dial(host.doors().network, {address, 25}));
//   EXPECT_EQ(world.run(peer->read_line()), "220 mx.example.org ESMTP");
//   EXPECT_EQ(world.run(sim::play(peer.get(), {"C: EHLO a.example", "S: 250-*", "S: 250 *"})), "");
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/io/network.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace io::sim {

class Peer {
 public:
  explicit Peer(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

  // Without CRLF (or LF); what comes before the end of the stream without a line end counts as a
  // line.
  Task<std::string> read_line();
  // All lines of an SMTP reply joined by '\n': "250-a\n250 b".
  Task<std::string> read_reply();
  // Exactly so many octets, or fewer at the end.
  Task<std::string> read_bytes(std::size_t bytes);
  // Everything until the stream ends.
  Task<std::string> read_all();
  // Sends it as it is. True when it was taken.
  Task<bool> send(std::string text);
  // text + CRLF, then read_reply().
  Task<std::string> command(std::string text);

  [[nodiscard]] Stream& stream() { return *stream_; }
  // The stream, for example to wrap it in TLS; octets already read are lost.
  [[nodiscard]] std::unique_ptr<Stream> take() { return std::move(stream_); }
  void put(std::unique_ptr<Stream> stream) { stream_ = std::move(stream); }
  void close() { stream_.reset(); }

 private:
  // False at the end; then end_ says how.
  Task<bool> more();

  static constexpr std::size_t line_bytes_max = std::size_t{1024} * 1024;
  std::unique_ptr<Stream> stream_;
  std::string buffer_;
  std::string end_;
};

// A Peer connected to that endpoint; refusing is a CHECK (connect yourself to test refusals).
Task<std::unique_ptr<Peer>> dial(Ref<Network> network, Endpoint to);

// "C: text" sends text and CRLF; "S: text" reads a line and compares, '*' at the end matches any
// rest; "S: <closed>" expects the end. Gives "" or "line 3: expected … got …".
Task<std::string> play(Peer* peer, std::vector<std::string> lines);

}  // namespace io::sim
