// directory/store.h: domains, mailboxes, log-ins, aliases, grants and limits in directory.db.
//
// What:    what administrators change: add, set, remove, list, and who they are. Also read by
//          Dovecot (view dovecot_users: login, mailbox, password, quota_bytes, full_name, of
//          log-ins that may read and have not expired).
// In/Out:  names and addresses as people write them; kept in lower case with A-label domains.
// Errors:  invalid, exists, not_found, busy, io …, in words that say what to do.
// Limits:  alias_targets_max, grants_max; blocks on SQLite: pool threads and the CLI only, one
//          thread at a time.
// Not here: look-ups on the mail's way (snapshot.h), making verifiers (credential.h), the tables
//          and their versions (schema.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/database.h"
#include "directory/directory.h"
#include "directory/sending_limits.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace directory {

inline constexpr std::size_t alias_targets_max = 10'000;
inline constexpr std::size_t grants_max = 1'000;  // of one account
inline constexpr std::size_t full_name_bytes_max = 200;

// What may be said about a mailbox beside its address. Nothing: as it is, or the default.
struct MailboxFields {
  std::optional<std::string> full_name = {};
  std::optional<std::uint64_t> quota_bytes = {};  // 0: no limit
  std::optional<bool> administrator = {};         // may log in to the web interface
};

struct MailboxRow {
  std::string address;
  std::vector<std::string> logins;  // "you@demo.test", "you@demo.test/phone"
  MailboxFields fields = {};
  std::string created = {};  // "2026-11-23 14:00:00", UTC
};

struct AliasRow {
  std::string address;  // "info@demo.test", or "@demo.test": all that is not known otherwise
  std::vector<std::string> targets;  // of "@demo.test" also one "@other.test": another name of it
  std::string problem = {};          // what is wrong with it, where it stands: its mail waits
  std::string place = {};            // "/etc/aliases:12"; empty: the database has it
};

struct LoginRow {
  std::string login;
  std::string verifier;
  std::uint8_t scopes = scope_all;
  std::optional<base::Time> expires = {};
  std::string created = {};  // as above
  std::string mailbox = {};  // what it opens; empty: the login without its /name
};

// What an app password is made with.
struct LoginFields {
  std::uint8_t scopes = scope_all;
  std::optional<base::Time> expires = {};
};

// `mailbox` may send as `what`: an address (with any +detail) or "@domain".
struct GrantRow {
  std::string mailbox;
  std::string what;
  std::string created = {};
};

struct LimitsRow {
  std::string scope;  // "*", "@demo.test" or "you@demo.test"
  PartialLimits limits;
};

struct PersonRow {
  std::string mailbox;
  std::string full_name;
};

// A part of a list that is in the order of addresses.
struct Page {
  std::string after = {};    // an address: what comes behind it
  std::string part = {};     // of the address, the name or a target; in any case of ASCII letters
  std::size_t rows_max = 0;  // 0: all
};
// As SQL has it: without a limit it is -1.
[[nodiscard]] inline std::int64_t rows_limit(const Page& page) {
  return page.rows_max == 0 ? -1 : static_cast<std::int64_t>(page.rows_max);
}

// All of it, read in one transaction; mailboxes and domains in the order of their creation.
struct Contents {
  std::vector<std::string> domains = {};
  std::vector<std::string> mailboxes = {};
  std::vector<AliasRow> aliases = {};
  std::vector<LoginRow> logins = {};
  std::vector<GrantRow> grants = {};
  std::vector<LimitsRow> limits = {};
  std::vector<PersonRow> people = {};  // mailboxes with a full name
  std::vector<std::string> administrators = {};
  // Domains of ours of which not everybody is known (ldap/ or a file of aliases was not read yet).
  std::vector<std::string> incomplete_domains = {};
};

class Store {
 public:
  // Makes the file and its tables when missing, brings older ones up to date; refuses one that a
  // newer Stagepost has changed. The file is the owner's alone, or readable by `group` (Dovecot's).
  [[nodiscard]] static base::Result<std::unique_ptr<Store>> open(const std::string& path,
                                                                 const std::string& group = {});
  // As it is, for contents() alone; it must exist and be of this version.
  [[nodiscard]] static base::Result<std::unique_ptr<Store>> open_to_read(const std::string& path);

  base::Result<> add_domain(std::string_view domain);
  // Refuses while it has mailboxes or aliases.
  base::Result<> remove_domain(std::string_view domain);
  [[nodiscard]] base::Result<std::vector<std::string>> domains();

