// See place.h.
#include "tools/bench/place.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "lib/io/service_place.h"

namespace bench {
namespace {

io::IpAddress ip_of(const addrinfo& found) {
  if (found.ai_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, found.ai_addr, sizeof(six));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return io::IpAddress::v6(bytes);
  }
  sockaddr_in four;
  std::memcpy(&four, found.ai_addr, sizeof(four));
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &four.sin_addr, bytes.size());
  return io::IpAddress::v4(bytes);
}

}  // namespace

base::Result<io::Endpoint> find_place(std::string_view text) {
  if (const auto numeric = io::Endpoint::parse(text)) return *numeric;  // port 0, too
  const auto place = io::ServicePlace::parse(text);
  if (!place || !place->path.empty()) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("\"{}\" is no HOST:PORT such as 127.0.0.1:2525", text));
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(place->host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  if (error != 0 || found == nullptr) {
    return base::fail(base::ErrorKind::not_found,
                      fmt::format("the name {} has no address: {}", place->host,
                                  error != 0 ? ::gai_strerror(error) : "none found"));
  }
  return io::Endpoint{ip_of(*found), place->port};
}

base::Result<io::IpAddress> parse_ip(std::string_view text) {
  const auto address = io::IpAddress::parse(text);
  if (address) return *address;
  return base::fail(base::ErrorKind::invalid, fmt::format("\"{}\" is no IP address", text));
}

bool input_has_ended() {
  pollfd input = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  std::array<char, 512> unread{};
  while (::poll(&input, 1, 0) == 1) {
    const ssize_t got = ::read(STDIN_FILENO, unread.data(), unread.size());
    if (got <= 0) return got == 0 || errno != EINTR;
  }
  return false;
}

base::Result<> want_descriptors(std::size_t count) {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return base::fail_errno("ask for limits", errno);
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return base::fail_errno("lift the limit of descriptors", errno);
    }
  }
  if (limit.rlim_cur >= count) return {};
  return base::fail(base::ErrorKind::limit,
                    fmt::format("this needs {} descriptors, and only {} are allowed: raise the "
                                "limit with `ulimit -n {}`",
                                count, limit.rlim_cur, count));
}

}  // namespace bench
