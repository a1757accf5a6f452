// See store.h.
#include "directory/store.h"

#include <fmt/format.h>

#include <map>

#include "directory/credential.h"
#include "directory/names.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::int64_t schema_version = 1;

// AUTOINCREMENT keeps the order of creation: a domain's first mailbox gets its postmaster mail.
// dovecot_users gives a verifier in the form that Dovecot's SCRAM-SHA-256 scheme reads.
constexpr const char* schema = R"sql(
CREATE TABLE domains (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE mailboxes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  domain TEXT NOT NULL REFERENCES domains(name),
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX mailboxes_domain ON mailboxes(domain);
CREATE TABLE logins (
  login TEXT NOT NULL PRIMARY KEY,
  address TEXT NOT NULL REFERENCES mailboxes(address) ON DELETE CASCADE,
  verifier TEXT NOT NULL,
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX logins_address ON logins(address);
CREATE TABLE aliases (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL,
  domain TEXT NOT NULL REFERENCES domains(name),
  target TEXT NOT NULL,
  UNIQUE (address, target));
CREATE INDEX aliases_domain ON aliases(domain);
CREATE INDEX aliases_target ON aliases(target);
CREATE VIEW dovecot_users (login, mailbox, password) AS
  SELECT login, address,
         '{SCRAM-SHA-256}' || replace(replace(substr(verifier, 15), ':', ','), '$', ',')
  FROM logins;
)sql";

// The first column of all rows.
Result<std::vector<std::string>> column(Database& database, std::string_view sql) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  std::vector<std::string> out;
  while (true) {
    auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.push_back(statement->text(0));
  }
}

Result<> run(Database& database, std::string_view sql,
             std::initializer_list<std::string_view> values) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (const auto value : values) statement->bind(value);
  return statement->run();
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<Store> store(new Store(std::move(*database)));
  auto made = store->make_tables();
  if (!made) return std::unexpected(made.error());
  return store;
}

Result<> Store::make_tables() {
  auto version = database_->number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version == schema_version) return {};
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  version = database_->number("PRAGMA user_version");  // another process may have been first
  if (!version) return std::unexpected(version.error());
  if (*version == schema_version) return {};
  if (*version > schema_version) {
    return fail(
        ErrorKind::unsupported,
        fmt::format("the directory has format {}, this program knows up to {}; run the newer "
                    "stagepost that wrote it",
                    *version, schema_version));
  }
  auto made = database_->execute(schema);
  if (made) made = database_->execute(fmt::format("PRAGMA user_version={}", schema_version));
  if (!made) return made;
  return transaction->commit();
}

Result<bool> Store::exists(std::string_view sql, std::string_view key) {
  auto statement = database_->prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  statement->bind(key);
  return statement->step();
}

Result<> Store::must_be_our_domain(std::string_view domain) {
  auto ours = exists("SELECT 1 FROM domains WHERE name = ?", domain);
  if (!ours) return std::unexpected(ours.error());
  if (*ours) return {};
  return fail(
      ErrorKind::not_found,
      fmt::format("{0} is not one of our domains; add it with `stagepost domain add {0}`", domain));
}

Result<> Store::must_be_free(std::string_view address) {
  auto mailbox = exists("SELECT 1 FROM mailboxes WHERE address = ?", address);
  if (!mailbox) return std::unexpected(mailbox.error());
  if (*mailbox) {
    return fail(ErrorKind::exists, fmt::format("there is a mailbox {} already", address));
  }
  auto alias = exists("SELECT 1 FROM aliases WHERE address = ?", address);
  if (!alias) return std::unexpected(alias.error());
  if (*alias) {
    return fail(ErrorKind::exists,
                fmt::format("there is an alias {0} already; remove it with `stagepost alias remove "
                            "{0}`",
                            address));
  }
  return {};
}

Result<> Store::add_domain(std::string_view domain) {
  auto name = domain_name(domain);
  if (!name) return std::unexpected(name.error());
  auto added = run(*database_, "INSERT INTO domains (name) VALUES (?)", {*name});
  if (!added && added.error().kind == ErrorKind::exists) {
    return fail(ErrorKind::exists, fmt::format("{} is one of our domains already", *name));
  }
  return added;
}

