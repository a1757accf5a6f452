// See local_socket.h.
#include "lib/io/real/local_socket.h"

#include <sys/stat.h>
#include <sys/un.h>

#include "lib/io/real/socket_address.h"

namespace io::real {
namespace {

base::Result<Descriptor> make_socket() {
  Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor) return base::fail_errno("make a socket", errno);
  return descriptor;
}

}  // namespace

base::Result<> remove_socket(const std::string& path) {
  struct stat file = {};
  if (::lstat(path.c_str(), &file) != 0) return {};
  if (!S_ISSOCK(file.st_mode)) {
    return base::fail(base::ErrorKind::exists, path + " is there and is not a socket");
  }
  if (::unlink(path.c_str()) != 0) return base::fail_errno("remove " + path, errno);
  return {};
}

base::Result<Descriptor> listen_at(const std::string& path, unsigned mode, int backlog) {
  const auto address = SocketAddress::of_path(path);
  if (!address) return std::unexpected(address.error());
  const auto probe = make_socket();
  if (!probe) return std::unexpected(probe.error());
  if (::connect(probe->get(), address->raw(), address->length) == 0 || errno == EAGAIN) {
    return base::fail(base::ErrorKind::busy, "another process listens at " + path);
  }
  if (auto removed = remove_socket(path); !removed) return std::unexpected(removed.error());
  auto descriptor = make_socket();
  if (!descriptor) return descriptor;
  // Never more open than asked for: the file takes the socket's bits (less the umask) at bind.
  if (::fchmod(descriptor->get(), mode) != 0 ||
      ::bind(descriptor->get(), address->raw(), address->length) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(descriptor->get(), backlog) != 0) {
    return base::fail_errno("listen at " + path, errno);
  }
  return descriptor;
}

}  // namespace io::real
