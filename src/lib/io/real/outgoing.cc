// See outgoing.h.
#include "lib/io/real/outgoing.h"

#include <netinet/in.h>

#include "lib/io/real/descriptor.h"
#include "lib/io/real/socket_address.h"

namespace io::real {

// A datagram socket that is connected has the source that the routes choose. Of IPv6 not a
// temporary one (RFC 8981): it is gone tomorrow.
std::optional<IpAddress> outgoing_address(bool v6) {
  constexpr int prefer_lasting = 2;  // IPV6_PREFER_SRC_PUBLIC (RFC 5014), which libc does not name
  const auto far = IpAddress::parse(v6 ? "2001:503:ba3e::2:30" : "198.41.0.4");
  const SocketAddress to = SocketAddress::of({*far, 53});
  const Descriptor descriptor(::socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!descriptor) return std::nullopt;
  if (v6) {
    (void)::setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, &prefer_lasting,
                       sizeof(prefer_lasting));
  }
  SocketAddress own;
  const bool found = ::connect(descriptor.get(), to.raw(), to.length) == 0 &&
                     ::getsockname(descriptor.get(), own.raw(), &own.length) == 0;
  if (!found) return std::nullopt;
  return own.endpoint().address;
}

}  // namespace io::real
