// lib/io/real/loop_test.h: what tests on the real loop share.
//
// What:    LoopTest runs one task at a time, or several side by side, and fails one that hangs.
// In/Out:  run(task) → its Result; start(task, result) then finish(); a connected pair of streams.
// Errors:  a test fails with the reason.
// Limits:  hang_seconds_max for each run.
// Not here: tests in virtual time (lib/io/sim).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/network.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"

namespace io::real {

inline constexpr int hang_seconds_max = 60;

[[nodiscard]] inline Endpoint loopback(std::uint16_t port = 0) {
  return {IpAddress::v4({127, 0, 0, 1}), port};
}

class LoopTest : public testing::Test {
 protected:
  using StreamPtr = std::unique_ptr<Stream>;

  template <class T>
  base::Result<T> run(Task<base::Result<T>> task) {
    return run_task(
        loop_, with_timeout(doors_.clock, std::chrono::seconds(hang_seconds_max), std::move(task)));
  }

  // Runs beside others until finish().
  template <class T>
  void start(Task<T> task, std::optional<T>& result) {
    group_.spawn(keep<T>(std::move(task), result));
  }
  void finish() { EXPECT_TRUE(run(join(group_))); }
  void cancel() { group_.cancel(); }
  // Lets the loop do everything that it can do now.
  void turn() {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(run(one_turn(doors_.loop)));
  }

  std::unique_ptr<Listener> listen() {
    auto listener = doors_.network.listen(loopback(), {});
    EXPECT_TRUE(listener);
    return std::move(*listener);
  }

  struct Pair {
    StreamPtr client;
    StreamPtr server;
  };
  Pair connect(Listener& listener) {
    auto client = run(doors_.network.connect(listener.local(), std::nullopt));
    auto server = run(listener.accept());
    EXPECT_TRUE(client && server);
    return {std::move(*client), std::move(*server)};
  }
  Pair connect() { return connect(*listen()); }

  // What one read gives, or "(error …)".
  std::string read(Stream& stream, std::size_t bytes_max = 4096) {
    std::string buffer(bytes_max, '\0');
    const auto got = run(stream.read_some(buffer));
    if (!got) return "(" + std::string(base::to_string(got.error().kind)) + ")";
    buffer.resize(*got);
    return buffer;
  }

  ThreadPool pool_{2};
  EventLoop loop_{pool_};
  Doors doors_ = loop_.doors();
  TaskGroup group_;

 private:
  template <class T>
  static Task<void> keep(Task<T> task, Ref<std::optional<T>> result) {
    result->emplace(co_await std::move(task));
  }
  static Task<base::Result<>> join(Ref<TaskGroup> group) {
    co_await group->join();
    co_return base::Result<>();
  }
  static Task<base::Result<>> one_turn(Ref<Loop> loop) {
    Completion<bool> posted;
    loop->post([&posted] { posted.complete(true); });
    co_await posted;
    co_return base::Result<>();
  }
};

// Everything until the peer's end, at most bytes_max.
inline Task<base::Result<std::string>> read_all(Ref<Stream> stream, std::size_t bytes_max) {
  std::string all;
  std::string buffer(16UL * 1024, '\0');
  while (all.size() < bytes_max) {
    const auto got = co_await stream->read_some(buffer);
    if (!got && got.error().kind == base::ErrorKind::closed) break;
    if (!got) co_return std::unexpected(got.error());
    all.append(buffer, 0, *got);
  }
  co_return all;
}

inline Task<base::Result<>> write_and_end(Ref<Stream> stream, std::string bytes) {
  if (auto sent = co_await stream->write(bytes); !sent) co_return sent;
  co_return co_await stream->shutdown();
}

// Octets in which a lost or doubled part shows.
[[nodiscard]] inline std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

}  // namespace io::real
