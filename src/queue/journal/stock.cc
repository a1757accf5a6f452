// See stock.h.
#include "queue/journal/stock.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace queue::journal {

namespace {

using namespace std::chrono_literals;

// As many as a busy stream fills while compaction pauses; what they take is taken from mail.
constexpr std::size_t files_max = 3;
constexpr std::size_t short_files_max = 1;  // when the disk is short
// A disk that had no room, or failed, is left alone for so long.
constexpr base::Duration try_again_after = 1min;
// Small, so that nobody's sync waits long behind one.
constexpr std::uint64_t piece_bytes = 256ULL << 10U;
// So many times the file must be free beyond the reserve: before it is made, itself included.
constexpr std::uint64_t free_files_min = 4;
// The rest of a larger segment is made from nothing when it is needed.
constexpr std::uint64_t made_bytes_max = 64ULL << 20U;

}  // namespace

bool Stock::full() const {
  return files_.size() >= (context_.space.refusal().empty() ? files_max : short_files_max);
}

std::optional<SegmentName> Stock::take() {
  if (files_.empty()) return {};
  const SegmentName last = files_.back();
  files_.pop_back();
  return last;
}

bool Stock::is_short() const {
  if (making_ || closing_ || !files_.empty()) return false;
  return !failed_ || context_.doors.clock.now() - *failed_ >= try_again_after;
}

void Stock::make_one(SegmentName name, std::uint64_t bytes) {
  bytes = std::min(bytes, made_bytes_max);
  if (!context_.space.plenty_for(bytes * free_files_min)) {
    failed_ = context_.doors.clock.now();
    return;
  }
  making_ = true;
  tasks_.spawn(make(name, bytes));
}

void Stock::give_back() {
  if (closing_ || files_.size() <= short_files_max) return;
  std::vector<SegmentName> surplus(files_.begin() + short_files_max, files_.end());
  files_.resize(short_files_max);
  tasks_.spawn(remove(std::move(surplus)));
}

io::Task<void> Stock::remove(std::vector<SegmentName> surplus) {
  io::Files& files = context_.doors.files;
  (void)co_await io::on_pool(context_.doors.pool,
                             [&files, folder = context_.folder(), surplus = std::move(surplus)] {
                               base::Result<> removed;
                               // What stays waits again after the next start.
                               for (const SegmentName file : surplus)
                                 removed = remove_spare(files, folder, file);
                               return removed;
                             });
}

io::Task<void> Stock::close() {
  closing_ = true;
  co_await tasks_.join();
}

io::Task<void> Stock::make(SegmentName name, std::uint64_t bytes) {
  io::Files& files = context_.doors.files;
  const std::string folder = context_.folder();
  auto file = co_await io::on_pool(context_.doors.pool, [&files, folder, name, bytes] {
    return create_spare(files, folder, name, bytes);
  });
  bool is_made = false;
  if (file) {
    // Asked again now that it is there: others, the other loops among them, may have taken the same
    // room.
    const bool room = context_.space.plenty_for(bytes * (free_files_min - 1));
    base::Result<> filled;
    if (room) filled = co_await fill(std::move(*file), bytes);
    is_made = room && filled && !closing_;
    if (is_made) {
      files_.push_back(name);
    } else {
      // Best effort: what stays is written over after the next start.
      [[maybe_unused]] const auto removed = remove_spare(files, folder, name);
    }
  }
  if (!is_made) failed_ = context_.doors.clock.now();
  making_ = false;
}

io::Task<base::Result<>> Stock::fill(std::shared_ptr<io::File> file, std::uint64_t bytes) {
  for (std::uint64_t at = 0; at < bytes && !closing_; at += piece_bytes) {
    const std::uint64_t size = std::min(piece_bytes, bytes - at);
    auto done = co_await io::on_pool(context_.doors.pool,
                                     [file, at, size] { return write_zeros(*file, at, size); });
    if (!done) co_return done;
  }
  co_return base::Result<>();
}

}  // namespace queue::journal
