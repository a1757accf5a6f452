// policy/signing/key_ring.h: the keys that sign, loaded: an immutable snapshot for all loops.
//
// What:    finds the signers of a domain, or of the nearest domain above it that has keys.
// In/Out:  domain (message::domain_key) → DomainKeys.
// Errors:  a key that could not be read is named in troubles(); the others sign without it.
// Limits:  keys_max.
// Not here: files and changes (key_store.h), which domain signs what (signing.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mailauth/dkim_signer.h"
#include "policy/signing/key_index.h"

namespace policy {

struct LoadedKey {
  KeyRecord record;
  mailauth::PrivateKey key;
  // Of today's scheme; another one (DKIM2) is another Signer.
  std::shared_ptr<const mailauth::Signer> signer;
};

struct DomainKeys {
  std::string domain;             // d=
  std::vector<LoadedKey> active;  // RSA first
  std::string trouble;            // active keys that could not be read
};

class KeyRing {
 public:
  KeyRing() = default;
  KeyRing(std::vector<KeyRecord> records, std::map<std::string, DomainKeys, std::less<>> domains,
          std::string trouble)
      : records_(std::move(records)), domains_(std::move(domains)), trouble_(std::move(trouble)) {}

  // Keys of the domain, else of the nearest one above it: for DMARC "mail.example.org" is aligned
  // with d=example.org. Null: there are none.
  [[nodiscard]] const DomainKeys* find(std::string_view domain) const;
  [[nodiscard]] bool empty() const { return domains_.empty(); }
  [[nodiscard]] const std::vector<KeyRecord>& records() const { return records_; }
  // Of all keys and the index, for people; empty: all is well.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  std::vector<KeyRecord> records_;
  std::map<std::string, DomainKeys, std::less<>> domains_;  // those with active keys
  std::string trouble_;
};

}  // namespace policy
