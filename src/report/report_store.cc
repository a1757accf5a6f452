// See report_store.h.
#include "report/report_store.h"

#include <fmt/format.h>

#include <array>

#include "directory/format.h"

namespace report {
namespace {

using base::Result;
using directory::Statement;

// Times are seconds since 1970. rows.row and periods.policy are JSON (observation.h).
constexpr const char* tables = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE periods (day INTEGER NOT NULL, domain TEXT NOT NULL, policy TEXT NOT NULL,
                      dropped INTEGER NOT NULL, PRIMARY KEY (day, domain)) WITHOUT ROWID;
CREATE TABLE rows (day INTEGER NOT NULL, domain TEXT NOT NULL, row TEXT NOT NULL,
                   count INTEGER NOT NULL, PRIMARY KEY (day, domain, row)) WITHOUT ROWID;
CREATE TABLE sent (day INTEGER NOT NULL, domain TEXT NOT NULL, begin INTEGER NOT NULL,
                   end INTEGER NOT NULL, at INTEGER NOT NULL, report_id TEXT NOT NULL,
                   result TEXT NOT NULL, PRIMARY KEY (day, domain, begin)) WITHOUT ROWID;
CREATE TABLE received (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
                       organization TEXT NOT NULL, contact TEXT NOT NULL,
                       report_id TEXT NOT NULL, domain TEXT NOT NULL, begin INTEGER NOT NULL,
                       end INTEGER NOT NULL, count INTEGER NOT NULL, good INTEGER NOT NULL,
                       at INTEGER NOT NULL, sender TEXT NOT NULL, authentication TEXT NOT NULL,
                       file TEXT NOT NULL, remarks TEXT NOT NULL, detail TEXT NOT NULL,
                       proven INTEGER NOT NULL,
                       UNIQUE (kind, organization, domain, report_id));
CREATE INDEX received_at ON received (at);
CREATE TABLE received_rows (number INTEGER NOT NULL REFERENCES received (number)
                              ON DELETE CASCADE,
                            source TEXT NOT NULL, count INTEGER NOT NULL, good INTEGER NOT NULL,
                            result TEXT NOT NULL, disposition TEXT NOT NULL);
CREATE INDEX received_rows_number ON received_rows (number);
INSERT INTO meta VALUES ('secret', lower(hex(randomblob(32))));
)sql";
constexpr std::array schema_steps = {tables};

std::int64_t number(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
base::Time time_of(std::int64_t number) { return base::Time(std::chrono::seconds(number)); }

}  // namespace

Result<std::unique_ptr<ReportStore>> ReportStore::open(const std::string& path) {
  auto database = directory::Database::open(path);
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<ReportStore> store(new ReportStore(std::move(*database)));
  // Counts of the last seconds may go with a crash of the machine; a file that syncs may not stall.
  if (auto done = store->database_->execute("PRAGMA synchronous=NORMAL"); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = store->make_tables(); !done) return std::unexpected(done.error());
  return store;
}

Result<> ReportStore::make_tables() {
  return directory::bring_up_to_date(*database_,
                                     {.file = "reports.db",
                                      .steps = schema_steps,
                                      .otherwise = "move the file away to begin without reports"});
}

Result<> ReportStore::add(const Counts& counts, const OutgoingSettings& limits) {
  if (counts.empty()) return {};
  auto transaction = directory::Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  for (const auto& [key, period] : counts) {
    if (auto added = add_period(key, period, limits); !added) return added;
  }
  return transaction->commit();
}

Result<> ReportStore::add_period(const PeriodKey& key, const PeriodCounts& counts,
                                 const OutgoingSettings& limits) {
  auto update = database_->prepare("UPDATE periods SET policy = ? WHERE day = ? AND domain = ?");
  if (!update) return std::unexpected(update.error());
  update->bind(encode_policy(counts.policy)).bind(key.day).bind(key.domain);
  if (auto done = update->run(); !done) return done;
  if (database_->last_changes() == 0) {
    // A flood of domains that only a forger knows must not fill the disk.
    auto domains =
        database_->number(fmt::format("SELECT count(*) FROM periods WHERE day = {}", key.day));
    if (!domains) return std::unexpected(domains.error());
    if (static_cast<std::uint64_t>(*domains) >= limits.reports_per_day_max) return {};
    auto insert = database_->prepare("INSERT INTO periods VALUES (?, ?, ?, 0)");
    if (!insert) return std::unexpected(insert.error());
    insert->bind(key.day).bind(key.domain).bind(encode_policy(counts.policy));
    if (auto done = insert->run(); !done) return done;
  }
  auto known = database_->prepare("SELECT count(*) FROM rows WHERE day = ? AND domain = ?");
  if (!known) return std::unexpected(known.error());
  known->bind(key.day).bind(key.domain);
  if (auto row = known->step(); !row) return std::unexpected(row.error());
  auto rows = static_cast<std::uint64_t>(known->number(0));
  std::uint64_t dropped = counts.dropped;
  for (const auto& [row, count] : counts.rows) {
    auto more = database_->prepare(
        "UPDATE rows SET count = count + ? WHERE day = ? AND domain = ? AND row = ?");
    if (!more) return std::unexpected(more.error());
    more->bind(static_cast<std::int64_t>(count)).bind(key.day).bind(key.domain).bind(row);
    if (auto done = more->run(); !done) return done;
    if (database_->last_changes() > 0) continue;
    if (rows >= limits.rows_per_report_max) {
      dropped += count;
      continue;
    }
    auto insert = database_->prepare("INSERT INTO rows VALUES (?, ?, ?, ?)");
    if (!insert) return std::unexpected(insert.error());
    insert->bind(key.day).bind(key.domain).bind(row).bind(static_cast<std::int64_t>(count));
    if (auto done = insert->run(); !done) return done;
    ++rows;
  }
  if (dropped == 0) return {};
  auto drop =
      database_->prepare("UPDATE periods SET dropped = dropped + ? WHERE day = ? AND domain = ?");
  if (!drop) return std::unexpected(drop.error());
  drop->bind(static_cast<std::int64_t>(dropped)).bind(key.day).bind(key.domain);
  return drop->run();
}

Result<std::vector<OpenPeriod>> ReportStore::open_periods() {
  std::vector<OpenPeriod> out;
  const auto take = [&out](const Statement& row) {
    OpenPeriod period;
    period.key = {.day = row.number(0), .domain = row.text(1)};
    period.policy = decode_policy(row.text(2));
    period.dropped = static_cast<std::uint64_t>(row.number(3));
    period.messages = static_cast<std::uint64_t>(row.number(4));
    period.begin = base::Time(std::chrono::days(row.number(0)));
    if (const auto told = row.number_or_null(5)) period.begin = time_of(*told);
    out.push_back(std::move(period));
  };
  auto done = directory::for_each_row(
      *database_,
      "SELECT p.day, p.domain, p.policy, p.dropped,"
      " (SELECT sum(count) FROM rows r WHERE r.day = p.day AND r.domain = p.domain),"
      " (SELECT max(end) FROM sent s WHERE s.day = p.day AND s.domain = p.domain)"
      " FROM periods p WHERE EXISTS"
      " (SELECT 1 FROM rows r WHERE r.day = p.day AND r.domain = p.domain)"
      " ORDER BY p.day, p.domain",
      {}, take);
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::vector<CountedRow>> ReportStore::rows(const PeriodKey& key) {
  std::vector<CountedRow> out;
  auto done = directory::for_each_row(
      *database_,
      "SELECT row, count FROM rows WHERE day = CAST(? AS INTEGER) AND domain = ?"
      " ORDER BY count DESC, row",
      {fmt::to_string(key.day), key.domain}, [&out](const Statement& row) {
        out.push_back(
            {.row = decode_row(row.text(0)), .count = static_cast<std::uint64_t>(row.number(1))});
      });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<> ReportStore::close(const SentPeriod& sent) {
  auto transaction = directory::Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  auto insert = database_->prepare("INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return std::unexpected(insert.error());
  insert->bind(sent.key.day).bind(sent.key.domain).bind(number(sent.begin)).bind(number(sent.end));
  insert->bind(number(sent.when)).bind(sent.report_id).bind(sent.result);
  if (auto done = insert->run(); !done) return done;
  for (const char* table : {"rows", "periods"}) {
    auto statement =
        database_->prepare(fmt::format("DELETE FROM {} WHERE day = ? AND domain = ?", table));
    if (!statement) return std::unexpected(statement.error());
    statement->bind(sent.key.day).bind(sent.key.domain);
    if (auto done = statement->run(); !done) return done;
  }
  return transaction->commit();
}

Result<std::vector<SentPeriod>> ReportStore::sent(std::size_t max) {
  std::vector<SentPeriod> out;
  auto done =
      directory::for_each_row(*database_,
                              "SELECT day, domain, begin, end, at, report_id, result FROM sent"
                              " ORDER BY at DESC LIMIT CAST(? AS INTEGER)",
                              {fmt::to_string(max)}, [&out](const Statement& row) {
                                out.push_back({.key = {.day = row.number(0), .domain = row.text(1)},
                                               .begin = time_of(row.number(2)),
                                               .end = time_of(row.number(3)),
                                               .when = time_of(row.number(4)),
                                               .report_id = row.text(5),
                                               .result = row.text(6)});
                              });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::string> ReportStore::secret() {
  std::string out;
  auto done = directory::for_each_row(*database_, "SELECT value FROM meta WHERE key = 'secret'", {},
                                      [&out](const Statement& row) { out = row.text(0); });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<> ReportStore::expire(base::Time before) {
  const std::string at = fmt::to_string(number(before));
  const std::string day = fmt::to_string(day_of(before));
  auto done =
      directory::run_sql(*database_, "DELETE FROM received WHERE at < CAST(? AS INTEGER)", {at});
  if (done) {
    done = directory::run_sql(*database_, "DELETE FROM sent WHERE at < CAST(? AS INTEGER)", {at});
  }
  for (const char* sql : {"DELETE FROM rows WHERE day < CAST(? AS INTEGER)",
                          "DELETE FROM periods WHERE day < CAST(? AS INTEGER)"}) {
    if (done) done = directory::run_sql(*database_, sql, {day});
  }
  return done;
}

}  // namespace report
