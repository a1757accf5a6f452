// lib/io/real/local_datagram.h: one-way messages to a unix datagram socket.
//
// What:    LocalDatagram sends to a path or an abstract name: the service manager, syslog.
// In/Out:  open(name), then send(bytes); one send is one message. "@name" is an abstract socket.
// Errors:  invalid (no such name is possible); not_found and refused (nobody receives), busy (the
//          receiver was slower than our patience), limit (too long for a datagram).
// Limits:  names of 107 octets; messages of what the kernel takes (SO_SNDBUF, some 200 KiB).
// Not here: what is said (service_manager.h, trace/syslog.h).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/real/descriptor.h"
#include "lib/io/real/socket_address.h"

namespace io::real {

class LocalDatagram {
 public:
  // `patience`: how long a send may block while the receiver is busy; 0: not at all.
  [[nodiscard]] static base::Result<LocalDatagram> open(const std::string& name,
                                                        base::Duration patience = {});
  // Over a connected socket that we were given, which becomes ours.
  [[nodiscard]] static base::Result<LocalDatagram> over(int descriptor);

  // The receiver may come, go and come again: each message finds it by its name. Thread-safe.
  [[nodiscard]] base::Result<> send(std::string_view bytes) const;

 private:
  LocalDatagram(Descriptor descriptor, SocketAddress to, std::string name)
      : descriptor_(std::move(descriptor)), to_(to), name_(std::move(name)) {}

  Descriptor descriptor_;
  SocketAddress to_;
  std::string name_;
};

}  // namespace io::real
