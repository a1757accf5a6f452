// See store.h.
#include "admin/webhooks/store.h"

#include <fmt/format.h>

#include <array>

#include "directory/format.h"

#include "lib/base/text.h"

namespace webhooks {
namespace {

std::int64_t micros(base::Time time) { return time.time_since_epoch().count(); }
base::Time time_of(std::int64_t micros) { return base::Time(base::Duration(micros)); }

std::optional<base::Time> maybe_time(std::optional<std::int64_t> micros) {
  if (!micros) return std::nullopt;
  return time_of(*micros);
}
std::optional<std::int64_t> maybe_micros(std::optional<base::Time> time) {
  if (!time) return std::nullopt;
  return micros(*time);
}

std::string join(const std::vector<Kind>& kinds) {
  std::string out;
  for (const Kind kind : kinds) {
    if (!out.empty()) out += ' ';
    out += to_string(kind);
  }
  return out;
}

std::vector<Kind> split(std::string_view text) {
  std::vector<Kind> out;
  for (const std::string_view word : base::words(text)) {
    if (const auto kind = parse_kind(word)) out.push_back(*kind);
  }
  return out;
}

Hook hook_of(const directory::Statement& row) {
  Hook out;
  out.name = row.text(0);
  out.url = row.text(1);
  out.kinds = split(row.text(2));
  out.account = row.text(3);
  out.domain = row.text(4);
  out.secret = row.text(5);
  out.old_secret = row.text(6);
  out.old_until = time_of(row.number(7));
  out.created = time_of(row.number(8));
  out.last_success = maybe_time(row.number_or_null(9));
  out.last_failure = maybe_time(row.number_or_null(10));
  out.last_error = row.text(11);
  out.failures = static_cast<std::uint32_t>(row.number(12));
  return out;
}

// One transaction of `work`.
template <class Work>
base::Result<> as_one(directory::Database& database, const Work& work) {
  auto transaction = directory::Transaction::begin(database, true);
  if (!transaction) return std::unexpected(transaction.error());
  if (base::Result<> done = work(); !done) return done;
  return transaction->commit();
}

// Files of before formats were counted have these tables, and count as of format 0.
constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS hooks (
  name TEXT PRIMARY KEY, url TEXT NOT NULL, kinds TEXT NOT NULL, account TEXT NOT NULL,
  domain TEXT NOT NULL, secret TEXT NOT NULL, old_secret TEXT NOT NULL, old_until INTEGER NOT NULL,
  created INTEGER NOT NULL, last_success INTEGER, last_failure INTEGER, last_error TEXT NOT NULL,
  failures INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  number INTEGER PRIMARY KEY AUTOINCREMENT, hook TEXT NOT NULL REFERENCES hooks ON DELETE CASCADE,
  event TEXT NOT NULL, message TEXT NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL,
  attempts INTEGER NOT NULL, due INTEGER, parked INTEGER NOT NULL, UNIQUE (hook, event));
CREATE INDEX IF NOT EXISTS events_due ON events (hook, parked, due);
CREATE INDEX IF NOT EXISTS events_message ON events (hook, message, parked, number);
)";
constexpr std::array schema_steps = {tables};

}  // namespace

base::Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  auto database = directory::Database::open(path);
  if (!database) return std::unexpected(std::move(database.error()));
  std::unique_ptr<Store> out(new Store(std::move(*database)));
  if (auto made = out->make_tables(); !made) return std::unexpected(std::move(made.error()));
  return out;
}

base::Result<> Store::make_tables() {
  return directory::bring_up_to_date(*database_,
                                     {.file = "webhooks.db",
                                      .steps = schema_steps,
                                      .otherwise = "move the file away to begin without webhooks"});
}

base::Result<std::vector<Hook>> Store::hooks() {
  const std::lock_guard lock(mutex_);
  std::vector<Hook> out;
  auto read = directory::for_each_row(
      *database_,
      "SELECT name, url, kinds, account, domain, secret, old_secret, old_until, created, "
      "last_success, last_failure, last_error, failures FROM hooks ORDER BY name",
      {}, [&out](const directory::Statement& row) { out.push_back(hook_of(row)); });
  if (!read) return std::unexpected(read.error());
  return out;
}

