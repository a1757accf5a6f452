// directory/srs/srs_secrets.h: the secrets of SRS, in a file of the state folder.
//
// What:    makes the first when it is needed, a new one after a while, and forgets old ones when no
//          address of theirs can be good any more.
// In/Out:  keep(now) → the secrets, newest first.
// Errors:  those of the disk; corrupt for a file that was not written here: it is never replaced,
//          for addresses that are on their way would be refused.
// Limits:  secrets_max.
// Not here: what they are for (srs.h).
//
// A line each: when it was made (seconds since 1970) and 64 hexadecimal digits. A copy of the file
// on another server of the same domains makes bounces good there, too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/files.h"
#include "lib/io/random.h"

namespace directory {

struct SrsSecret {
  base::Time made;
  std::string octets;
  bool operator==(const SrsSecret&) const = default;
};

class SrsSecrets {
 public:
  static constexpr std::size_t secrets_max = 64;
  static constexpr std::size_t secret_bytes = 32;

  struct Ages {
    base::Duration renew_after;  // a new one is made
    base::Duration valid_for;    // of an address
  };
  SrsSecrets(std::string path, Ages ages) : path_(std::move(path)), ages_(ages) {}

  // Nothing to do since the last time: no disk is touched, and nothing is returned. Blocks. One
  // thread at a time.
  base::Result<std::optional<std::vector<std::string>>> keep(io::Files& files, io::Random& random,
                                                             base::Time now);

 private:
  [[nodiscard]] bool is_due(base::Time now) const;
  void drop_old(base::Time now);

  const std::string path_;
  const Ages ages_;
  bool was_read_ = false;
  std::vector<SrsSecret> secrets_;  // newest first
};

[[nodiscard]] std::string write_srs_secrets(const std::vector<SrsSecret>& secrets);
[[nodiscard]] base::Result<std::vector<SrsSecret>> read_srs_secrets(std::string_view text);

}  // namespace directory
