// Tests of schema.h: a database of version 1, as Stagepost 0.1 made it, is brought up to date.
#include "directory/schema.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "directory/administrator.h"
#include "directory/snapshot.h"

namespace directory {
namespace {

// The text of version 1, kept here on its own: what is on people's disks does not change.
constexpr const char* old_database = R"sql(
PRAGMA journal_mode=WAL;
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
INSERT INTO domains (name) VALUES ('demo.test');
INSERT INTO mailboxes (address, domain) VALUES ('you@demo.test', 'demo.test');
INSERT INTO logins (login, address, verifier) VALUES
  ('you@demo.test', 'you@demo.test', 'SCRAM-SHA-256$4096:c2FsdA==$one:two'),
  ('you@demo.test/phone', 'you@demo.test', 'SCRAM-SHA-256$4096:c2FsdA==$three:four');
INSERT INTO aliases (address, domain, target) VALUES
  ('info@demo.test', 'demo.test', 'you@demo.test');
PRAGMA user_version=1;
)sql";

class SchemaTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "schema-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/directory.db"; }

  std::string folder_;
};

TEST_F(SchemaTest, Version1IsBroughtUpToDate) {
  ASSERT_TRUE(Database::open(path()).value()->execute(old_database));
  ASSERT_EQ(chmod(path().c_str(), 0644), 0);  // as version 1 left it
  auto opened = Store::open(path());
  ASSERT_TRUE(opened) << opened.error().text();
  auto& store = **opened;
  struct stat file = {};
  ASSERT_EQ(stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);

  const auto snapshot = make_snapshot(store).value();
  const Login* phone = snapshot->login("you@demo.test/phone");
  ASSERT_NE(phone, nullptr);
  EXPECT_EQ(phone->scopes, scope_all);
  EXPECT_FALSE(phone->expires);
  EXPECT_EQ(phone->verifier, "SCRAM-SHA-256$4096:c2FsdA==$three:four");
  EXPECT_EQ(snapshot->limits("you@demo.test"), SendingLimits());
  EXPECT_FALSE(may_administer(*snapshot->login("you@demo.test")))
      << "nobody becomes one by an upgrade";
  ASSERT_TRUE(store.set_mailbox("you@demo.test", {.administrator = true}));
  EXPECT_TRUE(may_administer(*make_snapshot(store).value()->login("you@demo.test")));
  ASSERT_TRUE(store.add_grant("you@demo.test", "a@example.net"));
  ASSERT_TRUE(store.set_limits("*", {.on = false}));
  ASSERT_TRUE(store.set_mailbox("you@demo.test", {.quota_bytes = 5}));

  auto database = Database::open(path()).value();
  EXPECT_EQ(database->number("PRAGMA user_version").value(), schema_version);
  EXPECT_EQ(database->number("SELECT count(*) FROM dovecot_users").value(), 2);
  EXPECT_EQ(database->number("SELECT quota_bytes FROM dovecot_users").value(), 5);
}

TEST_F(SchemaTest, AnInterruptedStepLeavesTheOldVersion) {
  ASSERT_TRUE(Database::open(path()).value()->execute(old_database));
  // The second statement of the step fails: nothing of the first one stays.
  ASSERT_TRUE(Database::open(path()).value()->execute("CREATE TABLE grants (x)"));
  EXPECT_FALSE(Store::open(path()));
  auto database = Database::open(path()).value();
  EXPECT_EQ(database->number("PRAGMA user_version").value(), 1);
  EXPECT_EQ(
      database->number("SELECT count(*) FROM pragma_table_info('logins') WHERE name = 'scopes'")
          .value(),
      0);
  ASSERT_TRUE(database->execute("DROP TABLE grants"));
  database = nullptr;
  EXPECT_TRUE(Store::open(path()));
}

TEST_F(SchemaTest, NewerVersionsAreRefused) {
  ASSERT_TRUE(Store::open(path()));
  ASSERT_TRUE(Database::open(path()).value()->execute(
      fmt::format("PRAGMA user_version={}", schema_version + 1)));
  const auto store = Store::open(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, base::ErrorKind::unsupported);
}

TEST_F(SchemaTest, AGroupMayReadIt) {
  const auto missing = Store::open(path(), "no-such-group-here");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, base::ErrorKind::not_found);
  if (geteuid() != 0) return;  // only root may give files away
  {
    auto store = Store::open(path(), "daemon");
    ASSERT_TRUE(store) << store.error().text();
    ASSERT_TRUE((*store)->add_domain("demo.test"));
  }
  for (const char* suffix : {"", "-wal", "-shm"}) {  // the last two stay, for readers
    struct stat file = {};
    ASSERT_EQ(stat((path() + suffix).c_str(), &file), 0) << suffix;
    EXPECT_EQ(file.st_mode & 0777U, 0640U) << suffix;
    EXPECT_NE(file.st_gid, 0U) << suffix;
  }
}

}  // namespace
}  // namespace directory