base::Result<> Store::add(const Hook& hook, std::size_t webhooks_max) {
  const std::lock_guard lock(mutex_);
  auto count = database_->number("SELECT count(*) FROM hooks");
  if (!count) return std::unexpected(count.error());
  if (static_cast<std::size_t>(*count) >= webhooks_max) {
    return base::fail(
        base::ErrorKind::limit,
        fmt::format("there are {} webhooks, which is the most (webhooks.webhooks_max)",
                    webhooks_max));
  }
  auto insert = database_->prepare(
      "INSERT INTO hooks VALUES (?, ?, ?, ?, ?, ?, '', 0, ?, NULL, NULL, '', 0)");
  if (!insert) return std::unexpected(insert.error());
  auto done = insert->bind(hook.name)
                  .bind(hook.url)
                  .bind(join(hook.kinds))
                  .bind(hook.account)
                  .bind(hook.domain)
                  .bind(hook.secret)
                  .bind(micros(hook.created))
                  .run();
  if (!done && done.error().kind == base::ErrorKind::exists) {
    done.error().detail = fmt::format("there is a webhook {} already; remove it first", hook.name);
  }
  return done;
}

base::Result<> Store::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (auto done = directory::run_sql(*database_, "DELETE FROM hooks WHERE name = ?", {name});
      !done) {
    return done;
  }
  if (database_->last_changes() > 0) return {};
  return base::fail(base::ErrorKind::not_found,
                    fmt::format("there is no webhook {}; `stagepost webhook list` shows them",
                                base::printable(name, 60)));
}

base::Result<> Store::update(const Hook& hook) {
  const std::lock_guard lock(mutex_);
  auto update = database_->prepare(
      "UPDATE hooks SET secret = ?, old_secret = ?, old_until = ?, last_success = ?, "
      "last_failure = ?, last_error = ?, failures = ? WHERE name = ?");
  if (!update) return std::unexpected(update.error());
  return update->bind(hook.secret)
      .bind(hook.old_secret)
      .bind(micros(hook.old_until))
      .bind_or_null(maybe_micros(hook.last_success))
      .bind_or_null(maybe_micros(hook.last_failure))
      .bind(hook.last_error)
      .bind(static_cast<std::int64_t>(hook.failures))
      .bind(hook.name)
      .run();
}

base::Result<std::map<std::string, Counts>> Store::counts() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Counts> out;
  auto read = directory::for_each_row(
      *database_, "SELECT hook, parked, count(*) FROM events GROUP BY hook, parked", {},
      [&out](const directory::Statement& row) {
        Counts& counts = out[row.text(0)];
        (row.number(1) != 0 ? counts.parked : counts.waiting) =
            static_cast<std::size_t>(row.number(2));
      });
  if (!read) return std::unexpected(read.error());
  return out;
}

// Whether there is one row more.
base::Result<bool> Store::insert(const News& news, base::Time now) {
  const Happening& what = news.happening;
  auto other = database_->prepare(
      "SELECT 1 FROM events WHERE hook = ? AND message = ? AND parked = 0 LIMIT 1");
  if (!other) return std::unexpected(other.error());
  auto waits = other->bind(news.hook).bind(what.message).step();
  if (!waits) return std::unexpected(waits.error());
  const bool first = what.message.empty() || !*waits;
  // The webhook may have been removed meanwhile.
  auto insert = database_->prepare(
      "INSERT INTO events (hook, event, message, body, created, attempts, due, parked) "
      "SELECT name, ?, ?, ?, ?, 0, ?, 0 FROM hooks WHERE name = ? "
      "ON CONFLICT (hook, event) DO UPDATE SET parked = 0, attempts = 0, "
      "created = excluded.created, due = excluded.due WHERE parked = 1");
  if (!insert) return std::unexpected(insert.error());
  auto done = insert->bind(what.id)
                  .bind(what.message)
                  .bind(what.body)
                  .bind(micros(now))
                  .bind_or_null(first ? std::optional(micros(now)) : std::nullopt)
                  .bind(news.hook)
                  .run();
  if (!done) return std::unexpected(done.error());
  return database_->last_changes() > 0;
}

