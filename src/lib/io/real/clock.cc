// See clock.h.
#include "lib/io/real/clock.h"

namespace io::real {
namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;  // CLOCK_MONOTONIC, read without a system call

}  // namespace

base::Instant RealClock::now() const {
  return base::Instant(duration_cast<base::Duration>(steady_clock::now().time_since_epoch()));
}

base::Time RealClock::wall() const {
  return std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
}

void RealClock::earliest_changed() {
  if (!firing_) rearm();  // on_timer() does it once when all that is due has fired
}

// A kernel timer that is too early fires once for nothing; that is cheaper than setting it anew
// for each deadline that is met, as nearly all are.
void RealClock::rearm() {
  const base::Instant* next = next_due();
  if (next == nullptr || (armed_ && *armed_ <= *next)) return;
  armed_ = *next;
  timer_.expires_at(steady_clock::time_point(next->time_since_epoch()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void RealClock::on_timer() {
  armed_.reset();
  firing_ = true;
  fire_due();
  firing_ = false;
  rearm();
}

}  // namespace io::real
