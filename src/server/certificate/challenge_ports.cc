// See challenge_ports.h.
#include "server/certificate/challenge_ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace server {
namespace {

http::ServerLimits small_limits() {
  constexpr std::size_t connections_max = 32;
  constexpr std::uint64_t body_bytes_max = 1024;
  http::ServerLimits limits;
  limits.connections_max = connections_max;
  limits.message.body_bytes_max = body_bytes_max;
  return limits;
}

// A host without IPv6 cannot bind an address of it, and nobody can come by it.
bool has_no_v6(const io::Endpoint& at, const base::Error& why) {
  return at.address.is_v6() &&
         (why.kind == base::ErrorKind::unreachable || why.kind == base::ErrorKind::io);
}

}  // namespace

struct ChallengePorts::Serving {
  explicit Serving(const Parts& parts) : server(parts.doors, parts.handler, small_limits()) {}
  http::Server server;
  std::vector<std::unique_ptr<io::Listener>> listeners;
  io::TaskGroup tasks;
};

bool ChallengePorts::is_served(const io::Endpoint& at) const {
  return std::ranges::any_of(parts_.served, [&](const io::Endpoint& other) {
    return other.port == at.port &&
           (other.address == at.address ||
            (other.address.is_unspecified() && other.address.is_v6() == at.address.is_v6()));
  });
}

std::unexpected<base::Error> ChallengePorts::complain(const io::Endpoint& at,
                                                      const base::Error& why) const {
  std::string words = fmt::format("cannot listen on {}: {}", at.text(), why.detail);
  if (why.kind == base::ErrorKind::denied) {
    words += "; let the server bind low ports (AmbientCapabilities=CAP_NET_BIND_SERVICE)";
  } else if (why.kind == base::ErrorKind::busy) {
    words += fmt::format(
        "; another program has the port: let it hand the authority's questions to us at another "
        "place, and name that one in {}, or use challenge = \"dns-01\"",
        parts_.setting);
  }
  return base::fail(why.kind, std::move(words));
}

base::Result<> ChallengePorts::listen(Serving& serving, const io::Endpoint& at) {
  auto listener = parts_.doors.network.listen(at, {});
  if (!listener) {
    if (has_no_v6(at, listener.error())) return {};
    return complain(at, listener.error());
  }
  serving.listeners.push_back(std::move(*listener));
  serving.tasks.spawn(serving.server.serve(*serving.listeners.back(), parts_.tls));
  return {};
}

base::Result<> ChallengePorts::open() {
  if (serving_) return {};
  serving_ = std::make_shared<Serving>(parts_);
  for (const io::Endpoint& at : parts_.places) {
    if (is_served(at)) continue;
    if (auto bound = listen(*serving_, at); !bound) return bound;
  }
  return {};
}

io::Task<void> ChallengePorts::close() {
  const std::shared_ptr<Serving> serving = std::exchange(serving_, nullptr);
  if (serving) co_await serving->tasks.stop();
}

}  // namespace server
