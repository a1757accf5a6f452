// See flow_store.h.
#include "admin/flow/flow_store.h"

#include <algorithm>
#include <array>

#include "directory/format.h"

namespace flow {
namespace {

using base::Result;
using directory::Statement;

// `step` is its length and `begin` its first second since 1970.
constexpr const char* tables = R"sql(
CREATE TABLE flow (step INTEGER NOT NULL, begin INTEGER NOT NULL, received INTEGER NOT NULL,
                   submitted INTEGER NOT NULL, delivered INTEGER NOT NULL,
                   deferred INTEGER NOT NULL, failed INTEGER NOT NULL, refused INTEGER NOT NULL,
                   PRIMARY KEY (step, begin)) WITHOUT ROWID;
CREATE TABLE receivers (step INTEGER NOT NULL, begin INTEGER NOT NULL, domain TEXT NOT NULL,
                        delivered INTEGER NOT NULL, deferred INTEGER NOT NULL,
                        failed INTEGER NOT NULL, milliseconds INTEGER NOT NULL,
                        PRIMARY KEY (step, begin, domain)) WITHOUT ROWID;
CREATE TABLE troubles (domain TEXT PRIMARY KEY, at INTEGER NOT NULL, text TEXT NOT NULL)
  WITHOUT ROWID;
)sql";
constexpr std::array schema_steps = {tables};

std::int64_t signed_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t unsigned_of(std::int64_t number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
}

std::int64_t seconds_of(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// Runs `sql` with numbers as its parameters.
Result<> run(directory::Database& database, std::string_view sql,
             std::initializer_list<std::int64_t> numbers) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (const std::int64_t number : numbers) statement->bind(number);
  return statement->run();
}

// Gives each row to `take`.
template <class Take>
Result<> each(directory::Database& database, std::string_view sql,
              std::initializer_list<std::int64_t> numbers, Take take) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (const std::int64_t number : numbers) statement->bind(number);
  for (;;) {
    auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    take(*statement);
  }
}

