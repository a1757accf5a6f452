// See context.h.
#include "queue/journal/context.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "lib/base/size.h"

namespace queue::journal {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration slow_from = 2ms;
constexpr base::Duration fast_until = 1ms;  // lower: so that it does not flutter
constexpr int mean_weight = 8;
constexpr base::Duration free_check_every = 2s;

}  // namespace

void DiskPace::measured(base::Duration sync) {
  mean_ += (sync - mean_) / mean_weight;
  slow_ = mean_ > (slow_ ? fast_until : slow_from);
}

bool DiskPace::slow() const {
  return mode_ == SyncMode::on_pool || (mode_ == SyncMode::automatic && slow_);
}

void DiskSpace::ask(std::uint64_t extra_bytes) {
  asked_ = doors_.clock.now();
  const auto free = doors_.files.free_bytes(settings_->journal_folder);
  refusal_.clear();
  if (!free) {
    refusal_ = "cannot tell the free space of the disk: " + free.error().text();
  } else if (*free < settings_->disk_reserve_bytes + extra_bytes) {
    refuse(fmt::format("the disk is nearly full: {} free, {} are kept in reserve",
                       base::format_size(*free), base::format_size(settings_->disk_reserve_bytes)));
  }
}

const std::string& DiskSpace::refusal() {
  if (!asked_ || doors_.clock.now() - *asked_ >= free_check_every) ask(0);
  return refusal_;
}

bool DiskSpace::room_for(std::uint64_t bytes) {
  ask(bytes);
  return refusal_.empty();
}

bool DiskSpace::plenty_for(std::uint64_t bytes) const {
  const auto free = doors_.files.free_bytes(settings_->journal_folder);
  return free && *free >= settings_->disk_reserve_bytes + bytes;
}

void DiskSpace::met_the_end() {
  asked_ = doors_.clock.now();
  refuse("the disk is full");
}

void DiskSpace::refuse(std::string why) {
  refusal_ = std::move(why);
  if (on_shortage_) on_shortage_();
}

}  // namespace queue::journal
