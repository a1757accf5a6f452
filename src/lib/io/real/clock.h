// lib/io/real/clock.h: the real clocks, and one kernel timer for all timers of a loop.
//
// What:    now() is CLOCK_MONOTONIC, wall() the system clock; due timers fire from the loop.
// In/Out:  see lib/io/clock.h.
// Errors:  none.
// Limits:  the kernel timer is set anew only when the earliest timer became earlier or has fired.
// Not here: the queue of timers (lib/io/clock.cc).
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>

#include "lib/io/clock.h"

namespace io::real {

class RealClock final : public io::Clock {
 public:
  explicit RealClock(boost::asio::io_context& context) : timer_(context.get_executor()) {}

  [[nodiscard]] base::Instant now() const override;
  [[nodiscard]] base::Time wall() const override;

 protected:
  void earliest_changed() override;

 private:
  using AsioTimer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;
  void rearm();
  void on_timer();

  AsioTimer timer_;
  std::optional<base::Instant> armed_;  // what the kernel timer is set to
  bool firing_ = false;
};

}  // namespace io::real
