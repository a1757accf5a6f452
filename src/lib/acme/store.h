// lib/acme/store.h: account key, certificate, keys and memory, as files that their owner alone
// reads.
//
// What:    account.key; certificate.pem (chain and key in one file, so that they change together);
//          next.key (the key that comes after); state.json (what must outlive a restart).
// In/Out:  a folder ↔ values. Every change is whole on disk when the call returns.
// Errors:  those of the disk; corrupt, with the file's name and the remedy.
// Limits:  file_bytes_max.
// Not here: when anything changes (server/certificate), the protocol (client.h, order.h).
#pragma once

#include <optional>
#include <string>

#include "lib/acme/jws.h"
#include "lib/acme/renewal.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/files.h"
#include "lib/io/private_key.h"
#include "lib/io/tls.h"

namespace acme {

struct Memory {
  std::string directory_url;  // whose the certificate is
  base::Time key_since;       // when its key was used first
  RolloverMemory rollover = {};
  unsigned failures = 0;     // in a row
  std::string failure = {};  // of the last one, in words
  base::Time failed_at = {};
  base::Time retry_at = {};
};

// All calls block for a short while.
class Store {
 public:
  static constexpr std::uint64_t file_bytes_max = 512UL * 1024;

  // The files outlive it.
  Store(io::Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  // Made when it is not there.
  base::Result<AccountKey> account_key();
  // The key that the next certificate with another key will have; made when it is not there, or is
  // the one in use.
  base::Result<io::PrivateKey> next_key();
  // Nothing before the first certificate.
  base::Result<std::optional<io::TlsIdentity>> current();
  base::Result<> install(const std::string& chain_pem, const std::string& key_pem);

  base::Result<Memory> memory();
  base::Result<> keep(const Memory& memory);

  [[nodiscard]] std::string certificate_path() const { return folder_ + "/certificate.pem"; }

 private:
  base::Result<std::string> read_or_make_key(const std::string& path);
  base::Result<std::string> make_key(const std::string& path);

  io::Files& files_;
  const std::string folder_;
};

}  // namespace acme
