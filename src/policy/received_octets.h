// policy/received_octets.h: the message as it was received, to be read once more.
//
// What:    the seam through which a check that needs the whole message reads it (rspamd, signing of
//          a changed body): most do not, they see it go by.
// In/Out:  read(offset, length) → octets.
// Errors:  those of the storage.
// Limits:  read_bytes_max at once.
// Not here: where they lie (session's draft, a file of `check-mail`).
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/io/task.h"

namespace policy {

class ReceivedOctets {
 public:
  static constexpr std::uint64_t read_bytes_max = 1UL << 20;

  ReceivedOctets() = default;
  ReceivedOctets(const ReceivedOctets&) = delete;
  ReceivedOctets& operator=(const ReceivedOctets&) = delete;
  virtual ~ReceivedOctets() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Short only at the end.
  virtual io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) = 0;
};

}  // namespace policy
