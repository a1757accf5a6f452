// See store.h: aliases, and reading everything.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "directory/names.h"
#include "directory/store.h"
#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

void add_alias_row(const Statement& row, std::vector<AliasRow>& out) {
  std::string address = row.text(0);
  if (out.empty() || out.back().address != address) out.push_back({std::move(address), {}});
  out.back().targets.push_back(row.text(1));
}

constexpr std::string_view alias_has_part = "(instr(address, ?) > 0 OR instr(target, ?) > 0)";

Result<std::vector<LoginRow>> read_logins(Database& database) {
  std::vector<LoginRow> out;
  auto done = for_each_row(database, "SELECT login, verifier, scopes, expires FROM logins", {},
                           [&out](const Statement& row) {
                             LoginRow login{.login = row.text(0), .verifier = row.text(1)};
                             login.scopes = static_cast<std::uint8_t>(row.number(2) & scope_all);
                             if (const auto at = row.number_or_null(3)) {
                               login.expires = base::Time(std::chrono::seconds(*at));
                             }
                             out.push_back(std::move(login));
                           });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::string> own_alias_name(std::string_view address) {
  auto name = alias_name(address);
  if (!name || name->starts_with('@')) return name;
  return address_name(address);
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
    auto name = alias_name(target);
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
  if (!*ours || target.starts_with('@') || is_role_name(local_of(target))) return {};
  // An owner, or who else it is, may be a name that the domain has from another.
  auto joined = exists("SELECT 1 FROM aliases WHERE address = ? AND target LIKE '@%'",
                       fmt::format("@{}", domain_of(target)));
  if (!joined) return std::unexpected(joined.error());
  if (*joined) return {};
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

// "@old.example" may lead to "@new.example": whoever has a name there has it in the old one, too.
Result<> Store::may_join(const std::string& name, const std::vector<std::string>& targets) {
  if (std::ranges::none_of(targets, [](const auto& one) { return one.starts_with('@'); }))
    return {};
  if (!name.starts_with('@') || targets.size() > 1) {
    return fail(ErrorKind::invalid,
                fmt::format("a whole domain is the only target of another whole domain; write "
                            "`stagepost alias add @{} @example.org`",
                            domain_of(name)));
  }
  std::string next(domain_of(targets.front()));
  if (auto ours = must_be_our_domain(next); !ours) return ours;
  for (std::size_t steps = 0; steps < alias_targets_max; ++steps) {
    if (next == domain_of(name)) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} and {} would be names of each other", name, targets.front()));
    }
    std::string further;
    auto read = for_each_row(*database_, "SELECT target FROM aliases WHERE address = ?",
                             {"@" + next}, [&further](const Statement& row) {
                               if (row.text(0).starts_with('@')) further = row.text(0).substr(1);
                             });
    if (!read || further.empty()) return read;
    next = std::move(further);
  }
  return {};
}

// A mailbox may send copies elsewhere: then it is a target of the alias of its own name.
Result<> Store::may_be_alias(const std::string& name, const std::vector<std::string>& targets) {
  auto mailbox = exists("SELECT 1 FROM mailboxes WHERE address = ?", name);
  if (!mailbox) return std::unexpected(mailbox.error());
  if (!*mailbox) return must_be_free(name);
  if (targets.size() < 2 || std::ranges::find(targets, name) == targets.end()) {
    return fail(ErrorKind::exists,
                fmt::format("there is a mailbox {0} already; to send copies of its mail elsewhere, "
                            "name it as a target as well: `stagepost alias add {0} {0} {1}`",
                            name, targets.front() == name ? "an@example.org" : targets.front()));
  }
  auto alias = exists("SELECT 1 FROM aliases WHERE address = ?", name);
  if (!alias) return std::unexpected(alias.error());
  if (!*alias) return {};
  return fail(ErrorKind::exists,
              fmt::format("copies of {0} go elsewhere already; see `stagepost alias list`", name));
}

Result<> Store::insert_alias(const std::string& name, const std::vector<std::string>& targets) {
  if (auto good = may_join(name, targets); !good) return good;
  for (const auto& target : targets) {
    if (target == name && targets.size() < 2) {
      return fail(ErrorKind::invalid, fmt::format("the alias {} would lead to itself", name));
    }
    if (auto good = must_lead_somewhere(target); !good) return good;
    auto added =
        run_sql(*database_, "INSERT INTO aliases (address, domain, target) VALUES (?, ?, ?)",
                {name, domain_of(name), target});
    if (!added) return added;
  }
  return {};
}

