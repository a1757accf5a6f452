// lib/io/real/poller.h: sockets without coroutines.
//
// What:    epoll and plain non-blocking TCP sockets, for programs that show what the machine can do
//          (tools/bench: the reference server, ping-pong).
// In/Out:  wait() gives the tags of sockets with news, edge-triggered; receive() and send_pieces()
//          are one system call each.
// Errors:  by errno; a socket that has nothing to give or take now gives nullopt.
// Limits:  events_max per wait; the callers' for everything else.
// Not here: what the server uses (event_loop.h): tasks, deadlines, cancellation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/result.h"
#include "lib/io/address.h"
#include "lib/io/real/descriptor.h"

namespace io::real {

class Poller {
 public:
  static constexpr std::size_t events_max = 256;

  [[nodiscard]] static base::Result<Poller> make();
  // Readable and writable, each time it becomes so anew. The socket is closed to be taken off.
  [[nodiscard]] base::Result<> add(const Descriptor& socket, void* tag);
  // Fills `tags` from the front; none when woken by wake() alone.
  [[nodiscard]] std::size_t wait(std::span<void*> tags);
  void wake() const;  // thread-safe

 private:
  Descriptor epoll_;
  Descriptor bell_;
};

// share_port: one socket per loop (SO_REUSEPORT).
[[nodiscard]] base::Result<Descriptor> listen_socket(const Endpoint& at, bool share_port);
// false: nobody waits.
[[nodiscard]] Descriptor accept_socket(const Descriptor& listening);
// Under way; a failure shows at the first receive.
[[nodiscard]] base::Result<Descriptor> connect_socket(const Endpoint& to);
// A connected pair over loopback TCP that waits (blocking).
struct SocketPair {
  Descriptor one;
  Descriptor other;
};
[[nodiscard]] base::Result<SocketPair> loopback_pair();

// Octets; nullopt: nothing now; `closed` at the end.
[[nodiscard]] base::Result<std::optional<std::size_t>> receive(const Descriptor& socket,
                                                               std::span<char> into);
[[nodiscard]] base::Result<std::optional<std::size_t>> send_pieces(
    const Descriptor& socket, std::span<const std::string_view> pieces);

}  // namespace io::real
