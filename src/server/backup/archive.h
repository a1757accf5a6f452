// server/backup/archive.h: the file of a backup, written and read from begin to end.
//
// What:    Archive adds members, with the SHA-256 of each; Unpacker gives them back, in their
//          order, and proves them. The last two are SHA256SUMS, which sha256sum reads, and
//          MANIFEST, which has the digest of that: a file that is cut off lacks it.
// In/Out:  octets come and go in pieces of piece_bytes.
// Errors:  those of io::File; corrupt, with the member's name; whatever `tick` says ends the work.
// Limits:  a member is as long as the file has octets; nothing is held in memory but the sums.
// Not here: which files (contents.h), where they go (restore.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/io/digest.h"
#include "lib/io/files.h"
#include "server/backup/tar.h"

namespace backup {

inline constexpr std::size_t piece_bytes = 1U << 20U;
inline constexpr std::string_view sums_name = "SHA256SUMS";
inline constexpr std::string_view manifest_name = "MANIFEST";
inline constexpr std::uint64_t manifest_bytes_max = 4U << 20U;

// Called after each piece with the octets until now; an error ends the work.
using Tick = std::function<base::Result<>(std::uint64_t bytes)>;

class Archive {
 public:
  Archive(io::File& file, Tick tick) : file_(file), tick_(std::move(tick)) {}

  // The first member.bytes octets of `from`, which must have them.
  base::Result<> add(const Member& member, io::File& from);
  base::Result<> add_text(const Member& member, std::string_view text);
  // `manifest`: its text, for the digest of the sums.
  base::Result<> finish(base::Time now,
                        const std::function<std::string(const std::string& digest)>& manifest);

  [[nodiscard]] std::uint64_t files() const { return files_; }
  [[nodiscard]] std::uint64_t bytes() const { return offset_; }

 private:
  base::Result<> put(std::string_view octets);
  base::Result<> end_member(const Member& member);

  io::File& file_;
  Tick tick_;
  std::uint64_t offset_ = 0;
  std::uint64_t files_ = 0;
  io::Sha256 digest_;
  std::string sums_;
};

class Unpacker {
 public:
  Unpacker(io::File& file, std::uint64_t bytes, Tick tick)
      : file_(file), bytes_(bytes), tick_(std::move(tick)) {}

  // The next member; nothing behind MANIFEST, when all is well. What was not read of the one before
  // is read now, for its digest.
  base::Result<std::optional<Member>> next();
  // The whole of the present member, in pieces.
  base::Result<> read(const std::function<base::Result<>(std::string_view)>& use);

  // After the end: the text of MANIFEST, and the digest of what the sums must be.
  [[nodiscard]] const std::string& manifest() const { return manifest_; }
  [[nodiscard]] const std::string& sums_digest() const { return sums_digest_; }
  [[nodiscard]] std::uint64_t files() const { return files_; }

 private:
  base::Result<std::string> take(std::uint64_t bytes);
  base::Result<Header> take_header();
  base::Result<> check_order(const Member& member);
  base::Result<> end_member();
  base::Result<> see_sums();
  base::Result<> see_manifest();

  io::File& file_;
  std::uint64_t bytes_;
  Tick tick_;
  std::uint64_t offset_ = 0;
  std::uint64_t left_ = 0;  // of the present member
  std::optional<Member> member_;
  io::Sha256 digest_;
  io::Sha256 lines_;  // of SHA256SUMS, as it must be
  std::uint64_t files_ = 0;
  std::string sums_digest_;
  std::string manifest_;
};

// A line of SHA256SUMS.
[[nodiscard]] std::string sum_line(std::string_view digest, std::string_view name);

}  // namespace backup
