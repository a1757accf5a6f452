// lib/io/local_peer.h: which user of this host is at the other end of a unix socket.
//
// What:    the kernel's word (SO_PEERCRED), taken when the other side connected: nobody can claim
//          to be somebody else.
// In/Out:  a stream → LocalPeer, or nothing: it is no unix socket, or a stream that cannot tell.
// Errors:  none.
// Limits:  of a user in a container with numbers of its own the kernel gives the host's number.
// Not here: the user's name (lib/io/real/user_names.h), what he may do.
#pragma once

#include <cstdint>
#include <optional>

namespace io {

class Stream;

struct LocalPeer {
  std::uint32_t user = 0;   // uid
  std::uint32_t group = 0;  // gid

  bool operator==(const LocalPeer&) const = default;
};

// Streams that can tell are one of these, too.
class KnowsLocalPeer {
 public:
  KnowsLocalPeer() = default;
  KnowsLocalPeer(const KnowsLocalPeer&) = delete;
  KnowsLocalPeer& operator=(const KnowsLocalPeer&) = delete;
  virtual ~KnowsLocalPeer() = default;
  [[nodiscard]] virtual std::optional<LocalPeer> local_peer() const = 0;
};

[[nodiscard]] std::optional<LocalPeer> local_peer_of(const Stream& stream);

}  // namespace io
