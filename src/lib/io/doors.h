// lib/io/doors.h: the doors to the world that one loop has.
//
// What:    one struct of references, so that constructors take one argument for all of them.
// In/Out:  made by real/ (server) or sim/ (tests and simulator).
// Errors:  none.
// Limits:  none.
// Not here: the DNS door (lib/dns/resolver.h), which is made on top of these.
#pragma once

namespace io {

class Loop;
class Clock;
class Network;
class Files;
class Random;
class Pool;

struct Doors {
  Loop& loop;
  Clock& clock;
  Network& network;
  Files& files;
  Random& random;
  Pool& pool;
};

}  // namespace io
