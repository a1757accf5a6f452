// server/backup/manifest.h: what a backup says of itself.
//
// What:    when it was made, of what, by which program, and what must be found in it.
// In/Out:  Manifest ↔ JSON, the member MANIFEST.
// Errors:  unsupported for a newer format, with the remedy; corrupt for what is no manifest.
// Limits:  archive.h's manifest_bytes_max.
// Not here: the digests of the files (SHA256SUMS, archive.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace backup {

inline constexpr std::int64_t format_version = 1;

struct DatabaseFacts {
  std::int64_t format = 0;  // PRAGMA user_version
  std::map<std::string, std::uint64_t> rows;
  bool operator==(const DatabaseFacts&) const = default;
};

struct Manifest {
  std::string program;  // version of stagepost
  base::Time made;
  std::string host;   // its name in mail
  std::string home;   // where it was
  std::string owner;  // user of the state folder
  bool with_mail = false;
  std::uint32_t journal_format = 0;
  std::uint64_t messages = 0;  // that wait in the queue
  std::uint64_t files = 0;
  std::string sums;                                // digest of SHA256SUMS, in hexadecimal digits
  std::map<std::string, DatabaseFacts> databases;  // by member
  bool operator==(const Manifest&) const = default;
};

[[nodiscard]] std::string encode_manifest(const Manifest& manifest);
[[nodiscard]] base::Result<Manifest> decode_manifest(std::string_view text);

}  // namespace backup
