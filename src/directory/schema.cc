// See schema.h.
#include "directory/schema.h"

#include <array>

#include "directory/format.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::Result;

// AUTOINCREMENT keeps the order of creation: a domain's first mailbox gets its postmaster mail.
// dovecot_users gives a verifier in the form that Dovecot's SCRAM-SHA-256 scheme reads.
constexpr const char* version_1 = R"sql(
CREATE TABLE domains (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE mailboxes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  domain TEXT NOT NULL REFERENCES domains(name),
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX mailboxes_domain ON mailboxes(domain);
CREATE TABLE logins (
  login TEXT NOT NULL PRIMARY KEY,
  address TEXT NOT NULL REFERENCES mailboxes(address) ON DELETE CASCADE,
  verifier TEXT NOT NULL,
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX logins_address ON logins(address);
CREATE TABLE aliases (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL,
  domain TEXT NOT NULL REFERENCES domains(name),
  target TEXT NOT NULL,
  UNIQUE (address, target));
CREATE INDEX aliases_domain ON aliases(domain);
CREATE INDEX aliases_target ON aliases(target);
CREATE VIEW dovecot_users (login, mailbox, password) AS
  SELECT login, address,
         '{SCRAM-SHA-256}' || replace(replace(substr(verifier, 15), ':', ','), '$', ',')
  FROM logins;
)sql";

// Scopes are the bits of directory.h (1 send, 2 read); expires is in seconds since 1970. Grants and
// limits name accounts without a foreign key: an account may be kept elsewhere (LDAP).
constexpr const char* version_2 = R"sql(
ALTER TABLE mailboxes ADD COLUMN full_name TEXT;
ALTER TABLE mailboxes ADD COLUMN quota_bytes INTEGER;
ALTER TABLE logins ADD COLUMN scopes INTEGER NOT NULL DEFAULT 3;
ALTER TABLE logins ADD COLUMN expires INTEGER;
CREATE TABLE grants (
  mailbox TEXT NOT NULL,
  what TEXT NOT NULL,
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (mailbox, what)) WITHOUT ROWID;
CREATE TABLE limits (
  scope TEXT NOT NULL PRIMARY KEY,
  is_on INTEGER,
  messages_per_day_max INTEGER,
  new_recipients_per_day_max INTEGER,
  new_recipients_brake_max INTEGER,
  bounces_brake_max INTEGER,
  brake_window_seconds INTEGER) WITHOUT ROWID;
DROP VIEW dovecot_users;
CREATE VIEW dovecot_users (login, mailbox, password, quota_bytes, full_name) AS
  SELECT l.login, l.address,
         '{SCRAM-SHA-256}' || replace(replace(substr(l.verifier, 15), ':', ','), '$', ','),
         m.quota_bytes, m.full_name
  FROM logins l JOIN mailboxes m ON m.address = l.address
  WHERE (l.scopes & 2) <> 0
    AND (l.expires IS NULL OR l.expires > CAST(strftime('%s', 'now') AS INTEGER));
)sql";

// Who may use the web interface; like grants, of accounts that may be kept elsewhere.
constexpr const char* version_3 = R"sql(
CREATE TABLE administrators (
  mailbox TEXT NOT NULL PRIMARY KEY,
  created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP) WITHOUT ROWID;
)sql";

constexpr std::array steps = {version_1, version_2, version_3};
static_assert(steps.size() == static_cast<std::size_t>(schema_version));

}  // namespace

Result<> make_tables(Database& database) {
  return bring_up_to_date(database, {.file = "directory.db", .steps = steps});
}

}  // namespace directory
