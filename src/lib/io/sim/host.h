// lib/io/sim/host.h: one simulated machine.
//
// What:    addresses, a disk and the six doors; it can lose power (crash) and come back (restart).
// In/Out:  doors() for constructors; several loops of one server may share one set of doors.
// Errors:  after crash() the old doors go on to exist until the Host ends, so that the old server
//          object can be stopped: its files fail with io, its streams with reset, its clock and
//          pool work.
// Limits:  none.
// Not here: virtual time (world.h), what a crash does to data (disk.h).
//
//   sim::Host host(world, {"192.0.2.1", "2001:db8::1"});
//   Server server(host.doors(), …);
//   host.crash();  world.run(server.stop());  host.restart();  Server second(host.doors(), …);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/io/doors.h"
#include "lib/io/sim/disk.h"
#include "lib/io/sim/network.h"
#include "lib/io/sim/world.h"

namespace io::sim {

class Host {
 public:
  // Addresses as text; an unreadable one is a CHECK. 127.0.0.0/8 and ::1 always work.
  Host(World& world, const std::vector<std::string>& addresses);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Disk& disk() { return disk_; }
  // Of the machine's present life; after crash() those of the last one.
  [[nodiscard]] Doors doors();
  [[nodiscard]] HostNetwork& network();
  [[nodiscard]] bool up() const { return up_; }
  // Pool work takes between nothing and so much virtual time.
  void set_pool_delay_max(base::Duration delay) { pool_delay_max_ = delay; }

  // Power cut: unsynced data may be lost (Disk::crash), connections are cut.
  void crash();
  // New doors on the same disk. The machine must be down.
  Doors restart();

 private:
  struct Life;

  World& world_;
  std::vector<IpAddress> addresses_;
  Disk disk_;
  base::Duration pool_delay_max_ = std::chrono::milliseconds(1);
  bool up_ = true;
  std::vector<std::unique_ptr<Life>> lives_;  // old ones are kept for whoever still refers to them
};

}  // namespace io::sim
