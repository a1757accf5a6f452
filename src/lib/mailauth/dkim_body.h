// lib/mailauth/dkim_body.h: body hashes, made while the body streams in (RFC 6376 §3.7).
//
// What:    one hash per distinct (canonicalization, l=) that signatures, seals or signers want; all
//          of them are fed from the one pass of the body.
// In/Out:  want(kind)… once the header is known, feed(chunk)…, finish() → hash(ticket).
// Errors:  none; calling them in another order is a bug (CHECK).
// Limits:  as many kinds as callers want: DkimLimits and ArcLimits bound those of a stranger.
// Not here: canonical forms (canonical_body.h), the comparison (dkim_verifier.h, arc_verifier.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mailauth/canonical_header.h"

namespace mailauth {

struct BodyHashKind {
  Canonicalization canonicalization = Canonicalization::relaxed;
  std::optional<std::uint64_t> bytes_max;  // l=: so many canonical octets, and no more

  bool operator==(const BodyHashKind&) const = default;
};

class BodyHashes {
 public:
  BodyHashes();
  BodyHashes(const BodyHashes&) = delete;
  BodyHashes& operator=(const BodyHashes&) = delete;
  ~BodyHashes();

  // The same ticket for the same kind. Before the first octet of the body.
  [[nodiscard]] std::size_t want(BodyHashKind kind);
  void feed(std::string_view chunk);
  void finish();

  [[nodiscard]] bool finished() const { return finished_; }
  // SHA-256, 32 octets.
  [[nodiscard]] const std::string& hash(std::size_t ticket) const;
  // All canonical octets, those beyond l= too.
  [[nodiscard]] std::uint64_t canonical_bytes(std::size_t ticket) const;

 private:
  class Hasher;

  std::vector<std::unique_ptr<Hasher>> hashers_;
  bool begun_ = false;
  bool finished_ = false;
};

}  // namespace mailauth
