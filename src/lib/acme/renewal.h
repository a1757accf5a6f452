// lib/acme/renewal.h: when a certificate is renewed, and when its key is replaced.
//
// What:    the time of renewal, the pause after a failure, and the steps of a key's roll-over with
//          its TLSA record (RFC 7671 §8.1): publish, wait a TTL, switch.
// In/Out:  what a certificate and the DNS say → times and steps. Pure.
// Errors:  none.
// Limits:  never before half of the lifetime is over; see renew_at().
// Not here: asking the DNS, ordering (server/certificate), what is kept (store.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/certificate.h"

namespace acme {

// `before` its end; 0: when a third of the lifetime is left. Earlier by up to a thirtieth of the
// lifetime, which the certificate's serial number decides: servers that began together do not come
// back together.
[[nodiscard]] base::Time renew_at(const io::Certificate& facts, base::Duration before);

// After the n-th failure in a row, n ≥ 1: the n-th of the ladder or its last, and up to a quarter
// more; never less than what the authority asked for.
[[nodiscard]] base::Duration pause_after(const std::vector<base::Duration>& ladder,
                                         unsigned failures, base::Duration asked_for,
                                         std::uint64_t random);

// Do the names differ, whatever their order and case?
[[nodiscard]] bool names_differ(std::vector<std::string> have, std::vector<std::string> want);

// "3 1 1 0123…": the record's data for a key's digest.
[[nodiscard]] std::string tlsa_data(std::string_view digest);

// The TLSA records of one name, as the DNS has them now.
struct TlsaView {
  bool known = false;                // false: the DNS did not answer
  std::vector<std::string> digests;  // of its records 3 1 1
  base::Duration ttl{0};
};

// What the steps must remember, also over a restart.
struct RolloverMemory {
  std::string digest;     // of the next key when it was seen first
  base::Time seen_since;  // at every look since then
  base::Duration ttl{0};  // the longest that was seen
};

enum class RolloverStep : std::uint8_t {
  free,     // nobody relies on the current key's record: the next key may be used
  publish,  // the next key's record is missing
  wait,     // it is there; what others hold of before may not
  ready,    // the next key may be used
  unknown,  // the DNS did not answer
};

[[nodiscard]] RolloverStep rollover_step(const TlsaView& view, std::string_view current,
                                         std::string_view next, RolloverMemory& memory,
                                         base::Time now);

}  // namespace acme
