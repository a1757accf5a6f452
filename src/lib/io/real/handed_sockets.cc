// See handed_sockets.h.
#include "lib/io/real/handed_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lib/io/real/service_manager.h"
#include "lib/io/real/socket_address.h"

namespace io::real {
namespace {

constexpr int first_handed = 3;  // SD_LISTEN_FDS_START

template <class T>
std::optional<T> number_of(const std::optional<std::string>& text) {
  T number = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

// "smtp:submission": the manager allows no colon within a name.
std::vector<std::string> names_of(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

base::Result<Endpoint> listening_at(int descriptor, const std::string& name) {
  const auto refuse = [&](std::string_view why) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("socket {} ({}) that was handed over {}", descriptor, name, why));
  };
  int listening = 0;
  int type = 0;
  socklen_t length = sizeof(int);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 ||
      ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0) {
    return refuse("is none: LISTEN_FDS counts more than there are");
  }
  SocketAddress address;
  if (::getsockname(descriptor, address.raw(), &address.length) != 0) {
    return base::fail_errno("look at a socket that was handed over", errno);
  }
  const bool is_internet = address.family() == AF_INET || address.family() == AF_INET6;
  if (listening == 0 || type != SOCK_STREAM || !is_internet) {
    return refuse("is no listening TCP socket; write only ListenStream=ADDRESS:PORT in the unit");
  }
  return address.endpoint();
}

}  // namespace

base::Result<HandedSockets> HandedSockets::from_environment() {
  const auto pid = take_variable("LISTEN_PID");
  const auto count_text = take_variable("LISTEN_FDS");
  const auto names = take_variable("LISTEN_FDNAMES");
  if (!count_text || number_of<pid_t>(pid) != ::getpid()) return HandedSockets();
  const auto count = number_of<unsigned>(count_text);
  if (!count || *count > sockets_max) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("LISTEN_FDS: \"{}\" is not 0 to {}", *count_text, sockets_max));
  }
  return take(first_handed, *count, names_of(names.value_or("")));
}

base::Result<HandedSockets> HandedSockets::take(int first, unsigned count,
                                                const std::vector<std::string>& names) {
  HandedSockets out;
  for (unsigned i = 0; i < count; ++i) {
    const int number = first + static_cast<int>(i);
    const std::string name = i < names.size() && !names[i].empty() ? names[i] : "unnamed";
    auto at = listening_at(number, name);
    if (!at) return std::unexpected(std::move(at.error()));
    if (::fcntl(number, F_SETFD, FD_CLOEXEC) != 0) {
      return base::fail_errno("keep a socket that was handed over", errno);
    }
    out.sockets_.push_back(
        {.descriptor = Descriptor(number), .at = *at, .name = name, .used = false});
  }
  return out;
}

base::Result<std::optional<Descriptor>> HandedSockets::duplicate(const Endpoint& at) {
  for (Socket& socket : sockets_) {
    if (socket.at != at) continue;
    Descriptor copy(::fcntl(socket.descriptor.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return base::fail_errno("duplicate the socket of " + at.text(), errno);
    socket.used = true;
    return std::optional<Descriptor>(std::move(copy));
  }
  return std::optional<Descriptor>();
}

std::vector<std::string> HandedSockets::unused() const {
  std::vector<std::string> out;
  for (const Socket& socket : sockets_) {
    if (!socket.used) out.push_back(fmt::format("{} ({})", socket.name, socket.at.text()));
  }
  return out;
}

}  // namespace io::real
