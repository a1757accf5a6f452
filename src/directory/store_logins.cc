// See store.h: log-ins and app passwords.
#include <fmt/format.h>

#include "directory/credential.h"
#include "directory/names.h"
#include "directory/store.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

std::int64_t seconds_of(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

Result<> Store::add_login(std::string_view address, std::string_view name,
                          std::string_view verifier, const LoginFields& fields) {
  auto login = login_name(fmt::format("{}/{}", address, name));
  if (!login) return std::unexpected(login.error());
  if (auto good = parse_verifier(verifier); !good) return std::unexpected(good.error());
  if ((fields.scopes & scope_all) == 0) {
    return fail(ErrorKind::invalid,
                "an app password that may neither send nor read is for nothing");
  }
  const std::string mailbox = account_of(*login);
  if (auto known = must_be_mailbox(mailbox); !known) return known;
  auto statement = database_->prepare(
      "INSERT INTO logins (login, address, verifier, scopes, expires) VALUES (?, ?, ?, ?, ?)");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(*login).bind(mailbox).bind(verifier);
  statement->bind(static_cast<std::int64_t>(fields.scopes & scope_all));
  std::optional<std::int64_t> expires;
  if (fields.expires) expires = seconds_of(*fields.expires);
  auto added = statement->bind_or_null(expires).run();
  if (!added && added.error().kind == ErrorKind::exists) {
    return fail(ErrorKind::exists, fmt::format("there is a login {} already", *login));
  }
  return added;
}

Result<> Store::set_verifier(std::string_view login, std::string_view verifier) {
  auto name = login_name(login);
  if (!name) return std::unexpected(name.error());
  if (auto good = parse_verifier(verifier); !good) return std::unexpected(good.error());
  auto set =
      run_sql(*database_, "UPDATE logins SET verifier = ? WHERE login = ?", {verifier, *name});
  if (set && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("there is no login {}", *name));
  }
  return set;
}

Result<> Store::remove_login(std::string_view login) {
  auto name = login_name(login);
  if (!name) return std::unexpected(name.error());
  if (account_of(*name) == *name) {
    return fail(ErrorKind::invalid,
                fmt::format("{0} is the mailbox's own log-in: `stagepost user passwd {0}` changes "
                            "its password, `stagepost user remove {0}` removes the mailbox",
                            *name));
  }
  auto removed = run_sql(*database_, "DELETE FROM logins WHERE login = ?", {*name});
  if (removed && database_->last_changes() == 0) {
    return fail(ErrorKind::not_found, fmt::format("there is no login {}", *name));
  }
  return removed;
}

Result<std::vector<LoginRow>> Store::logins(std::string_view address) {
  auto name = address_name(address);
  if (!name) return std::unexpected(name.error());
  if (auto known = must_be_mailbox(*name); !known) return std::unexpected(known.error());
  std::vector<LoginRow> out;
  auto done =
      for_each_row(*database_,
                   "SELECT login, verifier, scopes, expires, created FROM logins WHERE address = ? "
                   "ORDER BY login",
                   {*name}, [&out](const Statement& row) {
                     LoginRow login{.login = row.text(0), .verifier = row.text(1)};
                     login.scopes = static_cast<std::uint8_t>(row.number(2) & scope_all);
                     if (const auto at = row.number_or_null(3)) {
                       login.expires = base::Time(std::chrono::seconds(*at));
                     }
                     login.created = row.text(4);
                     out.push_back(std::move(login));
                   });
  if (!done) return std::unexpected(done.error());
  return out;
}

}  // namespace directory
