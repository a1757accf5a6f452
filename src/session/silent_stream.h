// session/silent_stream.h: the connection of a session that talks to nobody.
//
// What:    has a peer's address and nothing to read or write.
// In/Out:  for a message that a program brought over HTTP: its session has a stream like any other.
// Errors:  every read and write is `closed`.
// Limits:  none.
// Not here: the session (submit.cc).
#pragma once

#include "lib/io/network.h"

namespace session {

class SilentStream final : public io::Stream {
 public:
  explicit SilentStream(io::Endpoint peer) : peer_(peer) {}

  io::Task<base::Result<std::size_t>> read_some(std::span<char> /*into*/) override {
    co_return base::fail(base::ErrorKind::closed, "nobody speaks here");
  }
  io::Task<base::Result<>> wait_readable() override { co_return base::Result<>(); }
  io::Task<base::Result<>> write(std::span<const std::string_view> /*pieces*/) override {
    co_return base::fail(base::ErrorKind::closed, "nobody listens here");
  }
  io::Task<base::Result<>> shutdown() override { co_return base::Result<>(); }
  [[nodiscard]] io::Endpoint local() const override { return {}; }
  [[nodiscard]] io::Endpoint peer() const override { return peer_; }

 private:
  io::Endpoint peer_;
};

}  // namespace session
