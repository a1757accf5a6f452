// directory/store.h: domains, mailboxes, logins and aliases in directory.db.
//
// What:    what administrators change: add, remove, list. Also read by Dovecot (view
//          dovecot_users).
// In/Out:  names and addresses as people write them; kept in lower case with A-label domains.
// Errors:  invalid, exists, not_found, busy, io …, in words that say what to do.
// Limits:  alias_targets_max; blocks on SQLite: pool threads and the CLI only, one thread at a
//          time.
// Not here: look-ups on the mail's way (snapshot.h), making verifiers (credential.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "directory/database.h"
#include "lib/base/result.h"

namespace directory {

inline constexpr std::size_t alias_targets_max = 10'000;

struct MailboxRow {
  std::string address;
  std::vector<std::string> logins;  // "you@demo.test", "you@demo.test/phone"
};

struct AliasRow {
  std::string address;  // "info@demo.test", or "@demo.test": all that is not known otherwise
  std::vector<std::string> targets;
};

struct LoginRow {
  std::string login;
  std::string verifier;
};

// All of it, read in one transaction; mailboxes and domains in the order of their creation.
struct Contents {
  std::vector<std::string> domains;
  std::vector<std::string> mailboxes;
  std::vector<AliasRow> aliases;
  std::vector<LoginRow> logins;
};

class Store {
 public:
  // Makes the file and its tables when missing; refuses one that a newer Stagepost has changed.
  [[nodiscard]] static base::Result<std::unique_ptr<Store>> open(const std::string& path);

  base::Result<> add_domain(std::string_view domain);
  // Refuses while it has mailboxes or aliases.
  base::Result<> remove_domain(std::string_view domain);
  [[nodiscard]] base::Result<std::vector<std::string>> domains();

  // The mailbox's first login is its address.
  base::Result<> add_mailbox(std::string_view address, std::string_view verifier);
  base::Result<> remove_mailbox(std::string_view address);
  [[nodiscard]] base::Result<std::vector<MailboxRow>> mailboxes();

  // An app password: login ADDRESS/NAME for the mailbox ADDRESS.
  base::Result<> add_login(std::string_view address, std::string_view name,
                           std::string_view verifier);
  base::Result<> set_verifier(std::string_view login, std::string_view verifier);
  base::Result<> remove_login(std::string_view login);

  // Replaces nothing: an alias that exists must be removed first.
  base::Result<> add_alias(std::string_view address, const std::vector<std::string>& targets);
  base::Result<> remove_alias(std::string_view address);
  [[nodiscard]] base::Result<std::vector<AliasRow>> aliases();

  [[nodiscard]] base::Result<Contents> contents();
  // Differs from the last answer when anybody, we or another process, has changed something. Cheap.
  [[nodiscard]] base::Result<std::uint64_t> change_count();

 private:
  explicit Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  base::Result<> make_tables();
  [[nodiscard]] base::Result<bool> exists(std::string_view sql, std::string_view key);
  [[nodiscard]] base::Result<> must_be_free(std::string_view address);
  [[nodiscard]] base::Result<> must_be_our_domain(std::string_view domain);
  [[nodiscard]] base::Result<> must_lead_somewhere(std::string_view target);

  std::unique_ptr<Database> database_;
};

}  // namespace directory
