// See database.h.
#include "directory/database.h"

#include <fmt/format.h>
#include <grp.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/check.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::Result;

ErrorKind kind_of(int code) {
  switch (code & 0xff) {  // the primary result code
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::busy;
    case SQLITE_FULL: return ErrorKind::no_space;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::corrupt;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: return ErrorKind::denied;
    case SQLITE_CONSTRAINT: return ErrorKind::exists;
    case SQLITE_CANTOPEN: return ErrorKind::not_found;
    default: return ErrorKind::io;
  }
}

std::unexpected<base::Error> fail_sqlite(sqlite3* handle, std::string_view doing) {
  const char* file = sqlite3_db_filename(handle, "main");
  return base::fail(kind_of(sqlite3_errcode(handle)),
                    fmt::format("{} {}: {}", doing, file == nullptr ? "the database" : file,
                                sqlite3_errmsg(handle)));
}

Result<gid_t> group_id(const std::string& name) {
  const struct group* found = ::getgrnam(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (found != nullptr) return found->gr_gid;
  return base::fail(ErrorKind::not_found,
                    fmt::format("there is no group \"{}\" on this machine; name one in "
                                "[directory] database_group, or leave it empty",
                                name));
}

// SQLite makes its files readable for everybody; verifiers are nobody's business. The files beside
// (-wal, -shm) get the mode of the first when they are made.
Result<> restrict_access(const std::string& path, const std::string& group) {
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return base::fail_errno("stat " + path, errno);
  if (!group.empty()) {
    const auto id = group_id(group);
    if (!id) return std::unexpected(id.error());
    if (file.st_gid != *id && ::chown(path.c_str(), static_cast<uid_t>(-1), *id) != 0) {
      return base::fail_errno(fmt::format("give {} to the group {}", path, group), errno);
    }
  }
  const mode_t mode = group.empty() ? 0600 : 0640;
  if ((file.st_mode & 0777U) == mode) return {};
  // Somebody else's file (the command line as another user) keeps the mode that its owner gave it.
  if (::chmod(path.c_str(), mode) != 0 && errno != EPERM) {
    return base::fail_errno("change the mode of " + path, errno);
  }
  return {};
}

// A reader without the right to write needs the -wal and -shm files, so they stay when we end.
Result<> share_with_group(sqlite3* handle, const std::string& path, const std::string& group) {
  int keep = 1;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string beside = path + suffix;
    struct stat file = {};
    if (::stat(beside.c_str(), &file) != 0) continue;
    if (auto done = restrict_access(beside, group); !done) return done;
  }
  return {};
}

bool is_file(const std::string& path) { return !path.empty() && path != ":memory:"; }

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_) {}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::string_view text) {
  const int rc = sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                   SQLITE_TRANSIENT);
  CHECK(rc == SQLITE_OK, "a parameter that the statement has");
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  const int rc = sqlite3_bind_int64(statement_, ++bound_, number);
  CHECK(rc == SQLITE_OK, "a parameter that the statement has");
  return *this;
}

Statement& Statement::bind_or_null(const std::optional<std::string>& text) {
  if (text) return bind(std::string_view(*text));
  CHECK(sqlite3_bind_null(statement_, ++bound_) == SQLITE_OK, "a parameter that it has");
  return *this;
}

Statement& Statement::bind_or_null(std::optional<std::int64_t> number) {
  if (number) return bind(*number);
  CHECK(sqlite3_bind_null(statement_, ++bound_) == SQLITE_OK, "a parameter that it has");
  return *this;
}

Result<bool> Statement::step() {
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return fail_sqlite(sqlite3_db_handle(statement_), "use");
}

Result<> Statement::run() {
  auto row = step();
  if (!row) return std::unexpected(row.error());
  return {};
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> Statement::number_or_null(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return number(column);
}

std::optional<std::string> Statement::text_or_null(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return text(column);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path,
                                                 const std::string& group) {
  sqlite3* handle = nullptr;
  const int rc =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  CHECK(handle != nullptr, "out of memory");
  std::unique_ptr<Database> database(new Database(handle));
  if (rc != SQLITE_OK) {
    return base::fail(kind_of(rc), fmt::format("open {}: {}", path, sqlite3_errmsg(handle)));
  }
  if (is_file(path)) {
    if (auto restricted = restrict_access(path, group); !restricted) {
      return std::unexpected(restricted.error());
    }
  }
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  sqlite3_extended_result_codes(handle, 1);
  auto set = database->execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
      "PRAGMA temp_store=MEMORY;");
  if (set && is_file(path) && !group.empty()) set = share_with_group(handle, path, group);
  if (!set) return std::unexpected(set.error());
  return database;
}

// While nobody writes, there is no log beside the file, and SQLite must not make one: it would
// belong to whoever reads.
Result<std::unique_ptr<Database>> Database::open_to_read(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned>(c));
    } else {
      uri += c;
    }
  }
  uri += is_file(path + "-wal") ? "?mode=ro" : "?immutable=1";
  sqlite3* handle = nullptr;
  const int rc =
      sqlite3_open_v2(uri.c_str(), &handle,
                      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, nullptr);
  CHECK(handle != nullptr, "out of memory");
  std::unique_ptr<Database> database(new Database(handle));
  if (rc != SQLITE_OK) {
    return base::fail(kind_of(rc), fmt::format("open {}: {}", path, sqlite3_errmsg(handle)));
  }
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail_sqlite(handle_, "use");
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int rc =
      sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (rc != SQLITE_OK) return fail_sqlite(handle_, "use");
  return Statement(statement);
}

Result<std::int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->number(0) : 0;
}

std::uint64_t Database::total_changes() const {
  return static_cast<std::uint64_t>(sqlite3_total_changes64(handle_));
}

std::uint64_t Database::last_changes() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(handle_));
}

Result<> run_sql(Database& database, std::string_view sql,
                 std::initializer_list<std::string_view> values) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (const auto value : values) statement->bind(value);
  return statement->run();
}

Result<> for_each_row(Database& database, std::string_view sql,
                      std::initializer_list<std::string_view> values,
                      const std::function<void(const Statement&)>& use) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (const auto value : values) statement->bind(value);
  while (true) {
    auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    use(*statement);
  }
}

Result<std::size_t> count_rows(Database& database, std::string_view sql,
                               std::initializer_list<std::string_view> values) {
  std::size_t out = 0;
  auto done = for_each_row(database, sql, values, [&out](const Statement& row) {
    out = static_cast<std::size_t>(row.number(0));
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<Transaction> Transaction::begin(Database& database, bool immediate) {
  auto begun = database.execute(immediate ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begun) return std::unexpected(begun.error());
  return Transaction(database);
}

Transaction::~Transaction() {
  // A rollback that fails has nothing to undo: SQLite rolled back on its own.
  if (database_ == nullptr) return;
  [[maybe_unused]] const auto done = database_->execute("ROLLBACK");
}

Result<> Transaction::commit() {
  auto done = database_->execute("COMMIT");
  if (done) database_ = nullptr;
  return done;
}

}  // namespace directory
