// See store.h: aliases, and reading everything.
#include <fmt/format.h>

#include <set>

#include "directory/names.h"
#include "directory/store.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

Result<std::vector<AliasRow>> read_aliases(Database& database) {
  auto statement = database.prepare("SELECT address, target FROM aliases ORDER BY address, id");
  if (!statement) return std::unexpected(statement.error());
  std::vector<AliasRow> out;
  while (true) {
    auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    std::string address = statement->text(0);
    if (out.empty() || out.back().address != address) out.push_back({std::move(address), {}});
    out.back().targets.push_back(statement->text(1));
  }
}

Result<std::vector<LoginRow>> read_logins(Database& database) {
  auto statement = database.prepare("SELECT login, verifier FROM logins");
  if (!statement) return std::unexpected(statement.error());
  std::vector<LoginRow> out;
  while (true) {
    auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.push_back({statement->text(0), statement->text(1)});
  }
}

// What a person typed as targets, as distinct keys.
Result<std::vector<std::string>> target_names(const std::vector<std::string>& targets) {
  if (targets.empty()) return fail(ErrorKind::invalid, "an alias needs at least one target");
  if (targets.size() > alias_targets_max) {
    return fail(ErrorKind::limit,
                fmt::format("an alias has at most {} targets", alias_targets_max));
  }
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const auto& target : targets) {
    auto name = address_name(target);
    if (!name) return std::unexpected(name.error());
    if (seen.insert(*name).second) out.push_back(std::move(*name));
  }
  return out;
}

}  // namespace

// A target in a domain of ours must exist: a slip of the pen would otherwise hold up mail for days.
Result<> Store::must_lead_somewhere(std::string_view target) {
  auto ours = exists("SELECT 1 FROM domains WHERE name = ?", domain_of(target));
  if (!ours) return std::unexpected(ours.error());
  if (!*ours || is_role_name(local_of(target))) return {};
  for (const std::string& name : {std::string(target), without_detail(target)}) {
    auto mailbox = exists("SELECT 1 FROM mailboxes WHERE address = ?", name);
    if (!mailbox) return std::unexpected(mailbox.error());
    auto alias = exists("SELECT 1 FROM aliases WHERE address = ?", name);
    if (!alias) return std::unexpected(alias.error());
    if (*mailbox || *alias) return {};
  }
  return fail(ErrorKind::not_found,
              fmt::format("the target {0} is neither a mailbox nor an alias; add it first with "
                          "`stagepost user add {0}`",
                          target));
}

Result<> Store::add_alias(std::string_view address, const std::vector<std::string>& targets) {
  auto name = alias_name(address);
  if (!name) return std::unexpected(name.error());
  auto names = target_names(targets);
  if (!names) return std::unexpected(names.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto ours = must_be_our_domain(domain_of(*name)); !ours) return ours;
  if (auto free = must_be_free(*name); !free) return free;
  for (const auto& target : *names) {
    if (target == *name) {
      return fail(ErrorKind::invalid, fmt::format("the alias {} would lead to itself", *name));
    }
    if (auto good = must_lead_somewhere(target); !good) return good;
    auto statement =
        database_->prepare("INSERT INTO aliases (address, domain, target) VALUES (?, ?, ?)");
    if (!statement) return std::unexpected(statement.error());
    auto added = statement->bind(*name).bind(domain_of(*name)).bind(target).run();
    if (!added) return added;
  }
  return transaction->commit();
}

Result<> Store::remove_alias(std::string_view address) {
  auto name = alias_name(address);
  if (!name) return std::unexpected(name.error());
  auto statement = database_->prepare("DELETE FROM aliases WHERE address = ?");
  if (!statement) return std::unexpected(statement.error());
  auto removed = statement->bind(*name).run();
  if (removed && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("there is no alias {}", *name));
  }
  return removed;
}

Result<std::vector<AliasRow>> Store::aliases() { return read_aliases(*database_); }

Result<Contents> Store::contents() {
  auto transaction = Transaction::begin(*database_, false);
  if (!transaction) return std::unexpected(transaction.error());
  Contents out;
  auto names = domains();
  if (!names) return std::unexpected(names.error());
  out.domains = std::move(*names);
  auto boxes = mailboxes();
  if (!boxes) return std::unexpected(boxes.error());
  for (auto& row : *boxes) out.mailboxes.push_back(std::move(row.address));
  auto alias_rows = read_aliases(*database_);
  if (!alias_rows) return std::unexpected(alias_rows.error());
  out.aliases = std::move(*alias_rows);
  auto login_rows = read_logins(*database_);
  if (!login_rows) return std::unexpected(login_rows.error());
  out.logins = std::move(*login_rows);
  return out;
}

// data_version tells of other connections' commits, total_changes of our own.
Result<std::uint64_t> Store::change_count() {
  auto version = database_->number("PRAGMA data_version");
  if (!version) return std::unexpected(version.error());
  return static_cast<std::uint64_t>(*version) << 32U | (database_->total_changes() & 0xffffffffU);
}

}  // namespace directory
