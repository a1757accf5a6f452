// See dkim_body.h.
#include "lib/mailauth/dkim_body.h"

#include <algorithm>

#include "lib/base/check.h"
#include "lib/mailauth/canonical_body.h"
#include "lib/mailauth/dkim_crypto.h"

namespace mailauth {

class BodyHashes::Hasher final : public OctetSink {
 public:
  explicit Hasher(BodyHashKind kind)
      : kind_(kind),
        left_(kind.bytes_max.value_or(UINT64_MAX)),
        canonicalizer_(kind.canonicalization, *this) {}

  void put(std::string_view octets) override {
    bytes_ += octets.size();
    const std::size_t counted = std::min<std::uint64_t>(left_, octets.size());
    left_ -= counted;
    if (counted > 0) digest_.update(octets.substr(0, counted));
  }

  void feed(std::string_view chunk) { canonicalizer_.feed(chunk); }
  void finish() {
    canonicalizer_.finish();
    hash_ = digest_.finish();
  }

  [[nodiscard]] const BodyHashKind& kind() const { return kind_; }
  [[nodiscard]] const std::string& hash() const { return hash_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  BodyHashKind kind_;
  std::uint64_t left_;
  std::uint64_t bytes_ = 0;
  Sha256 digest_;
  BodyCanonicalizer canonicalizer_;
  std::string hash_;
};

BodyHashes::BodyHashes() = default;
BodyHashes::~BodyHashes() = default;

std::size_t BodyHashes::want(BodyHashKind kind) {
  CHECK(!begun_ && !finished_, "hashes are wanted before the body comes");
  const auto found =
      std::ranges::find_if(hashers_, [&](const auto& hasher) { return hasher->kind() == kind; });
  const auto ticket = static_cast<std::size_t>(found - hashers_.begin());
  if (found == hashers_.end()) hashers_.push_back(std::make_unique<Hasher>(kind));
  return ticket;
}

void BodyHashes::feed(std::string_view chunk) {
  CHECK(!finished_, "no body after its end");
  begun_ = true;
  for (const auto& hasher : hashers_) hasher->feed(chunk);
}

void BodyHashes::finish() {
  CHECK(!finished_, "a body ends once");
  finished_ = true;
  for (const auto& hasher : hashers_) hasher->finish();
}

const std::string& BodyHashes::hash(std::size_t ticket) const {
  CHECK(finished_ && ticket < hashers_.size(), "a hash that was wanted, after the body's end");
  return hashers_[ticket]->hash();
}

std::uint64_t BodyHashes::canonical_bytes(std::size_t ticket) const {
  CHECK(finished_ && ticket < hashers_.size(), "a hash that was wanted, after the body's end");
  return hashers_[ticket]->bytes();
}

}  // namespace mailauth
