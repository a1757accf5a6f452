// directory/srs/srs.h: the Sender Rewriting Scheme: a stranger's address as one of ours.
//
// What:    SRS0=hash=day=domain=local@ours for the sender of what we forward, so that SPF asks
//          about us; SRS1=hash=first=…@ours for one that another forwarder has rewritten already.
//          And back, for the bounces.
// In/Out:  address and a domain of ours → address of ours; that → the address it stands for.
// Errors:  none forwards: an address that would be too long stays as it is. Back: invalid, in words
//          for who sends: not made here, or made too long ago.
// Limits:  address_bytes_max; valid_for.
// Not here: who is rewritten (policy/forwarding.h), secrets on disk (srs_secrets.h).
//
// The hash is HMAC-SHA-256 over all that follows it, cut to 30 bits in base32, in lower case, for
// servers on the way back may change case. SRS1 has no day: the server that it leads to has put one
// into its own part. Guessing: 2^30 tries for one address, each of which is a refused RCPT.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/message/address.h"

namespace directory {

// Thread-safe.
class Srs {
 public:
  // `valid_for` in whole days. The clock is set from outside, at least once a day.
  Srs(base::Duration valid_for, base::Time now);

  // The first makes, all are believed.
  void set_secrets(std::vector<std::string> secrets);
  void set_now(base::Time now);

  // "SRS0=…" or "SRS1=…", with any of the separators that are in use.
  [[nodiscard]] static bool is_srs(std::string_view local);
  // Nothing: there is no secret, or it would be too long.
  [[nodiscard]] std::optional<message::Address> forward(const message::Address& sender,
                                                        std::string_view domain) const;
  [[nodiscard]] base::Result<message::Address> back(const message::Address& address) const;

 private:
  using Secrets = std::vector<std::string>;
  [[nodiscard]] std::shared_ptr<const Secrets> secrets() const;
  [[nodiscard]] bool is_ours(std::string_view hash, std::string_view what) const;
  [[nodiscard]] base::Result<message::Address> back_to_sender(std::string_view rest) const;
  [[nodiscard]] base::Result<message::Address> back_to_forwarder(std::string_view rest) const;

  const int valid_days_;
  std::atomic<std::int64_t> today_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Secrets> secrets_;
};

}  // namespace directory
