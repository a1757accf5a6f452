// lib/io/real/waiting.h: what a program without an event loop waits for.
//
// What:    wait_ready() blocks until a descriptor has news or time is over; SignalQueue makes
//          signals news of a descriptor; LocalDoor is a unix socket that others of this host call,
//          and call_local() calls it.
// In/Out:  take() → a signal's number; accept() → one caller's connection and what he asks.
// Errors:  what the kernel says.
// Limits:  request_bytes_max and patience of a caller's request; backlog.
// Not here: what the server uses (event_loop.h): tasks, deadlines, cancellation.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/real/descriptor.h"

namespace io::real {

[[nodiscard]] base::Instant monotonic_now();

// Until one of them has news, a signal comes or `patience` is over. A number below 0 has none.
void wait_ready(std::span<const int> descriptors, base::Duration patience);

class SignalQueue {
 public:
  // From now on these wait here instead of ending the process. Before there are threads.
  [[nodiscard]] static base::Result<SignalQueue> open(std::initializer_list<int> signal_numbers);

  [[nodiscard]] std::optional<int> take();  // empty: none waits
  [[nodiscard]] int descriptor() const { return queue_.get(); }

 private:
  explicit SignalQueue(Descriptor queue) : queue_(std::move(queue)) {}
  Descriptor queue_;
};

class LocalDoor {
 public:
  static constexpr std::size_t request_bytes_max = 256;

  // For callers of the user whom the folder of `path` belongs to, and for root. Replaces the socket
  // of a process that is no more.
  [[nodiscard]] static base::Result<LocalDoor> open(const std::string& path);
  LocalDoor(LocalDoor&&) = default;
  LocalDoor& operator=(LocalDoor&&) = default;
  LocalDoor(const LocalDoor&) = delete;
  LocalDoor& operator=(const LocalDoor&) = delete;
  ~LocalDoor();

  struct Caller {
    Descriptor connection;
    std::string request;  // its first line
  };
  // Empty: nobody called, or he said nothing within a second.
  [[nodiscard]] std::optional<Caller> accept();
  [[nodiscard]] int descriptor() const { return listening_.get(); }

 private:
  LocalDoor(Descriptor listening, std::string path)
      : listening_(std::move(listening)), path_(std::move(path)) {}
  Descriptor listening_;
  std::string path_;
};

// False: the other side is gone, or does not read.
bool say(const Descriptor& connection, std::string_view text);

// Asks at a LocalDoor and gives each piece of the answer as it comes, until the other side closes.
[[nodiscard]] base::Result<> call_local(const std::string& path, std::string_view request,
                                        const std::function<void(std::string_view)>& heard);

}  // namespace io::real