  // The mailbox's first login is its address.
  base::Result<> add_mailbox(std::string_view address, std::string_view verifier,
                             const MailboxFields& fields = {});
  // Changes what is said in `fields`. An account kept elsewhere may be made an administrator.
  base::Result<> set_mailbox(std::string_view address, const MailboxFields& fields);
  // With its log-ins, grants and limits. Refuses while an alias leads to it.
  base::Result<> remove_mailbox(std::string_view address);
  // The same, and takes it out of the aliases that lead to it: these, as they were.
  base::Result<std::vector<AliasRow>> erase_mailbox(std::string_view address);
  [[nodiscard]] base::Result<std::vector<MailboxRow>> mailboxes(const Page& page = {});
  // All that have this part.
  [[nodiscard]] base::Result<std::size_t> count_mailboxes(const std::string& part);
  // not_found when there is none.
  [[nodiscard]] base::Result<MailboxRow> mailbox(std::string_view address);

  // An app password: login ADDRESS/NAME for the mailbox ADDRESS.
  base::Result<> add_login(std::string_view address, std::string_view name,
                           std::string_view verifier, const LoginFields& fields = {});
  base::Result<> set_verifier(std::string_view login, std::string_view verifier);
  // An app password only: the mailbox's own log-in goes with its mailbox.
  base::Result<> remove_login(std::string_view login);
  // Those of one mailbox; its own first.
  [[nodiscard]] base::Result<std::vector<LoginRow>> logins(std::string_view address);

  // Targets are addresses; of "@domain" also one "@other" of ours, of which it is another name.
  // Replaces nothing: an alias that exists must be removed first, or be set.
  base::Result<> add_alias(std::string_view address, const std::vector<std::string>& targets);
  // Adds it, or gives it these targets in place of those that it had, in one step.
  base::Result<> set_alias(std::string_view address, const std::vector<std::string>& targets);
  base::Result<> remove_alias(std::string_view address);
  [[nodiscard]] base::Result<std::vector<AliasRow>> aliases(const Page& page = {});
  [[nodiscard]] base::Result<std::size_t> count_aliases(const std::string& part);
  // Those that lead to this address.
  [[nodiscard]] base::Result<std::vector<AliasRow>> aliases_to(std::string_view address);

  // `what` is an address or "@domain", of ours or foreign.
  base::Result<> add_grant(std::string_view mailbox, std::string_view what);
  base::Result<> remove_grant(std::string_view mailbox, std::string_view what);
  // Of one mailbox, or all when it is empty.
  [[nodiscard]] base::Result<std::vector<GrantRow>> grants(std::string_view mailbox = {});

  // `scope` is "*" for all, "@domain" or a mailbox. Fields that are not said keep what they were.
  base::Result<> set_limits(std::string_view scope, const PartialLimits& limits);
  // What was said for that scope is said no more; not_found when nothing was.
  base::Result<> clear_limits(std::string_view scope);
  [[nodiscard]] base::Result<std::vector<LimitsRow>> limits();

  // Accounts that are kept elsewhere (LDAP) may have grants, limits and the mark of an
  // administrator here, too.
  void set_known_elsewhere(std::function<bool(std::string_view address)> known) {
    known_elsewhere_ = std::move(known);
  }

  [[nodiscard]] base::Result<Contents> contents();
  // Differs from the last answer when anybody, we or another process, has changed something. Cheap.
  [[nodiscard]] base::Result<std::uint64_t> change_count();

 private:
  explicit Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  [[nodiscard]] base::Result<bool> exists(std::string_view sql, std::string_view key);
  [[nodiscard]] base::Result<> must_be_free(std::string_view address);
  [[nodiscard]] base::Result<> may_be_alias(const std::string& name,
                                            const std::vector<std::string>& targets);
  [[nodiscard]] base::Result<> must_be_our_domain(std::string_view domain);
  [[nodiscard]] base::Result<> must_be_mailbox(std::string_view address);
  [[nodiscard]] base::Result<> must_be_account(std::string_view address);
  [[nodiscard]] base::Result<> must_lead_somewhere(std::string_view target);
  [[nodiscard]] base::Result<> may_join(const std::string& name,
                                        const std::vector<std::string>& targets);
  [[nodiscard]] base::Result<> insert_alias(const std::string& name,
                                            const std::vector<std::string>& targets);
  [[nodiscard]] base::Result<> delete_mailbox(const std::string& name);
  [[nodiscard]] base::Result<> mark_administrator(const std::string& name, bool is_one);

  std::unique_ptr<Database> database_;
  std::function<bool(std::string_view address)> known_elsewhere_;
};

}  // namespace directory
