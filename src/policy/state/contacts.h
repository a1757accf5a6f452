// policy/state/contacts.h: whom our people know: addresses they wrote to or had mail from.
//
// What:    per account: addresses as keyed hashes, and the domains that it wrote to.
// In/Out:  wrote(), received() → known(), resembling(); of() for `user export`.
// Errors:  none.
// Limits:  ImpersonationSettings::contacts_max addresses per account, domains_per_account_max; what
//          was longest unused is forgotten first, and all after contacts_keep.
//          Domains are kept readable: a mark names the one that is imitated, and a hash of a name
//          that anybody can list hides nothing.
// Not here: what follows from it (policy/impersonation/), where it is kept (state_store.h).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/message/address.h"
#include "policy/impersonation/look_alikes.h"
#include "policy/impersonation/settings.h"
#include "policy/state/rows.h"

namespace policy {

enum class Acquaintance : std::uint8_t { none, received, written };

// What is kept of one account.
struct ContactsKept {
  std::size_t addresses = 0;
  std::vector<std::string> domains;  // in order
};

// One per process, shared by all loops: a short mutex, held over no wait.
class Contacts {
 public:
  static constexpr std::size_t domains_per_account_max = 1'000;

  explicit Contacts(std::shared_ptr<const ImpersonationSettings> settings)
      : settings_(std::move(settings)) {}

  void wrote(std::string_view account, const std::vector<message::Address>& to, base::Time now);
  void received(const std::vector<std::string>& accounts, const message::Address& from,
                base::Time now);
  // The closest that any of them has.
  [[nodiscard]] Acquaintance known(const std::vector<std::string>& accounts,
                                   const message::Address& address, base::Time now) const;
  // Domains that one of the accounts wrote to and that this one, to which none of them did, looks
  // like.
  [[nodiscard]] std::vector<LookAlike> resembling(const std::vector<std::string>& accounts,
                                                  std::string_view domain) const;

  [[nodiscard]] ContactsKept of(std::string_view account) const;
  void forget(std::string_view account);
  void set_settings(std::shared_ptr<const ImpersonationSettings> settings);

  // For State: what was kept, and what has changed since the last call.
  void load(const StateImage& image, base::Time now);
  void take_changes(StateChanges& changes, base::Time now);

 private:
  struct Met {
    std::uint32_t day = 0;  // since 1970
    bool written = false;
  };
  struct Book {
    std::unordered_map<std::uint64_t, Met> addresses;        // by keyed hash
    std::unordered_map<std::string, std::uint32_t> domains;  // bases, with the day
  };

  [[nodiscard]] std::uint64_t hash(std::string_view account, const message::Address& one) const;
  void meet(const std::string& account, Book& book, std::uint64_t hash, Met met);
  void visit_domain(const std::string& account, Book& book, std::string_view domain,
                    std::uint32_t day);
  void drop_address(const std::string& account, Book& book, std::uint64_t hash);
  void drop_domain(const std::string& account, Book& book, const std::string& domain);
  void drop_oldest(const std::string& account, Book& book);
  void sweep(base::Time now);
  [[nodiscard]] std::uint32_t oldest_day(base::Time now) const;

  mutable std::mutex mutex_;
  std::shared_ptr<const ImpersonationSettings> settings_;
  std::string secret_;
  std::unordered_map<std::string, Book> books_;
  LookAlikes domains_;  // of all books
  std::uint32_t swept_ = 0;
  std::vector<ContactRow> learnt_;
  std::vector<ContactRow> dropped_;
  std::vector<ContactDomainRow> domains_learnt_;
  std::vector<ContactDomainRow> domains_dropped_;
};

}  // namespace policy
