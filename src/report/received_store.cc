// See report_store.h. Reports that arrived.
#include <fmt/format.h>

#include "lib/base/text.h"
#include "report/report_store.h"

namespace report {
namespace {

using base::Result;
using directory::Statement;

std::int64_t number(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
base::Time time_of(std::int64_t number) { return base::Time(std::chrono::seconds(number)); }
std::int64_t number(std::uint64_t count) { return static_cast<std::int64_t>(count); }
std::uint64_t count_of(std::int64_t number) { return static_cast<std::uint64_t>(number); }

constexpr std::string_view columns =
    "SELECT number, kind, organization, contact, report_id, domain, begin, end, count, good, at,"
    " sender, authentication, file, remarks, proven";

ListedReport read_listed(const Statement& row) {
  ListedReport out;
  out.number = row.number(0);
  out.report.kind = kind_of(row.text(1));
  out.report.organization = row.text(2);
  out.report.contact = row.text(3);
  out.report.report_id = row.text(4);
  out.report.domain = row.text(5);
  out.report.begin = time_of(row.number(6));
  out.report.end = time_of(row.number(7));
  out.report.count = count_of(row.number(8));
  out.report.good = count_of(row.number(9));
  out.arrival = {.when = time_of(row.number(10)),
                 .from = row.text(11),
                 .authentication = row.text(12),
                 .file = row.text(13),
                 .proven = row.number(15) != 0};
  const std::string remarks = row.text(14);
  if (!remarks.empty()) {
    for (const std::string_view one : base::split(remarks, '\n')) {
      out.report.remarks.emplace_back(one);
    }
  }
  return out;
}

}  // namespace

std::string_view to_string(ReportKind kind) {
  switch (kind) {
    case ReportKind::aggregate: return "aggregate";
    case ReportKind::tls: return "tls";
    case ReportKind::failure: return "failure";
  }
  return "aggregate";
}

ReportKind kind_of(std::string_view text) {
  if (text == "tls") return ReportKind::tls;
  return text == "failure" ? ReportKind::failure : ReportKind::aggregate;
}

Result<std::int64_t> ReportStore::add(const ReceivedReport& report, const Arrival& arrival) {
  auto transaction = directory::Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  auto insert = database_->prepare(
      "INSERT INTO received (kind, organization, contact, report_id, domain, begin, end, count,"
      " good, at, sender, authentication, file, remarks, detail, proven)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return std::unexpected(insert.error());
  insert->bind(to_string(report.kind)).bind(report.organization).bind(report.contact);
  insert->bind(report.report_id).bind(report.domain);
  insert->bind(number(report.begin)).bind(number(report.end));
  insert->bind(number(report.count)).bind(number(report.good)).bind(number(arrival.when));
  insert->bind(arrival.from).bind(arrival.authentication).bind(arrival.file);
  insert->bind(fmt::format("{}", fmt::join(report.remarks, "\n"))).bind(report.detail);
  insert->bind(std::int64_t{arrival.proven});
  if (auto done = insert->run(); !done) return std::unexpected(done.error());
  auto added = database_->number("SELECT last_insert_rowid()");
  if (!added) return added;
  for (const ReceivedRow& row : report.rows) {
    auto statement = database_->prepare("INSERT INTO received_rows VALUES (?, ?, ?, ?, ?, ?)");
    if (!statement) return std::unexpected(statement.error());
    statement->bind(*added).bind(row.source).bind(number(row.count));
    statement->bind(std::int64_t{row.good}).bind(row.result).bind(row.disposition);
    if (auto done = statement->run(); !done) return std::unexpected(done.error());
  }
  if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
  return added;
}

Result<std::uint64_t> ReportStore::count_from(const std::string& sender, base::Time since) {
  std::uint64_t out = 0;
  auto done = directory::for_each_row(
      *database_, "SELECT count(*) FROM received WHERE sender = ? AND at >= CAST(? AS INTEGER)",
      {sender, fmt::to_string(number(since))},
      [&out](const Statement& row) { out = count_of(row.number(0)); });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::uint64_t> ReportStore::shrink(std::uint64_t bytes_max) {
  std::uint64_t gone = 0;
  for (;;) {
    const auto used = database_->number(
        "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
        " pragma_freelist_count, pragma_page_size");
    if (!used) return std::unexpected(used.error());
    if (count_of(*used) <= bytes_max) return gone;
    auto done = directory::run_sql(*database_,
                                   "DELETE FROM received WHERE number IN (SELECT number FROM"
                                   " received ORDER BY proven, number LIMIT 10)",
                                   {});
    if (!done) return std::unexpected(done.error());
    const auto changed = static_cast<std::uint64_t>(database_->last_changes());
    if (changed == 0) return gone;
    gone += changed;
  }
}

Result<bool> ReportStore::remove(std::int64_t wanted) {
  auto done =
      directory::run_sql(*database_, "DELETE FROM received WHERE number = CAST(? AS INTEGER)",
                         {fmt::to_string(wanted)});
  if (!done) return std::unexpected(done.error());
  return database_->last_changes() > 0;
}

Result<std::vector<ListedReport>> ReportStore::list(const ReportFilter& filter) {
  std::vector<ListedReport> out;
  const std::string sql = fmt::format(
      "{} FROM received WHERE at >= CAST(? AS INTEGER) AND (? = '' OR domain = ?)"
      " ORDER BY number DESC LIMIT CAST(? AS INTEGER)",
      columns);
  auto done =
      directory::for_each_row(*database_, sql,
                              {fmt::to_string(number(filter.since)), filter.domain, filter.domain,
                               fmt::to_string(filter.max)},
                              [&out](const Statement& row) { out.push_back(read_listed(row)); });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::optional<StoredReport>> ReportStore::find(std::int64_t wanted) {
  std::optional<StoredReport> out;
  const std::string sql =
      fmt::format("{}, detail FROM received WHERE number = CAST(? AS INTEGER)", columns);
  auto done = directory::for_each_row(
      *database_, sql, {fmt::to_string(wanted)}, [&out](const Statement& row) {
        out = StoredReport{.listed = read_listed(row), .detail = row.text(16)};
      });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::vector<SummaryLine>> ReportStore::summary(const ReportFilter& filter) {
  std::vector<SummaryLine> out;
  auto done = directory::for_each_row(
      *database_,
      "SELECT a.kind, a.domain, r.source, sum(r.count), sum(r.count * r.good),"
      " group_concat(DISTINCT r.result), count(DISTINCT a.number)"
      " FROM received a JOIN received_rows r USING (number)"
      " WHERE a.at >= CAST(? AS INTEGER) AND (? = '' OR a.domain = ?)"
      " AND (a.proven OR CAST(? AS INTEGER))"
      " GROUP BY a.kind, a.domain, r.source ORDER BY a.kind, a.domain, sum(r.count) DESC"
      " LIMIT CAST(? AS INTEGER)",
      {fmt::to_string(number(filter.since)), filter.domain, filter.domain,
       filter.unproven ? "1" : "0", fmt::to_string(filter.max)},
      [&out](const Statement& row) {
        out.push_back({.kind = kind_of(row.text(0)),
                       .domain = row.text(1),
                       .source = row.text(2),
                       .count = count_of(row.number(3)),
                       .good = count_of(row.number(4)),
                       .results = row.text(5),
                       .reports = count_of(row.number(6))});
      });
  if (!done) return std::unexpected(done.error());
  return out;
}

}  // namespace report
