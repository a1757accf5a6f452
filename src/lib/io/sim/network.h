// lib/io/sim/network.h: the simulated Internet: latency, back pressure, resets, faults.
//
// What:    Internet knows every host's addresses and carries the bytes; HostNetwork is one host's
//          door. NetworkFaults decides what goes wrong; RandomFaults is one that throws dice.
// In/Out:  io::Network. world.internet().options() and set_faults() change the weather.
// Errors:  connect: refused (nobody listens), unreachable (no such host), timed_out (black hole,
//          crashed host, after connect_timeout). Streams: closed, reset, cancelled. Only waits are
//          cancelled: what can be done at once is done, also in a stopped task.
// Limits:  pipe_bytes_max per direction: a writer waits for its reader.
// Not here: TLS (lib/io/tls.h works over these streams), names (lib/dns).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/clock.h"
#include "lib/io/network.h"
#include "lib/io/sim/random.h"

namespace io::sim {

class World;
class HostNetwork;
class SimListener;
class SimStream;
struct Connection;

enum class ConnectFault { ok, refuse, timeout };
enum class ReadFault { pass, reset };

struct WriteFault {
  enum class Kind {
    pass,
    reset,       // both sides see a reset after `after_bytes` of this write
    stall,       // nothing more arrives in this direction, ever
    half_close,  // the peer sees an orderly end; the rest is swallowed
  };
  Kind kind = Kind::pass;
  std::size_t after_bytes = 0;
  base::Duration delay{0};  // these bytes (and all behind them) arrive later by so much
};

// Asked for every connection, write and read; `from` is the side that acts.
class NetworkFaults {
 public:
  NetworkFaults() = default;
  NetworkFaults(const NetworkFaults&) = delete;
  NetworkFaults& operator=(const NetworkFaults&) = delete;
  virtual ~NetworkFaults() = default;
  virtual ConnectFault on_connect(const Endpoint& /*from*/, const Endpoint& /*to*/) {
    return ConnectFault::ok;
  }
  virtual WriteFault on_write(const Endpoint& /*from*/, const Endpoint& /*to*/,
                              std::size_t /*bytes*/) {
    return {};
  }
  virtual ReadFault on_read(const Endpoint& /*reader*/, const Endpoint& /*peer*/) {
    return ReadFault::pass;
  }
};

// Probabilities per operation.
struct FaultRates {
  double connect_refused = 0;
  double connect_timeout = 0;
  double write_reset = 0;
  double write_stall = 0;
  double write_half_close = 0;
  double write_delay = 0;  // up to delay_max
  base::Duration delay_max = std::chrono::seconds(30);
  double read_reset = 0;
};

class RandomFaults final : public NetworkFaults {
 public:
  RandomFaults(std::uint64_t seed, FaultRates rates) : random_(seed), rates_(rates) {}
  ConnectFault on_connect(const Endpoint& from, const Endpoint& to) override;
  WriteFault on_write(const Endpoint& from, const Endpoint& to, std::size_t bytes) override;
  ReadFault on_read(const Endpoint& reader, const Endpoint& peer) override;

 private:
  SeededRandom random_;
  FaultRates rates_;
};

struct InternetOptions {
  base::Duration latency = std::chrono::microseconds(100);  // one way
  base::Duration jitter{0};                                 // up to so much more per segment
  std::size_t pipe_bytes_max = std::size_t{64} * 1024;
  bool random_segments = false;  // a read returns a random prefix of what is there
  base::Duration connect_timeout = std::chrono::seconds(127);  // Linux: tcp_syn_retries = 6
  // The octets are part of the world's trace. Not those of TLS: its tickets hold the real time.
  bool trace_octets = true;
};

class Internet {
 public:
  explicit Internet(World& world) : world_(world) {}

  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] InternetOptions& options() { return options_; }
  // nullptr: nothing goes wrong. The caller keeps it alive.
  void set_faults(NetworkFaults* faults) { faults_ = faults != nullptr ? faults : &no_faults_; }
  [[nodiscard]] NetworkFaults& faults() { return *faults_; }
  // Packets to this address vanish.
  void blackhole(const IpAddress& address) { blackholes_.insert(address); }
  void unblackhole(const IpAddress& address) { blackholes_.erase(address); }

 private:
  friend class HostNetwork;
  struct Place {
    HostNetwork* network = nullptr;  // nullptr while the host is down
  };

  World& world_;
  InternetOptions options_;
  NetworkFaults no_faults_;
  NetworkFaults* faults_ = &no_faults_;
  std::set<IpAddress> blackholes_;
  std::map<IpAddress, Place> places_;
};

class HostNetwork final : public Network {
 public:
  // Takes over the addresses from an earlier network of the same host (after a crash).
  HostNetwork(Internet& internet, Clock& clock, std::vector<IpAddress> addresses);
  ~HostNetwork() override;

  Task<StreamResult> connect(Endpoint to, std::optional<IpAddress> source) override;
  Task<StreamResult> connect_unix(std::string path) override;
  ListenerResult listen(Endpoint at, ListenOptions options) override;
  ListenerResult listen_unix(std::string path, unsigned mode) override;
  [[nodiscard]] std::vector<IpAddress> own_addresses() const override { return addresses_; }

  // The machine lost power: peers see resets, our own tasks errors, the addresses are silent.
  void crash();
  [[nodiscard]] bool alive() const { return alive_; }
  // Connections that have this host at one end and that still exist.
  [[nodiscard]] std::size_t open_connections() const;

 private:
  friend class SimListener;
  [[nodiscard]] base::Result<Endpoint> local_for(const Endpoint& to,
                                                 const std::optional<IpAddress>& source);
  [[nodiscard]] HostNetwork* find(const IpAddress& to);
  [[nodiscard]] SimListener* find_listener(const Endpoint& at);
  [[nodiscard]] std::uint16_t next_port();
  [[nodiscard]] bool port_used(const Endpoint& at, bool share) const;
  Task<base::Result<>> reach(Endpoint from, Endpoint to);
  Task<StreamResult> establish(HostNetwork* target, SimListener* listener, Endpoint from,
                               Endpoint to);
  void remember(const std::shared_ptr<Connection>& connection, unsigned side);
  void forget(SimListener& listener);

  Internet& internet_;
  Clock& clock_;
  std::vector<IpAddress> addresses_;
  bool alive_ = true;
  std::uint16_t last_port_ = 32767;
  std::vector<SimListener*> listeners_;
  std::map<std::string, SimListener*> unix_listeners_;
  struct Side {
    std::weak_ptr<Connection> connection;
    unsigned side;
  };
  std::vector<Side> connections_;
  std::size_t connections_clean_at_ = 64;
};

// Breaks a simulated stream now, as a peer does that sends RST. Any other stream is a CHECK.
void reset(Stream& stream);

}  // namespace io::sim
