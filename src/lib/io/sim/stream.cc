// See stream.h.
#include "lib/io/sim/stream.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "lib/io/sim/world.h"

namespace io::sim {

namespace {

// The bytes of several pieces, taken from the front in parts of any size.
class Gather {
 public:
  explicit Gather(std::span<const std::string_view> pieces) : pieces_(pieces) {
    for (const std::string_view piece : pieces) left_ += piece.size();
  }
  [[nodiscard]] std::size_t left() const { return left_; }
  [[nodiscard]] std::string take(std::size_t bytes) {
    std::string out;
    out.reserve(bytes);
    while (out.size() < bytes) {
      const std::string_view rest = pieces_.front().substr(offset_);
      const std::string_view part = rest.substr(0, bytes - out.size());
      out += part;
      offset_ += part.size();
      if (part.size() == rest.size()) {
        pieces_ = pieces_.subspan(1);
        offset_ = 0;
      }
    }
    left_ -= bytes;
    return out;
  }

 private:
  std::span<const std::string_view> pieces_;
  std::size_t offset_ = 0;  // in the first piece
  std::size_t left_ = 0;
};

std::unexpected<base::Error> reset_error() {
  return base::fail(base::ErrorKind::reset, "connection reset");
}

}  // namespace

std::size_t Pipe::take(std::span<char> into) {
  const std::size_t count = std::min(into.size(), unread());
  std::memcpy(into.data(), arrived.data() + taken, count);
  taken += count;
  if (taken == arrived.size()) {
    arrived.clear();
    taken = 0;
  }
  return count;
}

void Connection::deliver(unsigned side, base::Duration delay,
                         std::function<void(Connection&)> what) {
  Pipe& pipe = pipes[side];
  if (dead[side] || pipe.stalled) return;
  World& world = internet.world();
  const InternetOptions& options = internet.options();
  base::Duration way = options.latency + delay;
  if (options.jitter.count() > 0) {
    const auto most = static_cast<std::uint64_t>(options.jitter.count());
    way += base::Duration(static_cast<base::Duration::rep>(world.random().below(most + 1)));
  }
  pipe.last_arrival = std::max(pipe.last_arrival, world.now() + way);
  world.at(pipe.last_arrival, [self = shared_from_this(), what = std::move(what)] { what(*self); });
}

void Connection::send(unsigned side, std::string bytes, base::Duration delay) {
  Pipe& pipe = pipes[side];
  if (pipe.swallowed) return;
  pipe.in_flight += bytes.size();
  deliver(side, delay,
          [side, bytes = std::move(bytes)](Connection& self) { self.arrive(side, bytes); });
}

void Connection::arrive(unsigned side, const std::string& bytes) {
  Pipe& pipe = pipes[side];
  pipe.in_flight -= bytes.size();
  if (internet.options().trace_octets) {
    internet.world().note(bytes);
  } else {
    internet.world().note(bytes.size());
  }
  if (dead[1 - side]) return;
  if (pipe.reader_gone) {
    send_reset(1 - side);
    return;
  }
  if (pipe.broken_for_reader) return;
  if (pipe.taken > 0) {
    pipe.arrived.erase(0, pipe.taken);
    pipe.taken = 0;
  }
  pipe.arrived += bytes;
  pipe.readable.notify();
}

void Connection::send_end(unsigned side) {
  Pipe& pipe = pipes[side];
  if (pipe.end_sent) return;
  pipe.end_sent = true;
  if (pipe.swallowed) return;
  deliver(side, {}, [side](Connection& self) {
    self.pipes[side].end_arrived = true;
    self.pipes[side].readable.notify();
  });
}

void Connection::send_reset(unsigned side) {
  deliver(side, {}, [side](Connection& self) { self.break_side(1 - side); });
}

void Connection::break_side(unsigned side) {
  pipes[1 - side].broken_for_reader = true;
  pipes[side].broken_for_writer = true;
  internet.world().post([self = shared_from_this(), side] {
    self->pipes[1 - side].readable.notify();
    self->pipes[side].writable.notify();
  });
}

void Connection::power_cut(unsigned side) {
  if (dead[side]) return;
  // Nobody answers for a dead machine. The peer's reset stands for the one that it would get with
  // its next packet after the machine has come back.
  send_reset(side);
  dead[side] = true;
  break_side(side);
}

SimStream::~SimStream() {
  CHECK(in().readers == 0 && out().writers == 0, "a stream ended before the waits on it");
  in().reader_gone = true;
  if (out().broken_for_writer) return;
  // RFC 9293 §3.6.1: closed with octets unread, the peer must hear that they were lost.
  if (in().unread() > 0) {
    connection_->send_reset(side_);
  } else {
    connection_->send_end(side_);
  }
}

Task<base::Result<std::size_t>> SimStream::read_some(std::span<char> into) {
  CHECK(!into.empty(), "a read of no octets");
  Internet& internet = connection_->internet;
  if (internet.faults().on_read(local(), peer()) == ReadFault::reset) {
    connection_->send_reset(side_);
    connection_->break_side(side_);
  }
  while (true) {
    Pipe& pipe = in();
    if (pipe.unread() > 0) co_return take(into);
    if (pipe.broken_for_reader) co_return reset_error();
    if (pipe.end_arrived) {
      co_return base::fail(base::ErrorKind::closed, "closed by " + peer().text());
    }
    ++pipe.readers;
    auto woken = co_await pipe.readable.wait();
    --pipe.readers;
    if (!woken) co_return std::unexpected(woken.error());
  }
}

Task<base::Result<>> SimStream::wait_readable() {
  while (true) {
    Pipe& pipe = in();
    if (pipe.unread() > 0 || pipe.broken_for_reader || pipe.end_arrived) co_return base::Result<>{};
    ++pipe.readers;
    auto woken = co_await pipe.readable.wait();
    --pipe.readers;
    if (!woken) co_return woken;
  }
}

std::size_t SimStream::take(std::span<char> into) {
  World& world = connection_->internet.world();
  Pipe& pipe = in();
  if (connection_->internet.options().random_segments) {
    const std::size_t most = std::min(into.size(), pipe.unread());
    into = into.first(1 + static_cast<std::size_t>(world.random().below(most)));
  }
  const std::size_t count = pipe.take(into);
  // Not within this call: the writer is another task.
  if (pipe.writers > 0) {
    world.post([connection = connection_, side = 1 - side_] {
      connection->pipes[side].writable.notify();
    });
  }
  return count;
}

base::Result<> SimStream::may_write() {
  if (out().broken_for_writer) return reset_error();
  if (out().end_sent && !out().swallowed) {
    return base::fail(base::ErrorKind::reset, "written after shutdown");
  }
  return {};
}

Task<base::Result<>> SimStream::write(std::span<const std::string_view> pieces) {
  Gather rest(pieces);
  Internet& internet = connection_->internet;
  const WriteFault fault = internet.faults().on_write(local(), peer(), rest.left());
  constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  std::size_t until_fault =
      fault.kind == WriteFault::Kind::pass ? never : std::min(fault.after_bytes, rest.left());
  while (true) {
    if (auto may = may_write(); !may) co_return may;
    if (until_fault == 0) {
      apply(fault.kind);
      until_fault = never;
      continue;
    }
    if (rest.left() == 0) co_return base::Result<>{};
    const std::size_t room =
        std::min({out().room(internet.options().pipe_bytes_max), rest.left(), until_fault});
    if (room == 0) {
      if (auto woken = co_await wait_for_room(); !woken) co_return woken;
      continue;
    }
    connection_->send(side_, rest.take(room), fault.delay);
    if (until_fault != never) until_fault -= room;
  }
}

Task<base::Result<>> SimStream::wait_for_room() {
  ++out().writers;
  auto woken = co_await out().writable.wait();
  --out().writers;
  co_return woken;
}

void SimStream::apply(WriteFault::Kind fault) {
  switch (fault) {
    case WriteFault::Kind::pass: return;
    case WriteFault::Kind::reset:
      connection_->send_reset(side_);
      connection_->break_side(side_);
      return;
    case WriteFault::Kind::stall: out().stalled = true; return;
    case WriteFault::Kind::half_close:
      connection_->send_end(side_);
      out().swallowed = true;
      return;
  }
}

Task<base::Result<>> SimStream::shutdown() {
  if (out().broken_for_writer) co_return reset_error();
  connection_->send_end(side_);
  co_return base::Result<>{};
}

void SimStream::reset() {
  connection_->send_reset(side_);
  connection_->break_side(side_);
}

void reset(Stream& stream) {
  auto* simulated = dynamic_cast<SimStream*>(&stream);
  CHECK(simulated != nullptr, "only a simulated stream can be reset");
  simulated->reset();
}

}  // namespace io::sim
