// tools/bench/buffer_pool.h: read buffers that the sessions of one loop take in turns.
//
// What:    large buffers for sessions that have something to read; pages that nobody has filled
//          cost nothing.
// In/Out:  take() → Buffer, which goes back by itself when it ends.
// Errors:  none.
// Limits:  buffer_bytes each; kept_max lie ready, more are freed when they come back.
// Not here: how many sessions there are (sink.h).
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace bench {

class BufferPool {
 public:
  static constexpr std::size_t buffer_bytes = 64UL * 1024;
  static constexpr std::size_t kept_max = 256;

  class Buffer {
   public:
    Buffer() = default;
    Buffer(Buffer&& other) noexcept : pool_(other.pool_), octets_(std::move(other.octets_)) {}
    Buffer& operator=(Buffer&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(octets_, other.octets_);
      return *this;
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() {
      if (octets_ && pool_->kept_.size() < kept_max) pool_->kept_.push_back(std::move(octets_));
    }
    [[nodiscard]] explicit operator bool() const { return octets_ != nullptr; }
    [[nodiscard]] std::span<char> span() const { return {octets_.get(), buffer_bytes}; }

   private:
    friend class BufferPool;
    Buffer(BufferPool& pool, std::unique_ptr<char[]> octets)
        : pool_(&pool), octets_(std::move(octets)) {}
    BufferPool* pool_ = nullptr;
    std::unique_ptr<char[]> octets_;  // NOLINT(modernize-avoid-c-arrays): not filled with zeros
  };

  [[nodiscard]] Buffer take() {
    if (kept_.empty()) return {*this, std::make_unique_for_overwrite<char[]>(buffer_bytes)};
    auto octets = std::move(kept_.back());  // the last one is still in the cache
    kept_.pop_back();
    return {*this, std::move(octets)};
  }

 private:
  std::vector<std::unique_ptr<char[]>> kept_;  // NOLINT(modernize-avoid-c-arrays)
};

}  // namespace bench
