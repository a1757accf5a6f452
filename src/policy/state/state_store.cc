// See state_store.h.
#include "policy/state/state_store.h"

#include <fmt/format.h>

#include <array>
#include <bit>

#include "directory/format.h"
#include "lib/base/text.h"
#include "policy/state/contact_tables.h"
#include "policy/state/greylist_table.h"
#include "policy/state/sql_rows.h"

namespace policy {
namespace {

using base::Result;
using directory::Statement;

// Times are microseconds since 1970; a failure count has six decimals as a whole number.
constexpr const char* tables = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE bans (network TEXT PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL,
                   why TEXT NOT NULL, by_operator INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tracks (network TEXT PRIMARY KEY, failures INTEGER NOT NULL, seen INTEGER NOT NULL,
                     bans INTEGER NOT NULL, ban_end INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE guesses (login TEXT PRIMARY KEY, failures INTEGER NOT NULL, seen INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE places (login TEXT NOT NULL, address TEXT NOT NULL, seen INTEGER NOT NULL,
                     PRIMARY KEY (login, address)) WITHOUT ROWID;
CREATE TABLE last_uses (login TEXT PRIMARY KEY, at INTEGER NOT NULL, address TEXT NOT NULL)
  WITHOUT ROWID;
CREATE TABLE sent (account TEXT PRIMARY KEY, hours TEXT NOT NULL, minutes TEXT NOT NULL,
                   braked INTEGER NOT NULL, brake_reason TEXT NOT NULL, warned INTEGER NOT NULL,
                   told INTEGER NOT NULL, administrator_told INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE recipients (account TEXT NOT NULL, hash INTEGER NOT NULL, day INTEGER NOT NULL,
                         PRIMARY KEY (account, hash)) WITHOUT ROWID;
INSERT INTO meta VALUES ('secret', hex(randomblob(32)));
)sql";

// What brings a file from each version to the next, beginning with an empty one.
constexpr std::array schema_steps = {tables, contact_tables, greylist_table};

constexpr double millionths = 1e6;

std::int64_t number(base::Time time) { return time.time_since_epoch().count(); }
base::Time time_of(std::int64_t number) { return base::Time(base::Duration(number)); }
std::int64_t number(double count) { return static_cast<std::int64_t>(count * millionths); }
double count_of(std::int64_t number) { return static_cast<double>(number) / millionths; }

Result<> save_bans(directory::Database& database, const StateChanges& changes) {
  const auto by_network = [](Statement& s, const io::IpNetwork& network) {
    s.bind(network.text());
  };
  auto done =
      for_each(database, "DELETE FROM bans WHERE network = ?", changes.bans.gone, by_network);
  if (done) {
    done = for_each(database, "INSERT OR REPLACE INTO bans VALUES (?, ?, ?, ?, ?)",
                    changes.bans.set, [](Statement& s, const BanRow& row) {
                      s.bind(row.network.text()).bind(number(row.since)).bind(number(row.until));
                      s.bind(row.why).bind(std::int64_t{row.by_operator});
                    });
  }
  if (done) {
    done =
        for_each(database, "DELETE FROM tracks WHERE network = ?", changes.tracks.gone, by_network);
  }
  if (!done) return done;
  return for_each(database, "INSERT OR REPLACE INTO tracks VALUES (?, ?, ?, ?, ?)",
                  changes.tracks.set, [](Statement& s, const TrackRow& row) {
                    s.bind(row.network.text()).bind(number(row.failures)).bind(number(row.seen));
                    s.bind(std::int64_t{row.bans}).bind(number(row.ban_end));
                  });
}

Result<> save_guesses(directory::Database& database, const StateChanges& changes) {
  const auto by_login = [](Statement& s, const std::string& login) { s.bind(login); };
  const auto by_row = [](Statement& s, const GuessRow& row) { s.bind(row.login); };
  auto done =
      for_each(database, "DELETE FROM guesses WHERE login = ?", changes.guesses.gone, by_login);
  if (done) {
    done = for_each(database, "DELETE FROM places WHERE login = ?", changes.guesses.gone, by_login);
  }
  if (done) {
    done = for_each(database, "DELETE FROM places WHERE login = ?", changes.guesses.set, by_row);
  }
  if (done) {
    done = for_each(database, "INSERT OR REPLACE INTO guesses VALUES (?, ?, ?)",
                    changes.guesses.set, [](Statement& s, const GuessRow& row) {
                      s.bind(row.login).bind(number(row.failures)).bind(number(row.seen));
                    });
  }
  for (const GuessRow& row : changes.guesses.set) {
    if (!done) return done;
    done = for_each(database, "INSERT OR REPLACE INTO places VALUES (?, ?, ?)", row.places,
                    [&row](Statement& s, const PlaceRow& place) {
                      s.bind(row.login).bind(place.address.text()).bind(number(place.seen));
                    });
  }
  return done;
}

Result<> save_last_uses(directory::Database& database, const StateChanges& changes) {
  auto done = for_each(database, "DELETE FROM last_uses WHERE login = ?", changes.last_uses.gone,
                       [](Statement& s, const std::string& login) { s.bind(login); });
  if (!done) return done;
  return for_each(database, "INSERT OR REPLACE INTO last_uses VALUES (?, ?, ?)",
                  changes.last_uses.set, [](Statement& s, const LastUseRow& row) {
                    s.bind(row.login).bind(number(row.when)).bind(row.address);
                  });
}

Result<> save_sent(directory::Database& database, const StateChanges& changes) {
  const auto by_account = [](Statement& s, const std::string& account) { s.bind(account); };
  const auto by_hash = [](Statement& s, const RecipientRow& row) {
    s.bind(row.account).bind(std::bit_cast<std::int64_t>(row.hash));
  };
  auto done =
      for_each(database, "DELETE FROM sent WHERE account = ?", changes.sent.gone, by_account);
  if (done) {
    done = for_each(database, "DELETE FROM recipients WHERE account = ?", changes.sent.gone,
                    by_account);
  }
  if (done) {
    done = for_each(database, "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    changes.sent.set, [](Statement& s, const SentRow& row) {
                      s.bind(row.account).bind(row.hours).bind(row.minutes);
                      s.bind(number(row.braked)).bind(row.brake_reason).bind(number(row.warned));
                      s.bind(number(row.told)).bind(number(row.administrator_told));
                    });
  }
  if (done) {
    done = for_each(database, "DELETE FROM recipients WHERE account = ? AND hash = ?",
                    changes.recipients.gone, by_hash);
  }
  if (!done) return done;
  return for_each(database, "INSERT OR REPLACE INTO recipients VALUES (?, ?, ?)",
                  changes.recipients.set, [&by_hash](Statement& s, const RecipientRow& row) {
                    by_hash(s, row);
                    s.bind(std::int64_t{row.day});
                  });
}

Result<> load_guard(directory::Database& database, StateImage& image) {
  auto done = each(database, "SELECT network, since, until, why, by_operator FROM bans",
                   [&image](const Statement& s) {
                     if (const auto network = io::IpNetwork::parse(s.text(0))) {
                       image.bans.push_back({.network = *network,
                                             .since = time_of(s.number(1)),
                                             .until = time_of(s.number(2)),
                                             .why = s.text(3),
                                             .by_operator = s.number(4) != 0});
                     }
                   });
  if (!done) return done;
  return each(database, "SELECT network, failures, seen, bans, ban_end FROM tracks",
              [&image](const Statement& s) {
                if (const auto network = io::IpNetwork::parse(s.text(0))) {
                  image.tracks.push_back({.network = *network,
                                          .failures = count_of(s.number(1)),
                                          .seen = time_of(s.number(2)),
                                          .bans = static_cast<std::uint32_t>(s.number(3)),
                                          .ban_end = time_of(s.number(4))});
                }
              });
}

Result<> load_logins(directory::Database& database, StateImage& image) {
  auto done = each(database, "SELECT login, failures, seen FROM guesses ORDER BY login",
                   [&image](const Statement& s) {
                     image.guesses.push_back({.login = s.text(0),
                                              .failures = count_of(s.number(1)),
                                              .seen = time_of(s.number(2)),
                                              .places = {}});
                   });
  std::size_t at = 0;  // both are in the order of their log-ins
  if (done) {
    done = each(
        database, "SELECT login, address, seen FROM places ORDER BY login",
        [&image, &at](const Statement& s) {
          const std::string login = s.text(0);
          while (at < image.guesses.size() && image.guesses[at].login < login) ++at;
          const auto address = io::IpAddress::parse(s.text(1));
          if (!address || at == image.guesses.size()) return;
          if (image.guesses[at].login != login) return;
          image.guesses[at].places.push_back({.address = *address, .seen = time_of(s.number(2))});
        });
  }
  if (!done) return done;
  return each(database, "SELECT login, at, address FROM last_uses", [&image](const Statement& s) {
    image.last_uses.push_back(
        {.login = s.text(0), .when = time_of(s.number(1)), .address = s.text(2)});
  });
}

Result<> load_sent(directory::Database& database, StateImage& image) {
  auto done = each(database,
                   "SELECT account, hours, minutes, braked, brake_reason, warned, told, "
                   "administrator_told FROM sent",
                   [&image](const Statement& s) {
                     image.sent.push_back({.account = s.text(0),
                                           .hours = s.text(1),
                                           .minutes = s.text(2),
                                           .braked = time_of(s.number(3)),
                                           .brake_reason = s.text(4),
                                           .warned = time_of(s.number(5)),
                                           .told = time_of(s.number(6)),
                                           .administrator_told = time_of(s.number(7))});
                   });
  if (!done) return done;
  return each(database, "SELECT account, hash, day FROM recipients", [&image](const Statement& s) {
    image.recipients.push_back({.account = s.text(0),
                                .hash = std::bit_cast<std::uint64_t>(s.number(1)),
                                .day = static_cast<std::uint32_t>(s.number(2))});
  });
}

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& path) {
  auto database = directory::Database::open(path);
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<StateStore> store(new StateStore(std::move(*database)));
  // Losing the last seconds of counters with the power is no harm: no sync for each save.
  auto done = store->database_->execute("PRAGMA synchronous=NORMAL;");
  if (done) done = store->make_tables();
  if (!done) return std::unexpected(done.error());
  return store;
}

Result<> StateStore::make_tables() {
  return directory::bring_up_to_date(
      *database_, {.file = "state.db",
                   .steps = schema_steps,
                   .otherwise = "move the file away to begin with empty counters"});
}

Result<StateImage> StateStore::load() {
  StateImage image;
  Result<> done = each(*database_, "SELECT value FROM meta WHERE key = 'secret'",
                       [&image](const Statement& s) { image.secret = s.text(0); });
  if (done && image.secret.empty()) done = base::fail(base::ErrorKind::corrupt, "state.db: no key");
  if (done) done = load_guard(*database_, image);
  if (done) done = load_logins(*database_, image);
  if (done) done = load_sent(*database_, image);
  if (done) done = load_contacts(*database_, image);
  if (done) done = load_greylist(*database_, image);
  if (!done) return std::unexpected(done.error());
  return image;
}

Result<> StateStore::save(const StateChanges& changes) {
  if (changes.empty()) return {};
  auto transaction = directory::Transaction::begin(*database_, true);
  if (!transaction) return std::unexpected(transaction.error());
  Result<> done = save_bans(*database_, changes);
  if (done) done = save_guesses(*database_, changes);
  if (done) done = save_last_uses(*database_, changes);
  if (done) done = save_sent(*database_, changes);
  if (done) done = save_contacts(*database_, changes);
  if (done) done = save_greylist(*database_, changes);
  if (!done) return done;
  return transaction->commit();
}

}  // namespace policy
