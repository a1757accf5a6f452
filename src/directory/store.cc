// See store.h: opening, domains and mailboxes.
#include "directory/store.h"

#include <fmt/format.h>

#include "directory/credential.h"
#include "directory/names.h"
#include "directory/schema.h"
#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

std::optional<std::int64_t> as_number(const std::optional<std::uint64_t>& bytes) {
  if (!bytes) return std::nullopt;
  return static_cast<std::int64_t>(*bytes);
}

Result<> check_fields(const MailboxFields& fields) {
  if (!fields.full_name) return {};
  if (fields.full_name->size() > full_name_bytes_max) {
    return fail(ErrorKind::limit,
                fmt::format("the name is longer than {} octets", full_name_bytes_max));
  }
  for (const char c : *fields.full_name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return fail(ErrorKind::invalid, "the name contains control characters");
    }
  }
  return {};
}

constexpr std::string_view mailbox_columns =
    "SELECT m.address, m.full_name, m.quota_bytes, m.created, coalesce(l.login, ''), "
    "a.mailbox IS NOT NULL "
    "FROM mailboxes m LEFT JOIN logins l ON l.address = m.address "
    "LEFT JOIN administrators a ON a.mailbox = m.address ";

constexpr std::string_view mailbox_has_part =
    "(instr(address, ?) > 0 OR instr(lower(coalesce(full_name, '')), ?) > 0)";

void add_mailbox_row(const Statement& row, std::vector<MailboxRow>& out) {
  std::string address = row.text(0);
  if (out.empty() || out.back().address != address) {
    MailboxRow box{.address = std::move(address), .logins = {}};
    box.fields.full_name = row.text_or_null(1);
    if (const auto bytes = row.number_or_null(2)) {
      box.fields.quota_bytes = static_cast<std::uint64_t>(*bytes);
    }
    box.created = row.text(3);
    box.fields.administrator = row.number(5) != 0;
    out.push_back(std::move(box));
  }
  if (std::string login = row.text(4); !login.empty()) {
    out.back().logins.push_back(std::move(login));
  }
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path, const std::string& group) {
  auto database = Database::open(path, group);
  if (!database) return std::unexpected(database.error());
  if (auto made = make_tables(**database); !made) return std::unexpected(made.error());
  return std::unique_ptr<Store>(new Store(std::move(*database)));
}

Result<std::unique_ptr<Store>> Store::open_to_read(const std::string& path) {
  auto database = Database::open_to_read(path);
  if (!database) return std::unexpected(database.error());
  return std::unique_ptr<Store>(new Store(std::move(*database)));
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

Result<> Store::must_be_mailbox(std::string_view address) {
  auto known = exists("SELECT 1 FROM mailboxes WHERE address = ?", address);
  if (!known) return std::unexpected(known.error());
  if (*known) return {};
  return fail(
      ErrorKind::not_found,
      fmt::format("there is no mailbox {0}; add it with `stagepost user add {0}`", address));
}

Result<> Store::must_be_account(std::string_view address) {
  if (known_elsewhere_ && known_elsewhere_(address)) return {};
  return must_be_mailbox(address);
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
  auto added = run_sql(*database_, "INSERT INTO domains (name) VALUES (?)", {*name});
  if (!added && added.error().kind == ErrorKind::exists) {
    return fail(ErrorKind::exists, fmt::format("{} is one of our domains already", *name));
  }
  return added;
}

Result<> Store::remove_domain(std::string_view domain) {
  auto name = domain_name(domain);
  if (!name) return std::unexpected(name.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto ours = must_be_our_domain(*name); !ours) return ours;
  for (const auto& [sql, what, command] :
       {std::tuple{"SELECT address FROM mailboxes WHERE domain = ? LIMIT 1", "mailbox", "user"},
        std::tuple{"SELECT address FROM aliases WHERE domain = ? LIMIT 1", "alias", "alias"},
        std::tuple{"SELECT address FROM aliases WHERE target = '@' || ? LIMIT 1", "alias",
                   "alias"}}) {
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
  auto removed = run_sql(*database_, "DELETE FROM domains WHERE name = ?", {*name});
  if (removed) removed = run_sql(*database_, "DELETE FROM limits WHERE scope = '@' || ?", {*name});
  if (!removed) return removed;
  return transaction->commit();
}

Result<std::vector<std::string>> Store::domains() {
  std::vector<std::string> out;
  auto done = for_each_row(*database_, "SELECT name FROM domains ORDER BY id", {},
                           [&out](const Statement& row) { out.push_back(row.text(0)); });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<> Store::add_mailbox(std::string_view address, std::string_view verifier,
                            const MailboxFields& fields) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  if (auto good = parse_verifier(verifier); !good) return std::unexpected(good.error());
  if (auto good = check_fields(fields); !good) return good;
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto ours = must_be_our_domain(domain_of(*name)); !ours) return ours;
  if (auto free = must_be_free(*name); !free) return free;
  auto statement = database_->prepare(
      "INSERT INTO mailboxes (address, domain, full_name, quota_bytes) VALUES (?, ?, ?, ?)");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(*name).bind(domain_of(*name));
  auto added =
      statement->bind_or_null(fields.full_name).bind_or_null(as_number(fields.quota_bytes)).run();
  if (added) {
    added = run_sql(*database_, "INSERT INTO logins (login, address, verifier) VALUES (?, ?, ?)",
                    {*name, *name, verifier});
  }
  if (added && fields.administrator) added = mark_administrator(*name, *fields.administrator);
  if (!added) return added;
  return transaction->commit();
}

Result<> Store::mark_administrator(const std::string& name, bool is_one) {
  return run_sql(*database_,
                 is_one ? "INSERT OR IGNORE INTO administrators (mailbox) VALUES (?)"
                        : "DELETE FROM administrators WHERE mailbox = ?",
                 {name});
}

Result<> Store::set_mailbox(std::string_view address, const MailboxFields& fields) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  if (auto good = check_fields(fields); !good) return good;
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  const bool mark_only = fields.administrator && !fields.full_name && !fields.quota_bytes;
  if (auto known = mark_only ? must_be_account(*name) : must_be_mailbox(*name); !known) {
    return known;
  }
  auto statement = database_->prepare(
      "UPDATE mailboxes SET full_name = coalesce(?, full_name), "
      "quota_bytes = coalesce(?, quota_bytes) WHERE address = ?");
  if (!statement) return std::unexpected(statement.error());
  statement->bind_or_null(fields.full_name).bind_or_null(as_number(fields.quota_bytes));
  auto set = statement->bind(*name).run();
  if (set && fields.administrator) set = mark_administrator(*name, *fields.administrator);
  if (!set) return set;
  return transaction->commit();
}

