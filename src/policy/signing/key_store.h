// policy/signing/key_store.h: the keys we sign with, as files, and what changes them.
//
// What:    state/dkim/keys.json (the index) and one PEM file per key, readable by the server alone;
//          makes keys, switches to new ones, forgets old ones. Every change is whole on disk, then
//          in the ring that all loops share.
// In/Out:  ring() → KeyRing; generate, switch_pending, remove → records.
// Errors:  load() keeps quiet: what it could not read is in ring()->trouble(), and mail goes on.
//          Changes: invalid, exists, not_found, busy with words for an administrator; those of the
//          disk. With an unreadable index nothing is changed.
// Limits:  keys_max; key_file_bytes_max.
// Not here: whether the DNS serves a key (rotation.h), signing (signing.h).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/files.h"
#include "policy/signing/key_ring.h"

namespace policy {

struct NewKeys {
  std::string domain;
  std::string selector;  // of one key; with both types "-rsa" and "-ed25519" are added; "": made
  std::vector<mailauth::KeyType> types = {mailauth::KeyType::rsa, mailauth::KeyType::ed25519};
  unsigned rsa_bits = 2048;
};

struct KeySwitch {
  std::vector<KeyRecord> activated;
  std::vector<KeyRecord> retired;
};

// All calls that change something block (disk, key generation): on a pool thread. ring() may be
// called on any thread.
class KeyStore {
 public:
  static constexpr std::uint64_t key_file_bytes_max = 64UL * 1024;
  static constexpr std::uint64_t index_bytes_max = 32UL * 1024 * 1024;

  KeyStore(io::Files& files, std::string folder);

  // Reads everything anew.
  void load();
  [[nodiscard]] std::shared_ptr<const KeyRing> ring() const;

  // New keys, pending. `busy` while other keys of that domain and type are pending.
  base::Result<std::vector<KeyRecord>> generate(NewKeys wanted, base::Time now);
  // The domain's pending keys sign from now on; keys of their types retire.
  base::Result<KeySwitch> switch_pending(std::string_view domain, base::Time now);
  // The key is gone for good, its file too. `busy` for an active one unless forced.
  base::Result<KeyRecord> remove(std::string_view domain, std::string_view selector, bool forced);

 private:
  [[nodiscard]] std::string index_path() const;
  [[nodiscard]] std::string key_path(const KeyRecord& record) const;
  base::Result<std::vector<KeyRecord>> read_index();
  base::Result<> write_index(const std::vector<KeyRecord>& records);
  base::Result<LoadedKey> load_key(const KeyRecord& record);
  void publish(std::vector<KeyRecord> records, std::string trouble);

  io::Files& files_;
  const std::string folder_;
  std::mutex changing_;  // held over a whole change
  mutable std::mutex ring_mutex_;
  std::shared_ptr<const KeyRing> ring_;  // under ring_mutex_
};

}  // namespace policy
