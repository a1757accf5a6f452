// session/crowd.h: how many connections each address has, on one loop.
//
// What:    enter() gives a place, which counts for its address until it ends or moves.
// In/Out:  an address and how many it may have → a Place, or none when that many are there.
// Errors:  none beside.
// Limits:  one entry per address that is connected.
// Not here: the limit's value (settings.h), what is said to the one too many (front.cc).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "lib/io/address.h"

namespace session {

class Crowd {
 public:
  // The default one is nobody's and counts nowhere.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept
        : crowd_(std::exchange(other.crowd_, nullptr)), address_(other.address_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(crowd_, other.crowd_);
      std::swap(address_, other.address_);
      return *this;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (crowd_ != nullptr) crowd_->leave(address_);
    }
    // The connection turns out to be that address's; false: it has enough, and nothing changes.
    [[nodiscard]] bool move_to(const io::IpAddress& address, std::size_t connections_max) {
      if (crowd_ == nullptr || address == address_) return true;
      auto there = crowd_->enter(address, connections_max);
      if (!there) return false;
      *this = std::move(*there);
      return true;
    }

   private:
    friend class Crowd;
    Place(Crowd& crowd, const io::IpAddress& address) : crowd_(&crowd), address_(address) {}
    Crowd* crowd_ = nullptr;
    io::IpAddress address_;
  };

  Crowd() = default;
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  [[nodiscard]] std::optional<Place> enter(const io::IpAddress& address,
                                           std::size_t connections_max) {
    std::size_t& count = counts_[address];
    if (count >= connections_max) return std::nullopt;  // which is one at least
    ++count;
    return Place(*this, address);
  }

 private:
  void leave(const io::IpAddress& address) {
    const auto at = counts_.find(address);
    if (--at->second == 0) counts_.erase(at);
  }

  std::map<io::IpAddress, std::size_t> counts_;
};

}  // namespace session