// Its log-ins go with it. What others were granted of this address goes, too: it may be a different
// person's some day.
Result<> Store::delete_mailbox(const std::string& name) {
  auto removed = run_sql(*database_, "DELETE FROM mailboxes WHERE address = ?", {name});
  if (removed && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("there is no mailbox {}", name));
  }
  if (removed) {
    removed = run_sql(*database_, "DELETE FROM grants WHERE mailbox = ? OR what = ?", {name, name});
  }
  if (removed) removed = run_sql(*database_, "DELETE FROM limits WHERE scope = ?", {name});
  if (removed) removed = mark_administrator(name, false);
  return removed;
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
  if (auto removed = delete_mailbox(*name); !removed) return removed;
  return transaction->commit();
}

Result<std::vector<AliasRow>> Store::erase_mailbox(std::string_view address) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  auto led = aliases_to(address);
  if (!led) return led;
  auto removed = delete_mailbox(*name);
  // Copies go nowhere any more: the name is gone.
  if (removed) removed = run_sql(*database_, "DELETE FROM aliases WHERE address = ?", {*name});
  for (const AliasRow& alias : *led) {
    for (const std::string& target : alias.targets) {
      if (target != *name && without_detail(target) != *name) continue;
      if (!removed) break;
      removed = run_sql(*database_, "DELETE FROM aliases WHERE address = ? AND target = ?",
                        {alias.address, target});
    }
  }
  if (removed) removed = transaction->commit();
  if (!removed) return std::unexpected(removed.error());
  return led;
}

Result<std::vector<MailboxRow>> Store::mailboxes(const Page& page) {
  std::vector<MailboxRow> out;
  const std::string part = base::lower(page.part);
  auto done = for_each_row(
      *database_,
      fmt::format("{}WHERE m.address IN (SELECT address FROM mailboxes WHERE address > ? AND {} "
                  "ORDER BY address LIMIT {}) ORDER BY m.address, l.login",
                  mailbox_columns, mailbox_has_part, rows_limit(page)),
      {page.after, part, part}, [&out](const Statement& row) { add_mailbox_row(row, out); });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::size_t> Store::count_mailboxes(const std::string& part) {
  const std::string wanted = base::lower(part);
  return count_rows(*database_,
                    fmt::format("SELECT count(*) FROM mailboxes WHERE {}", mailbox_has_part),
                    {wanted, wanted});
}

Result<MailboxRow> Store::mailbox(std::string_view address) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  std::vector<MailboxRow> out;
  auto done = for_each_row(*database_,
                           fmt::format("{}WHERE m.address = ? ORDER BY l.login", mailbox_columns),
                           {*name}, [&out](const Statement& row) { add_mailbox_row(row, out); });
  if (!done) return std::unexpected(done.error());
  if (!out.empty()) return std::move(out.front());
  return fail(
      ErrorKind::not_found,
      fmt::format("there is no mailbox {0}; `stagepost user list` shows those there are", *name));
}

}  // namespace directory