Counts counts_of(const Statement& row, int first) {
  Counts out;
  for (std::size_t i = 0; i < kinds; ++i) {
    out.of.at(i) = unsigned_of(row.number(first + static_cast<int>(i)));
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<FlowStore>> FlowStore::open(const std::string& path) {
  auto database = directory::Database::open(path);
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<FlowStore> store(new FlowStore(std::move(*database)));
  // Losing the last seconds of counters with the power is no harm: no sync for each sample.
  auto done = store->database_->execute("PRAGMA synchronous=NORMAL;");
  if (done) done = store->make_tables();
  if (!done) return std::unexpected(done.error());
  return store;
}

Result<> FlowStore::make_tables() {
  return directory::bring_up_to_date(*database_,
                                     {.file = "flow.db",
                                      .steps = schema_steps,
                                      .otherwise = "move the file away to begin a new history"});
}

Result<> FlowStore::add(const Sample& sample) {
  auto transaction = directory::Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  Result<> done;
  for (const Step& step : steps) {
    if (done) done = add_counts(step, sample);
    if (done) done = add_receivers(step, sample);
  }
  if (done) done = add_troubles(sample);
  if (!done) return done;
  return transaction->commit();
}

Result<> FlowStore::add_counts(const Step& step, const Sample& sample) {
  if (sample.counts.empty()) return {};
  const auto& of = sample.counts.of;
  return run(
      *database_,
      "INSERT INTO flow VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
      "received = received + excluded.received, submitted = submitted + excluded.submitted, "
      "delivered = delivered + excluded.delivered, deferred = deferred + excluded.deferred, "
      "failed = failed + excluded.failed, refused = refused + excluded.refused",
      {step.length.count(), seconds_of(begin_of_step(sample.when, step.length)), signed_of(of[0]),
       signed_of(of[1]), signed_of(of[2]), signed_of(of[3]), signed_of(of[4]), signed_of(of[5])});
}

Result<> FlowStore::add_receivers(const Step& step, const Sample& sample) {
  if (sample.receivers.counts.empty()) return {};
  const std::int64_t length = step.length.count();
  const std::int64_t begin = seconds_of(begin_of_step(sample.when, step.length));
  std::int64_t lines = 0;
  auto counted = each(
      *database_, "SELECT COUNT(*) FROM receivers WHERE step = ? AND begin = ? AND domain <> ''",
      {length, begin}, [&lines](const Statement& row) { lines = row.number(0); });
  if (!counted) return counted;
  ReceiverCounts rest;
  for (const auto& line : sample.receivers.counts) {
    if (line.first == others) {
      rest += line.second;
      continue;
    }
    const auto grown = grow(length, begin, line);
    if (!grown) return std::unexpected(grown.error());
    if (*grown) continue;
    if (lines >= domains_per_step_max) {
      rest += line.second;
      continue;
    }
    if (auto done = insert(length, begin, line.first, line.second); !done) return done;
    ++lines;
  }
  if (rest.all() == 0) return {};
  return insert(length, begin, others, rest);
}

// False: it has no line in this step yet.
Result<bool> FlowStore::grow(std::int64_t step, std::int64_t begin,
                             const std::pair<std::string, ReceiverCounts>& line) {
  auto statement = database_->prepare(
      "UPDATE receivers SET delivered = delivered + ?, deferred = deferred + ?, "
      "failed = failed + ?, milliseconds = milliseconds + ? "
      "WHERE step = ? AND begin = ? AND domain = ?");
  if (!statement) return std::unexpected(statement.error());
  const ReceiverCounts& counts = line.second;
  statement->bind(signed_of(counts.delivered)).bind(signed_of(counts.deferred));
  statement->bind(signed_of(counts.failed)).bind(signed_of(counts.milliseconds));
  statement->bind(step).bind(begin).bind(std::string_view(line.first));
  if (auto done = statement->run(); !done) return std::unexpected(done.error());
  return database_->last_changes() > 0;
}

Result<> FlowStore::insert(std::int64_t step, std::int64_t begin, std::string_view domain,
                           const ReceiverCounts& counts) {
  auto statement = database_->prepare(
      "INSERT INTO receivers VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
      "delivered = delivered + excluded.delivered, deferred = deferred + excluded.deferred, "
      "failed = failed + excluded.failed, milliseconds = milliseconds + excluded.milliseconds");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(step).bind(begin).bind(domain);
  statement->bind(signed_of(counts.delivered)).bind(signed_of(counts.deferred));
  statement->bind(signed_of(counts.failed)).bind(signed_of(counts.milliseconds));
  return statement->run();
}

Result<> FlowStore::add_troubles(const Sample& sample) {
  for (const auto& [domain, trouble] : sample.receivers.troubles) {
    auto statement = database_->prepare("INSERT OR REPLACE INTO troubles VALUES (?, ?, ?)");
    if (!statement) return std::unexpected(statement.error());
    statement->bind(std::string_view(domain)).bind(seconds_of(trouble.when));
    statement->bind(std::string_view(trouble.text));
    if (auto done = statement->run(); !done) return done;
  }
  return {};
}

Result<std::vector<Counts>> FlowStore::series(const Period& period, base::Time now) {
  std::vector<Counts> out(period.count);
  const std::int64_t begin = seconds_of(begin_of(period, now));
  const std::int64_t step = period.step.count();
  auto done = each(*database_,
                   "SELECT begin, received, submitted, delivered, deferred, failed, refused "
                   "FROM flow WHERE step = ? AND begin BETWEEN ? AND ?",
                   {step, begin, seconds_of(now)}, [&](const Statement& row) {
                     const auto at = static_cast<std::size_t>((row.number(0) - begin) / step);
                     if (at < out.size()) out[at] = counts_of(row, 1);
                   });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<Counts> FlowStore::sum(base::Time since, base::Time now) {
  Counts out;
  const Step& step = steps[1];
  auto done =
      each(*database_,
           "SELECT TOTAL(received), TOTAL(submitted), TOTAL(delivered), TOTAL(deferred), "
           "TOTAL(failed), TOTAL(refused) FROM flow WHERE step = ? AND begin BETWEEN ? "
           "AND ?",
           {step.length.count(), seconds_of(begin_of_step(since, step.length)), seconds_of(now)},
           [&out](const Statement& row) { out = counts_of(row, 0); });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::vector<ReceiverLine>> FlowStore::receivers(const Period& period, base::Time now,
                                                       std::size_t max) {
  std::vector<ReceiverLine> lines;
  ReceiverLine rest{.domain = std::string(others), .counts = {}};
  auto done =
      each(*database_,
           "SELECT r.domain, SUM(r.delivered) AS d, SUM(r.deferred) AS w, SUM(r.failed) AS f, "
           "SUM(r.milliseconds), t.at, t.text FROM receivers r LEFT JOIN troubles t USING (domain) "
           "WHERE r.step = ? AND r.begin BETWEEN ? AND ? GROUP BY r.domain "
           "ORDER BY d + w + f DESC, r.domain",
           {period.step.count(), seconds_of(begin_of(period, now)), seconds_of(now)},
           [&](const Statement& row) {
             ReceiverLine line{.domain = row.text(0), .counts = {}};
             line.counts = {.delivered = unsigned_of(row.number(1)),
                            .deferred = unsigned_of(row.number(2)),
                            .failed = unsigned_of(row.number(3)),
                            .milliseconds = unsigned_of(row.number(4))};
             if (line.domain == others || lines.size() >= max) {
               rest.counts += line.counts;
               return;
             }
             if (const auto at = row.number_or_null(5)) {
               line.trouble =
                   Trouble{.when = base::Time(std::chrono::seconds(*at)), .text = row.text(6)};
             }
             lines.push_back(std::move(line));
           });
  if (!done) return std::unexpected(done.error());
  if (rest.counts.all() > 0) lines.push_back(std::move(rest));
  return lines;
}

Result<> FlowStore::forget(base::Time now) {
  auto transaction = directory::Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  Result<> done;
  for (const Step& step : steps) {
    const std::int64_t oldest = seconds_of(now - step.kept_for);
    const std::int64_t newest = seconds_of(now + step.length);
    for (const std::string_view sql :
         {"DELETE FROM flow WHERE step = ? AND begin NOT BETWEEN ? AND ?",
          "DELETE FROM receivers WHERE step = ? AND begin NOT BETWEEN ? AND ?"}) {
      if (done) done = run(*database_, sql, {step.length.count(), oldest, newest});
    }
  }
  if (done) {
    done = run(*database_,
               "DELETE FROM troubles WHERE at < ? OR domain NOT IN "
               "(SELECT domain FROM troubles ORDER BY at DESC LIMIT ?)",
               {seconds_of(now - steps.back().kept_for), troubles_max});
  }
  if (!done) return done;
  return transaction->commit();
}

}  // namespace flow
