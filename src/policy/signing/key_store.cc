// See key_store.h.
#include "policy/signing/key_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

#include "lib/io/wiped.h"
#include "lib/mailauth/dkim_key.h"
#include "lib/message/address.h"

namespace policy {
namespace {

using base::ErrorKind;

constexpr unsigned key_mode = 0600;
constexpr char last_letter = 'z';  // of selectors made in one month

std::string selector_of(const std::string& stem, mailauth::KeyType type) {
  return fmt::format("{}-{}", stem, to_string(type));
}

bool is_taken(const std::vector<KeyRecord>& records, std::string_view domain,
              std::string_view selector) {
  return std::ranges::any_of(records, [&](const KeyRecord& record) {
    return record.domain == domain && record.selector == selector;
  });
}

// "202611", then "202611b" and so on: a name that is in use, or was lately, is never used again.
std::string free_stem(const std::vector<KeyRecord>& records, const NewKeys& wanted,
                      base::Time now) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(now));
  const std::string month =
      fmt::format("{:04}{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()));
  std::string stem = month;
  const auto taken = [&](mailauth::KeyType type) {
    return is_taken(records, wanted.domain, selector_of(stem, type));
  };
  for (char letter = 'b'; letter <= last_letter && std::ranges::any_of(wanted.types, taken);
       ++letter) {
    stem = month + letter;
  }
  return stem;
}

base::Result<> check_wanted(const NewKeys& wanted, const std::vector<KeyRecord>& records) {
  if (!message::is_domain(wanted.domain)) {
    return base::fail(ErrorKind::invalid, fmt::format("{} is no domain", wanted.domain));
  }
  const bool small = wanted.rsa_bits < 1024;  // RFC 8301 §3.2
  if (small || wanted.rsa_bits > mailauth::rsa_bits_max) {
    return base::fail(
        ErrorKind::invalid,
        fmt::format("an RSA key has 1024 to {} bits; 2048 is usual", mailauth::rsa_bits_max));
  }
  if (records.size() + wanted.types.size() > keys_max) {
    return base::fail(ErrorKind::limit, fmt::format("there are {} keys already", keys_max));
  }
  for (const KeyRecord& record : records) {
    if (record.domain == wanted.domain && record.state == KeyState::pending &&
        std::ranges::find(wanted.types, record.type) != wanted.types.end()) {
      return base::fail(
          ErrorKind::busy,
          fmt::format("{} waits to be used already: publish it, then `stagepost dkim rotate {}`; "
                      "or forget it with `stagepost dkim remove {} {}`",
                      record.dns_name(), record.domain, record.domain, record.selector));
    }
  }
  return {};
}

// The names of the new keys, checked: one per type.
base::Result<std::vector<std::string>> selectors_of(const std::vector<KeyRecord>& records,
                                                    const NewKeys& wanted, base::Time now) {
  const std::string stem =
      wanted.selector.empty() ? free_stem(records, wanted, now) : wanted.selector;
  const bool as_it_is = !wanted.selector.empty() && wanted.types.size() == 1;
  std::vector<std::string> selectors;
  for (const mailauth::KeyType type : wanted.types) {
    std::string selector = as_it_is ? stem : selector_of(stem, type);
    if (!message::is_domain(selector)) {
      return base::fail(ErrorKind::invalid, "a selector has letters, digits, \"-\" and \".\" only");
    }
    if (is_taken(records, wanted.domain, selector)) {
      return base::fail(ErrorKind::exists,
                        fmt::format("{} is there already; choose another selector",
                                    mailauth::key_record_name(selector, wanted.domain)));
    }
    selectors.push_back(std::move(selector));
  }
  return selectors;
}

}  // namespace

KeyStore::KeyStore(io::Files& files, std::string folder)
    : files_(files), folder_(std::move(folder)), ring_(std::make_shared<const KeyRing>()) {}

std::string KeyStore::index_path() const { return folder_ + "/keys.json"; }

std::string KeyStore::key_path(const KeyRecord& record) const {
  return fmt::format("{}/{}.pem", folder_, record.dns_name());
}

std::shared_ptr<const KeyRing> KeyStore::ring() const {
  const std::lock_guard lock(ring_mutex_);
  return ring_;
}

base::Result<std::vector<KeyRecord>> KeyStore::read_index() {
  const auto text = io::read_file(files_, index_path(), index_bytes_max);
  if (text) return read_key_index(*text);
  if (text.error().kind == ErrorKind::not_found) return std::vector<KeyRecord>();
  return std::unexpected(text.error());
}

base::Result<> KeyStore::write_index(const std::vector<KeyRecord>& records) {
  return io::write_file(files_, index_path(), write_key_index(records), key_mode);
}

void KeyStore::load() {
  const std::lock_guard lock(changing_);
  auto records = read_index();
  if (records) {
    publish(std::move(*records), {});
  } else {
    publish({}, records.error().detail);
  }
}

base::Result<LoadedKey> KeyStore::load_key(const KeyRecord& record) {
  auto text = io::read_file(files_, key_path(record), key_file_bytes_max);
  if (!text) return std::unexpected(text.error());
  const io::Wiped wiped(*text);
  auto key = mailauth::PrivateKey::from_text(*text);
  if (!key) {
    return base::fail(key.error().kind, key_path(record) + ": " + key.error().detail);
  }
  if (mailauth::key_record_text(key->public_key()) != record.public_text) {
    return base::fail(ErrorKind::corrupt, key_path(record) + " holds another key than was made");
  }
  auto signer = mailauth::DkimSigner::make(
      {.domain = record.domain, .selector = record.selector, .identity = {}, .valid_for = {}},
      *key);
  if (!signer) return std::unexpected(signer.error());
  return LoadedKey{.record = record, .key = std::move(*key), .signer = std::move(*signer)};
}

