// lib/io/sim/stream.h: one simulated connection: two pipes, and a Stream at each end.
//
// What:    Connection carries bytes, ends and resets with latency; SimStream is one end of it;
//          SimListener hands out the accepting ends.
// In/Out:  made by HostNetwork (network.h); used by nobody else.
// Errors:  those of io::Stream.
// Limits:  pipe_bytes_max in each direction.
// Not here: who reaches whom (network.h).
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>

#include "lib/io/completion.h"
#include "lib/io/sim/network.h"

namespace io::sim {

// One direction, from side i of a connection to the other.
struct Pipe {
  std::string arrived;  // and not read; from `taken` on
  std::size_t taken = 0;
  std::size_t in_flight = 0;
  base::Instant last_arrival;      // nothing overtakes what was sent before
  bool end_sent = false;           // the writer may not write any more
  bool end_arrived = false;        // the reader gets `closed` after the bytes
  bool broken_for_reader = false;  // `reset` after the bytes
  bool broken_for_writer = false;
  bool reader_gone = false;  // who writes to it gets a reset
  bool stalled = false;      // fault: what is sent never arrives
  bool swallowed = false;    // fault: what is sent is forgotten
  unsigned readers = 0;      // waiting now
  unsigned writers = 0;
  Signal readable;
  Signal writable;

  [[nodiscard]] std::size_t unread() const { return arrived.size() - taken; }
  [[nodiscard]] std::size_t room(std::size_t bytes_max) const {
    const std::size_t used = unread() + in_flight;
    return used < bytes_max ? bytes_max - used : 0;
  }
  // Moves up to into.size() unread octets.
  std::size_t take(std::span<char> into);
};

struct Connection : std::enable_shared_from_this<Connection> {
  Connection(Internet& the_internet, Endpoint from, Endpoint to)
      : internet(the_internet), ends{from, to} {}

  Internet& internet;
  std::array<Endpoint, 2> ends;
  std::array<Pipe, 2> pipes;               // pipes[i]: written by side i
  std::array<bool, 2> dead{false, false};  // the machine lost power: sends nothing

  // From `side` to the other, after everything that it sent before.
  void send(unsigned side, std::string bytes, base::Duration delay);
  void send_end(unsigned side);
  void send_reset(unsigned side);
  // `side` sees the reset now; those of its tasks that wait go on soon, not within this call.
  void break_side(unsigned side);
  // The machine at `side` lost power.
  void power_cut(unsigned side);

 private:
  void arrive(unsigned side, const std::string& bytes);
  void deliver(unsigned side, base::Duration delay, std::function<void(Connection&)> what);
};

class SimStream final : public Stream {
 public:
  SimStream(std::shared_ptr<Connection> connection, unsigned side)
      : connection_(std::move(connection)), side_(side) {}
  ~SimStream() override;

  using Stream::write;
  Task<base::Result<std::size_t>> read_some(std::span<char> into) override;
  Task<base::Result<>> wait_readable() override;
  Task<base::Result<>> write(std::span<const std::string_view> pieces) override;
  Task<base::Result<>> shutdown() override;
  [[nodiscard]] Endpoint local() const override { return connection_->ends[side_]; }
  [[nodiscard]] Endpoint peer() const override { return connection_->ends[1 - side_]; }

  void reset();

 private:
  [[nodiscard]] Pipe& in() { return connection_->pipes[1 - side_]; }
  [[nodiscard]] Pipe& out() { return connection_->pipes[side_]; }
  [[nodiscard]] std::size_t take(std::span<char> into);
  [[nodiscard]] base::Result<> may_write();
  void apply(WriteFault::Kind fault);
  Task<base::Result<>> wait_for_room();

  std::shared_ptr<Connection> connection_;
  unsigned side_;
};

class SimListener final : public Listener {
 public:
  SimListener(HostNetwork& network, Endpoint at, ListenOptions options)
      : network_(network), at_(at), options_(options) {}
  ~SimListener() override;

  Task<base::Result<std::unique_ptr<Stream>>> accept() override;
  [[nodiscard]] Endpoint local() const override { return at_; }

  [[nodiscard]] bool share_port() const { return options_.share_port; }
  [[nodiscard]] bool full() const {
    return waiting_.size() >= static_cast<std::size_t>(options_.backlog);
  }
  void add(std::unique_ptr<SimStream> stream);
  void crash();

 private:
  HostNetwork& network_;
  Endpoint at_;
  ListenOptions options_;
  std::deque<std::unique_ptr<SimStream>> waiting_;
  Signal changed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace io::sim
