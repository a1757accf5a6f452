// lib/base/boxed.h: a value that is mostly absent, and then takes one pointer.
//
// What:    Boxed<T> is used like std::optional<T>; the value lives on the heap.
// In/Out:  for large members of what is held by the thousand and mostly empty: an idle session's
//          findings took 760 octets as std::optional, and take 48.
// Errors:  none.
// Limits:  none.
// Not here: a value that somebody else points to (std::unique_ptr, std::shared_ptr).
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "lib/base/check.h"

namespace base {

template <class T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(T value)  // NOLINT(google-explicit-constructor): stands for std::optional
      : box_(std::make_unique<T>(std::move(value))) {}
  Boxed(std::optional<T> value) {  // NOLINT(google-explicit-constructor): the same
    if (value) box_ = std::make_unique<T>(std::move(*value));
  }
  Boxed(const Boxed& other) : box_(other ? std::make_unique<T>(*other) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) {
    if (this != &other) box_ = other ? std::make_unique<T>(*other) : nullptr;
    return *this;
  }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  explicit operator bool() const { return box_ != nullptr; }
  [[nodiscard]] bool has_value() const { return box_ != nullptr; }
  T& operator*() { return *get(); }
  const T& operator*() const { return *get(); }
  T* operator->() { return get(); }
  const T* operator->() const { return get(); }
  [[nodiscard]] T value_or(T other) const { return box_ ? *box_ : std::move(other); }
  void reset() { box_.reset(); }
  T& emplace() {
    box_ = std::make_unique<T>();
    return *box_;
  }

 private:
  [[nodiscard]] T* get() const {
    CHECK(box_ != nullptr, "a box that is opened has something in it");
    return box_.get();
  }

  std::unique_ptr<T> box_;
};

}  // namespace base