Result<> Store::remove_domain(std::string_view domain) {
  auto name = domain_name(domain);
  if (!name) return std::unexpected(name.error());
  auto ours = must_be_our_domain(*name);
  if (!ours) return ours;
  for (const auto& [sql, what, command] :
       {std::tuple{"SELECT address FROM mailboxes WHERE domain = ? LIMIT 1", "mailbox", "user"},
        std::tuple{"SELECT address FROM aliases WHERE domain = ? LIMIT 1", "alias", "alias"}}) {
    auto statement = database_->prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    auto row = statement->bind(*name).step();
    if (!row) return std::unexpected(row.error());
    if (*row) {
      return fail(
          ErrorKind::busy,
          fmt::format("{0} still has the {1} {2}; remove it first with `stagepost {3} remove "
                      "{2}`",
                      *name, what, statement->text(0), command));
    }
  }
  return run(*database_, "DELETE FROM domains WHERE name = ?", {*name});
}

Result<std::vector<std::string>> Store::domains() {
  return column(*database_, "SELECT name FROM domains ORDER BY id");
}

Result<> Store::add_mailbox(std::string_view address, std::string_view verifier) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  if (auto good = parse_verifier(verifier); !good) return std::unexpected(good.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto ours = must_be_our_domain(domain_of(*name)); !ours) return ours;
  if (auto free = must_be_free(*name); !free) return free;
  auto added = run(*database_, "INSERT INTO mailboxes (address, domain) VALUES (?, ?)",
                   {*name, domain_of(*name)});
  if (added) {
    added = run(*database_, "INSERT INTO logins (login, address, verifier) VALUES (?, ?, ?)",
                {*name, *name, verifier});
  }
  if (!added) return added;
  return transaction->commit();
}

Result<> Store::remove_mailbox(std::string_view address) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  auto alias = database_->prepare("SELECT address FROM aliases WHERE target = ? LIMIT 1");
  if (!alias) return std::unexpected(alias.error());
  auto used = alias->bind(*name).step();
  if (!used) return std::unexpected(used.error());
  if (*used) {
    return fail(
        ErrorKind::busy,
        fmt::format("the alias {0} leads to {1}; remove it first with `stagepost alias remove "
                    "{0}`",
                    alias->text(0), *name));
  }
  auto removed = run(*database_, "DELETE FROM mailboxes WHERE address = ?", {*name});
  if (!removed) return removed;
  if (database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("there is no mailbox {}", *name));
  }
  return transaction->commit();
}

Result<std::vector<MailboxRow>> Store::mailboxes() {
  auto statement = database_->prepare(
      "SELECT m.address, coalesce(l.login, '') FROM mailboxes m LEFT JOIN logins l ON l.address = "
      "m.address ORDER BY m.id, l.login");
  if (!statement) return std::unexpected(statement.error());
  std::vector<MailboxRow> out;
  while (true) {
    auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    std::string address = statement->text(0);
    if (out.empty() || out.back().address != address) out.push_back({std::move(address), {}});
    if (std::string login = statement->text(1); !login.empty()) {
      out.back().logins.push_back(std::move(login));
    }
  }
}

Result<> Store::add_login(std::string_view address, std::string_view name,
                          std::string_view verifier) {
  auto login = login_name(fmt::format("{}/{}", address, name));
  if (!login) return std::unexpected(login.error());
  if (auto good = parse_verifier(verifier); !good) return std::unexpected(good.error());
  const std::string mailbox = login->substr(0, login->find('/', login->rfind('@')));
  auto known = exists("SELECT 1 FROM mailboxes WHERE address = ?", mailbox);
  if (!known) return std::unexpected(known.error());
  if (!*known) {
    return fail(
        ErrorKind::not_found,
        fmt::format("there is no mailbox {0}; add it with `stagepost user add {0}`", mailbox));
  }
  auto added = run(*database_, "INSERT INTO logins (login, address, verifier) VALUES (?, ?, ?)",
                   {*login, mailbox, verifier});
  if (!added && added.error().kind == ErrorKind::exists) {
    return fail(ErrorKind::exists, fmt::format("there is a login {} already", *login));
  }
  return added;
}

Result<> Store::set_verifier(std::string_view login, std::string_view verifier) {
  auto name = login_name(login);
  if (!name) return std::unexpected(name.error());
  if (auto good = parse_verifier(verifier); !good) return std::unexpected(good.error());
  auto set = run(*database_, "UPDATE logins SET verifier = ? WHERE login = ?", {verifier, *name});
  if (set && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("there is no login {}", *name));
  }
  return set;
}

Result<> Store::remove_login(std::string_view login) {
  auto name = login_name(login);
  if (!name) return std::unexpected(name.error());
  auto removed = run(*database_, "DELETE FROM logins WHERE login = ?", {*name});
  if (removed && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("there is no login {}", *name));
  }
  return removed;
}

}  // namespace directory
