// See key_book.h.
#include "admin/sending/key_book.h"

#include <fmt/format.h>

#include <array>

#include "directory/format.h"

namespace sending {
namespace {

constexpr base::Duration expire_every = std::chrono::minutes(5);

// Files of before formats were counted have this table, and count as of format 0.
constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, asked TEXT NOT NULL,
  message TEXT NOT NULL, answer TEXT NOT NULL, settled INTEGER NOT NULL,
  noted INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_noted ON keys (noted);
)";
constexpr std::array schema_steps = {tables};

std::int64_t seconds(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

base::Result<std::unique_ptr<KeyBook>> KeyBook::open(const std::string& path, std::size_t keys_max,
                                                     base::Time now) {
  auto database = directory::Database::open(path);
  if (!database) return std::unexpected(std::move(database.error()));
  std::unique_ptr<KeyBook> out(new KeyBook(std::move(*database), keys_max));
  if (auto begun = out->begin(now); !begun) return std::unexpected(std::move(begun.error()));
  return out;
}

base::Result<> KeyBook::begin(base::Time now) {
  const std::lock_guard lock(mutex_);
  auto made = directory::bring_up_to_date(
      *database_, {.file = "idempotency.db",
                   .steps = schema_steps,
                   .otherwise = "move the file away, and what programs send again is sent twice"});
  if (!made) return made;
  if (auto done = expire(now); !done) return done;
  auto read =
      directory::for_each_row(*database_, "SELECT name, message FROM keys WHERE settled = 0", {},
                              [this](const directory::Statement& row) {
                                const auto id = base::MessageId::parse(row.text(1));
                                if (id) unknown_[*id] = row.text(0);
                              });
  any_unknown_ = !unknown_.empty();
  return read;
}

base::Result<> KeyBook::expire(base::Time now) {
  expired_ = now;
  auto old = database_->prepare("DELETE FROM keys WHERE noted < ?");
  if (!old) return std::unexpected(old.error());
  if (auto done = old->bind(seconds(now - keep_for)).run(); !done) return done;
  auto count = database_->number("SELECT count(*) FROM keys");
  if (!count) return std::unexpected(count.error());
  rows_ = static_cast<std::size_t>(*count);
  return {};
}

base::Result<std::optional<KeyBook::Row>> KeyBook::find(const std::string& name, base::Time now) {
  const std::lock_guard lock(mutex_);
  auto query = database_->prepare(
      "SELECT asked, message, answer, settled FROM keys WHERE name = ? AND noted >= ?");
  if (!query) return std::unexpected(query.error());
  auto found = query->bind(name).bind(seconds(now - keep_for)).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return Row{.name = name,
             .asked = query->text(0),
             .message = base::MessageId::parse(query->text(1)).value_or(base::MessageId{}),
             .answer = query->text(2),
             .settled = query->number(3) != 0};
}

base::Result<> KeyBook::note(const Row& row, base::Time now) {
  const std::lock_guard lock(mutex_);
  if (rows_ >= keys_max_ || now - expired_ > expire_every) {
    if (auto done = expire(now); !done) return done;
  }
  if (rows_ >= keys_max_) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("{} Idempotency-Keys of the last day are remembered, which is "
                                  "the most; raise api.idempotency_keys_max",
                                  keys_max_));
  }
  auto insert = database_->prepare(
      "INSERT OR REPLACE INTO keys (name, asked, message, answer, settled, noted) "
      "VALUES (?, ?, ?, ?, 0, ?)");
  if (!insert) return std::unexpected(insert.error());
  auto done = insert->bind(row.name)
                  .bind(row.asked)
                  .bind(row.message.text())
                  .bind(row.answer)
                  .bind(seconds(now))
                  .run();
  if (done) ++rows_;
  return done;
}

base::Result<> KeyBook::set_settled(const std::string& name) {
  return directory::run_sql(*database_, "UPDATE keys SET settled = 1 WHERE name = ?", {name});
}

base::Result<> KeyBook::settle(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return set_settled(name);
}

base::Result<> KeyBook::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return directory::run_sql(*database_, "DELETE FROM keys WHERE name = ?", {name});
}

// A million messages come by here, and there is nearly never one to look for.
void KeyBook::replayed(base::MessageId message) {
  if (!any_unknown_) return;
  const std::lock_guard lock(mutex_);
  const auto found = unknown_.find(message);
  if (found == unknown_.end()) return;
  // When it cannot be written the row must not be taken for one of a message that was never sent.
  if (set_settled(found->second)) {
    unknown_.erase(found);
  } else {
    damaged_ = true;
  }
}

base::Result<> KeyBook::end_replay() {
  const std::lock_guard lock(mutex_);
  if (!any_unknown_) return {};
  if (damaged_) {
    return base::fail(
        base::ErrorKind::io,
        "idempotency.db cannot be written: make room on its disk, or mend its rights");
  }
  auto forgotten = directory::run_sql(*database_, "DELETE FROM keys WHERE settled = 0", {});
  unknown_.clear();
  any_unknown_ = false;
  return forgotten;
}

}  // namespace sending