void KeyStore::publish(std::vector<KeyRecord> records, std::string trouble) {
  std::map<std::string, DomainKeys, std::less<>> domains;
  for (const KeyRecord& record : records) {
    if (record.state != KeyState::active) continue;
    DomainKeys& keys = domains[record.domain];
    keys.domain = record.domain;
    auto loaded = load_key(record);
    if (loaded) {
      keys.active.push_back(std::move(*loaded));
      continue;
    }
    keys.trouble =
        fmt::format("the DKIM key {} cannot be used: {}", record.dns_name(), loaded.error().detail);
    if (!trouble.empty()) trouble += "\n";
    trouble += keys.trouble;
  }
  for (DomainKeys& keys : domains | std::views::values) {
    std::ranges::sort(keys.active, {}, [](const LoadedKey& key) {
      return std::pair(key.record.type, key.record.selector);
    });
  }
  auto ring =
      std::make_shared<const KeyRing>(std::move(records), std::move(domains), std::move(trouble));
  const std::lock_guard lock(ring_mutex_);
  ring_ = std::move(ring);
}

base::Result<std::vector<KeyRecord>> KeyStore::generate(NewKeys wanted, base::Time now) {
  const std::lock_guard lock(changing_);
  wanted.domain = message::domain_key(wanted.domain);
  auto records = read_index();
  if (!records) return std::unexpected(std::move(records.error()));
  if (auto fine = check_wanted(wanted, *records); !fine) return std::unexpected(fine.error());
  const auto selectors = selectors_of(*records, wanted, now);
  if (!selectors) return std::unexpected(selectors.error());
  if (auto made = files_.make_directories(folder_); !made) return std::unexpected(made.error());
  std::vector<KeyRecord> fresh;
  for (std::size_t i = 0; i < selectors->size(); ++i) {
    const auto key = mailauth::PrivateKey::generate(wanted.types[i], wanted.rsa_bits);
    if (!key) return std::unexpected(key.error());
    KeyRecord record;
    record.domain = wanted.domain;
    record.selector = (*selectors)[i];
    record.type = key->type();
    record.bits = key->public_key().bits();
    record.created = now;
    record.public_text = mailauth::key_record_text(key->public_key());
    // The key before its entry: an index never names a key that is not there.
    if (auto kept = io::write_file(files_, key_path(record), key->pem(), key_mode); !kept) {
      return std::unexpected(kept.error());
    }
    fresh.push_back(record);
    records->push_back(std::move(record));
  }
  if (auto kept = write_index(*records); !kept) return std::unexpected(kept.error());
  publish(std::move(*records), {});
  return fresh;
}

base::Result<KeySwitch> KeyStore::switch_pending(std::string_view domain, base::Time now) {
  const std::lock_guard lock(changing_);
  auto records = read_index();
  if (!records) return std::unexpected(std::move(records.error()));
  KeySwitch change;
  for (KeyRecord& record : *records) {
    if (record.domain != domain || record.state != KeyState::pending) continue;
    if (auto loaded = load_key(record); !loaded) return std::unexpected(loaded.error());
    record.state = KeyState::active;
    record.activated = now;
    change.activated.push_back(record);
  }
  if (change.activated.empty()) {
    return base::fail(ErrorKind::not_found, fmt::format("no key of {} waits to be used", domain));
  }
  for (KeyRecord& record : *records) {
    // A key of another type stays: not every receiver can check Ed25519 (RFC 8463 §6).
    const bool replaced = std::ranges::any_of(change.activated, [&](const KeyRecord& fresh) {
      return fresh.type == record.type && fresh.selector != record.selector;
    });
    const bool is_new = std::ranges::any_of(change.activated, [&](const KeyRecord& fresh) {
      return fresh.selector == record.selector;
    });
    if (record.domain != domain || record.state != KeyState::active || is_new || !replaced) {
      continue;
    }
    record.state = KeyState::retired;
    record.retired = now;
    change.retired.push_back(record);
  }
  if (auto kept = write_index(*records); !kept) return std::unexpected(kept.error());
  publish(std::move(*records), {});
  return change;
}

base::Result<KeyRecord> KeyStore::remove(std::string_view domain, std::string_view selector,
                                         bool forced) {
  const std::lock_guard lock(changing_);
  auto records = read_index();
  if (!records) return std::unexpected(std::move(records.error()));
  const auto found = std::ranges::find_if(*records, [&](const KeyRecord& record) {
    return record.domain == domain && record.selector == selector;
  });
  if (found == records->end()) {
    return base::fail(ErrorKind::not_found,
                      fmt::format("there is no key {}; `stagepost dkim show` lists them",
                                  mailauth::key_record_name(selector, domain)));
  }
  if (found->state == KeyState::active && !forced) {
    return base::fail(ErrorKind::busy,
                      fmt::format("{} signs mail: replace it first (`stagepost dkim rotate {}`), "
                                  "or say --force",
                                  found->dns_name(), domain));
  }
  KeyRecord removed = *found;
  records->erase(found);
  // The entry before the key, for the same reason as in generate().
  if (auto kept = write_index(*records); !kept) return std::unexpected(kept.error());
  publish(std::move(*records), {});
  const auto gone = files_.remove(key_path(removed));
  if (!gone && gone.error().kind != ErrorKind::not_found) return std::unexpected(gone.error());
  return removed;
}

}  // namespace policy