Result<> Store::add_alias(std::string_view address, const std::vector<std::string>& targets) {
  auto name = own_alias_name(address);
  if (!name) return std::unexpected(name.error());
  auto names = target_names(targets);
  if (!names) return std::unexpected(names.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto ours = must_be_our_domain(domain_of(*name)); !ours) return ours;
  if (auto free = may_be_alias(*name, *names); !free) return free;
  if (auto added = insert_alias(*name, *names); !added) return added;
  return transaction->commit();
}

Result<> Store::set_alias(std::string_view address, const std::vector<std::string>& targets) {
  auto name = own_alias_name(address);
  if (!name) return std::unexpected(name.error());
  auto names = target_names(targets);
  if (!names) return std::unexpected(names.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto ours = must_be_our_domain(domain_of(*name)); !ours) return ours;
  auto removed = run_sql(*database_, "DELETE FROM aliases WHERE address = ?", {*name});
  if (!removed) return removed;
  if (auto free = may_be_alias(*name, *names); !free) return free;
  if (auto added = insert_alias(*name, *names); !added) return added;
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

Result<std::vector<AliasRow>> Store::aliases(const Page& page) {
  std::vector<AliasRow> out;
  const std::string part = base::lower(page.part);
  auto done = for_each_row(
      *database_,
      fmt::format("SELECT address, target FROM aliases WHERE address IN (SELECT DISTINCT address "
                  "FROM aliases WHERE address > ? AND {} ORDER BY address LIMIT {}) "
                  "ORDER BY address, id",
                  alias_has_part, rows_limit(page)),
      {page.after, part, part}, [&out](const Statement& row) { add_alias_row(row, out); });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::size_t> Store::count_aliases(const std::string& part) {
  const std::string wanted = base::lower(part);
  return count_rows(
      *database_,
      fmt::format("SELECT count(DISTINCT address) FROM aliases WHERE {}", alias_has_part),
      {wanted, wanted});
}

Result<std::vector<AliasRow>> Store::aliases_to(std::string_view address) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  auto all = aliases();
  if (!all) return all;
  std::erase_if(*all, [&name](const AliasRow& alias) {
    return std::ranges::none_of(alias.targets, [&name](const std::string& target) {
      return target == *name || without_detail(target) == *name;
    });
  });
  return all;
}

Result<Contents> Store::contents() {
  auto transaction = Transaction::begin(*database_, false);
  if (!transaction) return std::unexpected(transaction.error());
  Contents out;
  auto names = domains();
  if (!names) return std::unexpected(names.error());
  out.domains = std::move(*names);
  auto boxes = for_each_row(
      *database_, "SELECT address, full_name FROM mailboxes ORDER BY id", {},
      [&out](const Statement& row) {
        out.mailboxes.push_back(row.text(0));
        if (auto name = row.text_or_null(1); name && !name->empty()) {
          out.people.push_back({.mailbox = row.text(0), .full_name = std::move(*name)});
        }
      });
  if (!boxes) return std::unexpected(boxes.error());
  auto alias_rows = aliases();
  if (!alias_rows) return std::unexpected(alias_rows.error());
  out.aliases = std::move(*alias_rows);
  auto login_rows = read_logins(*database_);
  if (!login_rows) return std::unexpected(login_rows.error());
  out.logins = std::move(*login_rows);
  auto grant_rows = grants();
  if (!grant_rows) return std::unexpected(grant_rows.error());
  out.grants = std::move(*grant_rows);
  auto limit_rows = limits();
  if (!limit_rows) return std::unexpected(limit_rows.error());
  out.limits = std::move(*limit_rows);
  auto marked =
      for_each_row(*database_, "SELECT mailbox FROM administrators", {},
                   [&out](const Statement& row) { out.administrators.push_back(row.text(0)); });
  if (!marked) return std::unexpected(marked.error());
  return out;
}

// data_version tells of other connections' commits, total_changes of our own.
Result<std::uint64_t> Store::change_count() {
  auto version = database_->number("PRAGMA data_version");
  if (!version) return std::unexpected(version.error());
  return static_cast<std::uint64_t>(*version) << 32U | (database_->total_changes() & 0xffffffffU);
}

}  // namespace directory
