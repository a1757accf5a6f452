// lib/io/real/descriptor.h: a file descriptor that closes itself.
//
// What:    Descriptor owns one file descriptor; retry() repeats a call that a signal interrupted.
// In/Out:  Descriptor(::open(…)), get(), release().
// Errors:  a close that fails is not seen: whoever needs the data safe has synced it before.
// Limits:  none.
// Not here: what is read and written (files.cc, stream.cc).
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace io::real {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

template <class F>
auto retry(F call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace io::real
