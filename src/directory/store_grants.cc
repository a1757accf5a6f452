// See store.h: who may send as whom, and how much.
#include <fmt/format.h>

#include "directory/names.h"
#include "directory/store.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

std::optional<std::uint32_t> count_of(const Statement& row, int column) {
  const auto number = row.number_or_null(column);
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<std::int64_t> as_number(const std::optional<std::uint32_t>& count) {
  if (!count) return std::nullopt;
  return static_cast<std::int64_t>(*count);
}

PartialLimits limits_of(const Statement& row) {
  PartialLimits limits;
  if (const auto on = row.number_or_null(1)) limits.on = *on != 0;
  limits.messages_per_day_max = count_of(row, 2);
  limits.new_recipients_per_day_max = count_of(row, 3);
  limits.new_recipients_brake_max = count_of(row, 4);
  limits.bounces_brake_max = count_of(row, 5);
  if (const auto seconds = row.number_or_null(6)) {
    limits.brake_window = std::chrono::seconds(*seconds);
  }
  return limits;
}

// "*", "@demo.test" or "you@demo.test" as a key.
Result<std::string> scope_name(std::string_view scope) {
  if (scope == "*") return std::string(scope);
  return alias_name(scope);
}

}  // namespace

Result<> Store::add_grant(std::string_view mailbox, std::string_view what) {
  auto account = address_name(mailbox);
  if (!account) return std::unexpected(account.error());
  auto name = alias_name(what);
  if (!name) return std::unexpected(name.error());
  auto transaction = Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto known = must_be_account(*account); !known) return known;
  auto count = database_->prepare("SELECT count(*) FROM grants WHERE mailbox = ?");
  if (!count) return std::unexpected(count.error());
  auto row = count->bind(*account).step();
  if (!row) return std::unexpected(row.error());
  if (count->number(0) >= static_cast<std::int64_t>(grants_max)) {
    return fail(ErrorKind::limit,
                fmt::format("{} has {} grants, which is the most; grant a whole \"@domain\"",
                            *account, grants_max));
  }
  auto added =
      run_sql(*database_, "INSERT INTO grants (mailbox, what) VALUES (?, ?)", {*account, *name});
  if (!added && added.error().kind == ErrorKind::exists) {
    return fail(ErrorKind::exists, fmt::format("{} may send as {} already", *account, *name));
  }
  if (!added) return added;
  return transaction->commit();
}

Result<> Store::remove_grant(std::string_view mailbox, std::string_view what) {
  auto account = address_name(mailbox);
  if (!account) return std::unexpected(account.error());
  auto name = alias_name(what);
  if (!name) return std::unexpected(name.error());
  auto removed =
      run_sql(*database_, "DELETE FROM grants WHERE mailbox = ? AND what = ?", {*account, *name});
  if (removed && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found,
                fmt::format("{} was not granted {}; `stagepost grant list` shows what was",
                            *account, *name));
  }
  return removed;
}

Result<std::vector<GrantRow>> Store::grants(std::string_view mailbox) {
  std::string account;
  if (!mailbox.empty()) {
    auto name = address_name(mailbox);
    if (!name) return std::unexpected(name.error());
    if (auto known = must_be_account(*name); !known) return std::unexpected(known.error());
    account = std::move(*name);
  }
  std::vector<GrantRow> out;
  auto done = for_each_row(
      *database_,
      "SELECT mailbox, what, created FROM grants WHERE ?1 = '' OR mailbox = ?1 "
      "ORDER BY mailbox, what",
      {account}, [&out](const Statement& row) {
        out.push_back({.mailbox = row.text(0), .what = row.text(1), .created = row.text(2)});
      });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<> Store::set_limits(std::string_view scope, const PartialLimits& limits) {
  auto name = scope_name(scope);
  if (!name) return std::unexpected(name.error());
  Result<> known;
  if (name->starts_with('@')) known = must_be_our_domain(domain_of(*name));
  if (name->find('@') > 0 && *name != "*") known = must_be_account(*name);
  if (!known) return known;
  auto statement = database_->prepare(
      "INSERT INTO limits (scope, is_on, messages_per_day_max, new_recipients_per_day_max, "
      "new_recipients_brake_max, bounces_brake_max, brake_window_seconds) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (scope) DO UPDATE SET "
      "is_on = coalesce(?2, is_on), messages_per_day_max = coalesce(?3, messages_per_day_max), "
      "new_recipients_per_day_max = coalesce(?4, new_recipients_per_day_max), "
      "new_recipients_brake_max = coalesce(?5, new_recipients_brake_max), "
      "bounces_brake_max = coalesce(?6, bounces_brake_max), "
      "brake_window_seconds = coalesce(?7, brake_window_seconds)");
  if (!statement) return std::unexpected(statement.error());
  std::optional<std::int64_t> on;
  if (limits.on) on = *limits.on ? 1 : 0;
  std::optional<std::int64_t> window;
  if (limits.brake_window) {
    window = std::chrono::floor<std::chrono::seconds>(*limits.brake_window).count();
  }
  statement->bind(*name).bind_or_null(on).bind_or_null(as_number(limits.messages_per_day_max));
  statement->bind_or_null(as_number(limits.new_recipients_per_day_max));
  statement->bind_or_null(as_number(limits.new_recipients_brake_max));
  return statement->bind_or_null(as_number(limits.bounces_brake_max)).bind_or_null(window).run();
}

Result<> Store::clear_limits(std::string_view scope) {
  auto name = scope_name(scope);
  if (!name) return std::unexpected(name.error());
  auto removed = run_sql(*database_, "DELETE FROM limits WHERE scope = ?", {*name});
  if (removed && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("no limits were set for {}", *name));
  }
  return removed;
}

Result<std::vector<LimitsRow>> Store::limits() {
  std::vector<LimitsRow> out;
  auto done = for_each_row(
      *database_,
      "SELECT scope, is_on, messages_per_day_max, new_recipients_per_day_max, "
      "new_recipients_brake_max, bounces_brake_max, brake_window_seconds FROM limits "
      "ORDER BY scope",
      {}, [&out](const Statement& row) { out.push_back({row.text(0), limits_of(row)}); });
  if (!done) return std::unexpected(done.error());
  return out;
}

}  // namespace directory
