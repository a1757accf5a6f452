// server/backup/tar.h: the frames of a tar archive, of the one kind that a backup is.
//
// What:    headers of regular files as POSIX.1-2001 has them (ustar; a pax record where a name or a
//          size does not fit), written and read. Any tar reads what is written here.
// In/Out:  Member → octets; a block of 512 → Header. Pure.
// Errors:  whatever a backup does not have is `corrupt`, with what it is: links, folders, devices,
//          names that lead out of the archive.
// Limits:  name_bytes_max, pax_bytes_max.
// Not here: files (archive.h, unpack.h), what a backup is made of (manifest.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace backup {

inline constexpr std::size_t block_bytes = 512;
inline constexpr std::size_t name_bytes_max = 4'000;  // PATH_MAX is 4096
inline constexpr std::size_t pax_bytes_max = 2 * name_bytes_max;
// Octets of a file have 63 bits: more is nobody's.
inline constexpr std::uint64_t member_bytes_max = 1ULL << 62U;

struct Member {
  std::string name;  // "home/state/directory.db"
  std::uint64_t bytes = 0;
  unsigned mode = 0600;  // permission bits
  base::Time modified;   // of whole seconds
  bool operator==(const Member&) const = default;
};

struct Header {
  enum class Kind : std::uint8_t { file, pax, end };
  Kind kind = Kind::end;
  Member member;  // of pax: only its size counts
};

// Everything that goes before the octets of a file.
[[nodiscard]] std::string encode_header(const Member& member);
// Zeros that go behind them.
[[nodiscard]] constexpr std::uint64_t padding_after(std::uint64_t bytes) {
  return (block_bytes - (bytes % block_bytes)) % block_bytes;
}

[[nodiscard]] base::Result<Header> decode_header(std::string_view block);
// What a pax record says in place of the header that follows it.
[[nodiscard]] base::Result<> apply_pax(std::string_view records, Member& member);
// Below the folder in which it is unpacked, and spelt in one way only.
[[nodiscard]] bool is_safe_name(std::string_view name);

}  // namespace backup
