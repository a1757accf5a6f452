// policy/filters/milter_link.h: one connection to a milter: packets out, replies in, deadlines.
//
// What:    connects, agrees on options, sends commands in as few writes as their answers allow.
// In/Out:  open(); say(command) collects; ask(timeout) sends what was collected and gives the next
//          reply.
// Errors:  those of the connection, timed_out, invalid (nonsense): then the link is closed.
// Limits:  the timeouts given; milter::packet_bytes_max; unsent_bytes_max before a write.
// Not here: which command follows which (milter_conversation.h).
#pragma once

#include <memory>
#include <string>

#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/task.h"
#include "lib/milter/protocol.h"
#include "lib/milter/reply.h"
#include "policy/filters/settings.h"

namespace policy {

class MilterLink {
 public:
  static constexpr std::size_t unsent_bytes_max = 128UL * 1024;

  MilterLink(io::Doors doors, dns::Resolver& resolver) : doors_(doors), resolver_(resolver) {}
  MilterLink(const MilterLink&) = delete;
  MilterLink& operator=(const MilterLink&) = delete;

  io::Task<base::Result<>> open(io::ServicePlace place, base::Duration timeout);
  [[nodiscard]] bool is_open() const { return stream_ != nullptr; }
  [[nodiscard]] const milter::Agreement& agreed() const { return agreed_; }

  void say(std::string command) { unsent_ += command; }
  [[nodiscard]] bool should_send() const { return unsent_.size() >= unsent_bytes_max; }
  io::Task<base::Result<>> send(base::Duration timeout);
  // Sends what was said and waits for the next reply.
  io::Task<base::Result<milter::Reply>> ask(base::Duration timeout);
  // QUIT, if it can be sent at once.
  io::Task<void> quit();
  void close();

 private:
  io::Task<base::Result<>> negotiate(io::ServicePlace place);
  io::Task<base::Result<std::unique_ptr<io::Stream>>> connect(io::ServicePlace place);
  io::Task<base::Result<>> flush();
  io::Task<base::Result<milter::Reply>> exchange();

  io::Doors doors_;
  dns::Resolver& resolver_;
  std::unique_ptr<io::Stream> stream_;
  milter::PacketReader reader_;
  milter::Agreement agreed_;
  std::string unsent_;
};

}  // namespace policy
