// See sockets.h.
#include "server/keeper/sockets.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/io/real/poller.h"

namespace server::keeper {
namespace {

struct Wanted {
  io::Endpoint at;
  std::string name;
};

// A port that the kernel is to choose is the server's own affair.
std::vector<Wanted> wanted_by(const config::Config& config) {
  std::vector<Wanted> out;
  const auto add = [&out](const io::Endpoint& at, std::string_view name) {
    const bool is_there = std::ranges::find(out, at, &Wanted::at) != out.end();
    if (at.port != 0 && !is_there) out.push_back({.at = at, .name = std::string(name)});
  };
  for (const session::ListenerSetting& listener : config.session.listeners) {
    if (listener.socket_path.empty()) add(listener.at, listener.name);
  }
  for (const io::Endpoint& at : config.admin.http) add(at, "http");
  for (const io::Endpoint& at : config.admin.api.http) add(at, "api");
  for (const io::Endpoint& at : config.admin.api.https) add(at, "api");
  for (const io::Endpoint& at : config.admin.clients.http) add(at, "clients");
  for (const io::Endpoint& at : config.admin.clients.https) add(at, "clients");
  return out;
}

}  // namespace

base::Result<> Sockets::open(const config::Config& config) {
  const std::vector<Wanted> wanted = wanted_by(config);
  std::vector<Socket> fresh;
  for (const Wanted& one : wanted) {
    if (std::ranges::find(sockets_, one.at, &Socket::at) != sockets_.end()) continue;
    auto bound = bind(one.at, one.name);
    if (!bound) return std::unexpected(std::move(bound.error()));
    fresh.push_back(std::move(*bound));
  }
  for (Socket& socket : sockets_) {
    socket.wanted = std::ranges::find(wanted, socket.at, &Wanted::at) != wanted.end();
  }
  std::ranges::move(fresh, std::back_inserter(sockets_));
  return {};
}

void Sockets::drop_unused() {
  std::erase_if(sockets_, [](const Socket& one) { return !one.wanted; });
}

base::Result<Sockets::Socket> Sockets::bind(const io::Endpoint& at, const std::string& name) {
  auto handed = handed_.duplicate(at);
  if (!handed) return std::unexpected(std::move(handed.error()));
  if (*handed) return Socket{.at = at, .name = name, .descriptor = std::move(**handed)};
  auto bound = io::real::listen_socket(at, false);
  if (!bound) {
    return base::fail(bound.error().kind, fmt::format("listener \"{}\" cannot listen on {}: {}",
                                                      name, at.text(), bound.error().detail));
  }
  return Socket{.at = at, .name = name, .descriptor = std::move(*bound)};
}

std::vector<const io::real::Descriptor*> Sockets::descriptors() const {
  std::vector<const io::real::Descriptor*> out;
  for (const Socket& socket : sockets_) {
    if (socket.wanted) out.push_back(&socket.descriptor);
  }
  return out;
}

std::vector<std::string> Sockets::names() const {
  std::vector<std::string> out;
  for (const Socket& socket : sockets_) {
    if (socket.wanted) out.push_back(socket.name);
  }
  return out;
}

}  // namespace server::keeper
