// See local_peer.h.
#include "lib/io/local_peer.h"

#include "lib/io/network.h"

namespace io {

std::optional<LocalPeer> local_peer_of(const Stream& stream) {
  const auto* knows = dynamic_cast<const KnowsLocalPeer*>(&stream);
  return knows == nullptr ? std::nullopt : knows->local_peer();
}

}  // namespace io
