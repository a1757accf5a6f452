// See histogram.h.
#include "tools/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench {
namespace {

// Below 2^step_bits microseconds every one has its place; above, each power of two has this many.
constexpr unsigned step_bits = 7;
constexpr std::uint64_t steps = 1U << step_bits;
constexpr unsigned bits_max = 42;  // 2^42 µs are 50 days
constexpr std::size_t places = (bits_max - step_bits + 1) * steps;

std::size_t place_of(std::uint64_t micros) {
  const auto width = static_cast<unsigned>(std::bit_width(micros));
  if (width <= step_bits) return micros;
  if (width > bits_max) return places - 1;
  const unsigned shift = width - step_bits - 1;
  // `micros >> shift` lies in [steps, 2 * steps).
  return (shift * steps) + (micros >> shift);
}

// The longest duration of a place.
std::uint64_t end_of(std::size_t place) {
  if (place < 2 * steps) return place;
  const auto shift = static_cast<unsigned>(place / steps - 1);
  return ((place - shift * steps + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(places) {}

void Histogram::add(base::Duration duration) {
  duration = std::max(duration, base::Duration(0));
  ++counts_[place_of(static_cast<std::uint64_t>(duration.count()))];
  ++count_;
  max_ = std::max(max_, duration);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < places; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

base::Duration Histogram::percentile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t place = 0; place < places; ++place) {
    seen += counts_[place];
    if (seen >= wanted && seen > 0) return std::min(max_, base::Duration(end_of(place)));
  }
  return max_;
}

}  // namespace bench