base::Result<Store::Added> Store::add(const std::vector<News>& news, std::size_t pending_max,
                                      base::Time now) {
  const std::lock_guard lock(mutex_);
  auto count = database_->number("SELECT count(*) FROM events");
  if (!count) return std::unexpected(count.error());
  auto rows = static_cast<std::size_t>(*count);
  Added out;
  auto done = as_one(*database_, [&]() -> base::Result<> {
    for (const News& one : news) {
      if (rows >= pending_max) {
        ++out.dropped;
        continue;
      }
      auto added = insert(one, now);
      if (!added) return std::unexpected(added.error());
      if (!*added) continue;
      ++rows;
      ++out.added;
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

base::Result<Store::Due> Store::due(const std::string& hook, base::Time now, std::size_t max) {
  const std::lock_guard lock(mutex_);
  auto query = database_->prepare(
      "SELECT number, event, message, body, created, attempts FROM events "
      "WHERE hook = ? AND parked = 0 AND due <= ? ORDER BY due, number LIMIT ?");
  if (!query) return std::unexpected(query.error());
  query->bind(hook).bind(micros(now)).bind(static_cast<std::int64_t>(max));
  Due out;
  for (;;) {
    auto row = query->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    out.events.push_back({.number = query->number(0),
                          .hook = hook,
                          .id = query->text(1),
                          .message = query->text(2),
                          .body = query->text(3),
                          .created = time_of(query->number(4)),
                          .attempts = static_cast<std::uint32_t>(query->number(5))});
  }
  if (!out.events.empty()) return out;
  auto any = database_->prepare("SELECT 1 FROM events WHERE hook = ? AND parked = 0 LIMIT 1");
  if (!any) return std::unexpected(any.error());
  auto more = any->bind(hook).step();
  if (!more) return std::unexpected(more.error());
  out.more = *more;
  return out;
}

base::Result<> Store::free_next(const std::string& hook, const std::string& message,
                                base::Time now) {
  if (message.empty()) return {};
  auto next = database_->prepare(
      "UPDATE events SET due = ? WHERE due IS NULL AND number = (SELECT min(number) FROM events "
      "WHERE hook = ? AND message = ? AND parked = 0)");
  if (!next) return std::unexpected(next.error());
  return next->bind(micros(now)).bind(hook).bind(message).run();
}

base::Result<> Store::told(const Waiting& event, base::Time now) {
  const std::lock_guard lock(mutex_);
  return as_one(*database_, [&]() -> base::Result<> {
    auto gone = database_->prepare("DELETE FROM events WHERE number = ?");
    if (!gone) return std::unexpected(gone.error());
    if (auto done = gone->bind(event.number).run(); !done) return done;
    return free_next(event.hook, event.message, now);
  });
}

base::Result<> Store::put_off(const Waiting& event, base::Time due) {
  const std::lock_guard lock(mutex_);
  auto later = database_->prepare("UPDATE events SET due = ?, attempts = ? WHERE number = ?");
  if (!later) return std::unexpected(later.error());
  return later->bind(micros(due))
      .bind(static_cast<std::int64_t>(event.attempts))
      .bind(event.number)
      .run();
}

base::Result<> Store::park(const Waiting& event, base::Time now) {
  const std::lock_guard lock(mutex_);
  return as_one(*database_, [&]() -> base::Result<> {
    auto park = database_->prepare(
        "UPDATE events SET parked = 1, due = NULL, attempts = ?, created = ? WHERE number = ?");
    if (!park) return std::unexpected(park.error());
    auto done = park->bind(static_cast<std::int64_t>(event.attempts))
                    .bind(micros(now))
                    .bind(event.number)
                    .run();
    if (!done) return done;
    return free_next(event.hook, event.message, now);
  });
}

base::Result<std::size_t> Store::unpark(const std::string& hook, base::Time now) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  auto done = as_one(*database_, [&]() -> base::Result<> {
    auto unpark = database_->prepare(
        "UPDATE events SET parked = 0, attempts = 0, created = ?, due = NULL "
        "WHERE hook = ? AND parked = 1");
    if (!unpark) return std::unexpected(unpark.error());
    if (auto changed = unpark->bind(micros(now)).bind(hook).run(); !changed) return changed;
    count = static_cast<std::size_t>(database_->last_changes());
    // The first of each message is due, unless another one of it is under way.
    auto begin = database_->prepare(
        "UPDATE events SET due = ? WHERE hook = ? AND parked = 0 AND due IS NULL AND "
        "(message = '' OR (number = (SELECT min(number) FROM events AS o WHERE o.hook = "
        "events.hook AND o.message = events.message AND o.parked = 0) AND NOT EXISTS (SELECT 1 "
        "FROM events AS o WHERE o.hook = events.hook AND o.message = events.message AND "
        "o.parked = 0 AND o.due IS NOT NULL)))");
    if (!begin) return std::unexpected(begin.error());
    return begin->bind(micros(now)).bind(hook).run();
  });
  if (!done) return std::unexpected(done.error());
  return count;
}

base::Result<> Store::expire(base::Time parked_before) {
  const std::lock_guard lock(mutex_);
  auto old = database_->prepare("DELETE FROM events WHERE parked = 1 AND created < ?");
  if (!old) return std::unexpected(old.error());
  return old->bind(micros(parked_before)).run();
}

}  // namespace webhooks
