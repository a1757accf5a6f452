// Tests of the Store over SQLite: what it keeps and what it refuses, in which words.
#include "directory/store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "directory/credential.h"
#include "lib/io/sim/random.h"

namespace directory {
namespace {

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "directory-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    store_ = open();
    io::sim::SeededRandom random(1);
    verifier_ = make_verifier("secret", random).value();
  }
  void TearDown() override {
    store_ = nullptr;
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::unique_ptr<Store> open() const {
    auto store = Store::open(path());
    EXPECT_TRUE(store) << (store ? "" : store.error().text());
    return store ? std::move(*store) : nullptr;
  }
  [[nodiscard]] std::string path() const { return folder_ + "/directory.db"; }

  std::string folder_;
  std::string verifier_;
  std::unique_ptr<Store> store_;
};

#define EXPECT_OK(expression)                                     \
  do {                                                            \
    const auto result = (expression);                             \
    EXPECT_TRUE(result) << (result ? "" : result.error().text()); \
  } while (false)
#define EXPECT_REFUSED(expression, kind_of, words)            \
  do {                                                        \
    const auto result = (expression);                         \
    ASSERT_FALSE(result);                                     \
    EXPECT_EQ(result.error().kind, base::ErrorKind::kind_of); \
    EXPECT_EQ(result.error().detail, words);                  \
  } while (false)

TEST_F(StoreTest, KeepsWhatWasAdded) {
  EXPECT_OK(store_->add_domain("Demo.Test"));
  EXPECT_OK(store_->add_domain("a.test"));
  EXPECT_OK(store_->add_mailbox("You@Demo.test", verifier_));
  EXPECT_OK(store_->add_mailbox("an@demo.test", verifier_));
  EXPECT_OK(store_->add_login("you@demo.test", "Phone", verifier_));
  EXPECT_OK(store_->add_alias("info@demo.test",
                              {"you@demo.test", "friend@example.net", "YOU@demo.test"}));
  EXPECT_OK(store_->add_alias("@a.test", {"an@demo.test"}));
  store_ = nullptr;
  store_ = open();
  EXPECT_EQ(store_->domains().value(), (std::vector<std::string>{"demo.test", "a.test"}));
  const auto contents = store_->contents().value();
  EXPECT_EQ(contents.mailboxes, (std::vector<std::string>{"you@demo.test", "an@demo.test"}));
  ASSERT_EQ(contents.aliases.size(), 2U);
  EXPECT_EQ(contents.aliases[0].address, "@a.test");
  EXPECT_EQ(contents.aliases[1].targets,
            (std::vector<std::string>{"you@demo.test", "friend@example.net"}));
  EXPECT_EQ(contents.logins.size(), 3U);
  const auto boxes = store_->mailboxes().value();
  ASSERT_EQ(boxes.size(), 2U);
  EXPECT_EQ(boxes[1].logins, (std::vector<std::string>{"you@demo.test", "you@demo.test/phone"}));
}

TEST_F(StoreTest, AMailboxMaySendCopies) {
  EXPECT_OK(store_->add_domain("demo.test"));
  EXPECT_OK(store_->add_mailbox("you@demo.test", verifier_));
  EXPECT_REFUSED(store_->add_alias("you@demo.test", {"an@example.org"}), exists,
                 "there is a mailbox you@demo.test already; to send copies of its mail elsewhere, "
                 "name it as a target as well: `stagepost alias add you@demo.test you@demo.test "
                 "an@example.org`");
  EXPECT_OK(store_->add_alias("you@demo.test", {"you@demo.test", "an@example.org"}));
  EXPECT_REFUSED(store_->add_alias("you@demo.test", {"you@demo.test", "bo@example.org"}), exists,
                 "copies of you@demo.test go elsewhere already; see `stagepost alias list`");
  EXPECT_OK(store_->set_alias("you@demo.test", {"you@demo.test", "bo@example.org"}));
  EXPECT_REFUSED(store_->remove_mailbox("you@demo.test"), busy,
                 "the alias you@demo.test leads to you@demo.test; remove it first with `stagepost "
                 "alias remove you@demo.test`");
  EXPECT_OK(store_->erase_mailbox("you@demo.test"));
  EXPECT_TRUE(store_->aliases().value().empty()) << "no copy goes out for who is gone";
}

TEST_F(StoreTest, ListsAPageAtATime) {
  EXPECT_OK(store_->add_domain("demo.test"));
  EXPECT_OK(store_->add_mailbox("cy@demo.test", verifier_, {.full_name = "Cyrus Roe"}));
  EXPECT_OK(store_->add_mailbox("an@demo.test", verifier_, {.full_name = "An Other"}));
  EXPECT_OK(store_->add_login("an@demo.test", "phone", verifier_));
  EXPECT_OK(store_->add_mailbox("bo@demo.test", verifier_));
  const auto addresses = [this](const Page& page) {
    std::string out;
    for (const MailboxRow& row : store_->mailboxes(page).value()) {
      out += row.address.substr(0, 2) + std::to_string(row.logins.size()) + " ";
    }
    return out;
  };
  EXPECT_EQ(addresses({}), "an2 bo1 cy1 ");
  EXPECT_EQ(addresses({.rows_max = 2}), "an2 bo1 ") << "rows are mailboxes, not log-ins";
  EXPECT_EQ(addresses({.after = "an@demo.test", .rows_max = 2}), "bo1 cy1 ");
  EXPECT_EQ(addresses({.after = "zz"}), "");
  EXPECT_EQ(addresses({.part = "OTHER"}), "an2 ");
  EXPECT_EQ(addresses({.part = "%"}), "") << "no pattern";
  EXPECT_EQ(store_->count_mailboxes("o").value(), 3U);
  EXPECT_EQ(store_->count_mailboxes("BO@").value(), 1U);
  EXPECT_OK(store_->add_alias("info@demo.test", {"an@demo.test", "bo@demo.test"}));
  EXPECT_OK(store_->add_alias("help@demo.test", {"cy@demo.test"}));
  EXPECT_EQ(store_->count_aliases("").value(), 2U);
  EXPECT_EQ(store_->count_aliases("bo@").value(), 1U);
  const auto found = store_->aliases({.part = "bo@"}).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].targets.size(), 2U) << "all targets, not the one that was looked for alone";
  EXPECT_EQ(store_->aliases({.after = "help@demo.test"}).value().size(), 1U);
}

TEST_F(StoreTest, RefusesWithTheRemedy) {
  EXPECT_REFUSED(
      store_->add_mailbox("you@demo.test", verifier_), not_found,
      "demo.test is not one of our domains; add it with `stagepost domain add demo.test`");
  EXPECT_REFUSED(
      store_->remove_domain("demo.test"), not_found,
      "demo.test is not one of our domains; add it with `stagepost domain add demo.test`");
  EXPECT_OK(store_->add_domain("demo.test"));
  EXPECT_REFUSED(store_->add_domain("DEMO.test"), exists,
                 "demo.test is one of our domains already");
  EXPECT_OK(store_->add_mailbox("you@demo.test", verifier_));
  EXPECT_REFUSED(store_->add_mailbox("you@demo.test", verifier_), exists,
                 "there is a mailbox you@demo.test already");
  EXPECT_REFUSED(store_->add_mailbox("me@demo.test", "plain"), invalid,
                 "not a SCRAM-SHA-256 verifier");
  EXPECT_REFUSED(store_->add_alias("info@demo.test", {"yuo@demo.test"}), not_found,
                 "the target yuo@demo.test is neither a mailbox nor an alias; add it first with "
                 "`stagepost user add yuo@demo.test`");
  EXPECT_REFUSED(store_->add_alias("info@demo.test", {"info@demo.test"}), invalid,
                 "the alias info@demo.test would lead to itself");
  EXPECT_REFUSED(store_->add_alias("info@demo.test", {}), invalid,
                 "an alias needs at least one target");
  EXPECT_REFUSED(
      store_->add_alias("info@other.test", {"you@demo.test"}), not_found,
      "other.test is not one of our domains; add it with `stagepost domain add other.test`");
  EXPECT_OK(store_->add_alias("info@demo.test", {"you@demo.test"}));
  EXPECT_OK(store_->add_alias("lists@demo.test", {"you+lists@demo.test", "postmaster@demo.test"}));
  EXPECT_REFUSED(store_->add_alias("info@demo.test", {"you@demo.test"}), exists,
                 "there is an alias info@demo.test already; remove it with `stagepost alias remove "
                 "info@demo.test`");
  EXPECT_REFUSED(store_->remove_mailbox("you@demo.test"), busy,
                 "the alias info@demo.test leads to you@demo.test; remove it first with `stagepost "
                 "alias remove info@demo.test`");
  EXPECT_REFUSED(
      store_->remove_domain("demo.test"), busy,
      "demo.test still has the mailbox you@demo.test; remove it first with `stagepost user "
      "remove you@demo.test`");
  EXPECT_REFUSED(store_->remove_alias("nobody@demo.test"), not_found,
                 "there is no alias nobody@demo.test");
  EXPECT_REFUSED(store_->remove_mailbox("nobody@demo.test"), not_found,
                 "there is no mailbox nobody@demo.test");
  EXPECT_REFUSED(store_->add_login("nobody@demo.test", "phone", verifier_), not_found,
                 "there is no mailbox nobody@demo.test; add it with `stagepost user add "
                 "nobody@demo.test`");
}

TEST_F(StoreTest, ADomainMayHaveAnotherName) {
  for (const char* domain : {"demo.test", "old.test", "older.test"}) {
    EXPECT_OK(store_->add_domain(domain));
  }
  EXPECT_OK(store_->add_mailbox("you@demo.test", verifier_));
  EXPECT_OK(store_->add_alias("@old.test", {"@Demo.Test"}));
  EXPECT_OK(store_->add_alias("@older.test", {"@old.test"}));
  EXPECT_OK(store_->add_alias("info@demo.test", {"you@old.test"}));
  EXPECT_REFUSED(store_->add_alias("@demo.test", {"@older.test"}), invalid,
                 "@demo.test and @older.test would be names of each other");
  EXPECT_REFUSED(store_->set_alias("@old.test", {"@demo.test", "you@demo.test"}), invalid,
                 "a whole domain is the only target of another whole domain; write `stagepost "
                 "alias add @old.test @example.org`");
  EXPECT_REFUSED(store_->add_alias("all@demo.test", {"@demo.test"}), invalid,
                 "a whole domain is the only target of another whole domain; write `stagepost "
                 "alias add @demo.test @example.org`");
  EXPECT_REFUSED(store_->set_alias("@old.test", {"@elsewhere.test"}), not_found,
                 "elsewhere.test is not one of our domains; add it with `stagepost domain add "
                 "elsewhere.test`");
  EXPECT_OK(store_->add_domain("new.test"));
  EXPECT_OK(store_->set_alias("@older.test", {"@new.test"}));
  EXPECT_REFUSED(store_->remove_domain("new.test"), busy,
                 "new.test still has the alias @older.test; remove it first with `stagepost alias "
                 "remove @older.test`");
  EXPECT_OK(store_->set_alias("@old.test", {"you@demo.test"}));
}

TEST_F(StoreTest, LoginsChangeAndGo) {
  EXPECT_OK(store_->add_domain("demo.test"));
  EXPECT_OK(store_->add_mailbox("you@demo.test", verifier_));
  EXPECT_OK(store_->add_login("you@demo.test", "phone", verifier_));
  EXPECT_REFUSED(store_->add_login("you@demo.test", "phone", verifier_), exists,
                 "there is a login you@demo.test/phone already");
  EXPECT_FALSE(store_->add_login("you@demo.test", "my phone", verifier_));
  io::sim::SeededRandom random(2);
  const std::string other = make_verifier("other", random).value();
  EXPECT_OK(store_->set_verifier("you@demo.test/phone", other));
  EXPECT_REFUSED(store_->set_verifier("you@demo.test/tablet", other), not_found,
                 "there is no login you@demo.test/tablet");
  EXPECT_OK(store_->remove_login("you@demo.test/phone"));
  EXPECT_REFUSED(store_->remove_login("you@demo.test/phone"), not_found,
                 "there is no login you@demo.test/phone");
  EXPECT_OK(store_->remove_mailbox("you@demo.test"));
  EXPECT_TRUE(store_->contents().value().logins.empty());
  EXPECT_OK(store_->remove_domain("demo.test"));
  EXPECT_TRUE(store_->domains().value().empty());
}

TEST_F(StoreTest, ChangesAreSeenFromBothSides) {
  const auto second = open();
  const auto before = store_->change_count().value();
  EXPECT_EQ(store_->change_count().value(), before);
  EXPECT_OK(second->add_domain("demo.test"));
  const auto after = store_->change_count().value();
  EXPECT_NE(after, before);
  EXPECT_OK(store_->add_domain("own.test"));
  EXPECT_NE(store_->change_count().value(), after);
}

TEST_F(StoreTest, DovecotReadsTheVerifiers) {
  EXPECT_OK(store_->add_domain("demo.test"));
  EXPECT_OK(store_->add_mailbox("you@demo.test", verifier_));
  auto database = Database::open(path()).value();
  auto statement = database->prepare("SELECT login, mailbox, password FROM dovecot_users").value();
  ASSERT_TRUE(statement.step().value());
  EXPECT_EQ(statement.text(0), "you@demo.test");
  EXPECT_EQ(statement.text(1), "you@demo.test");
  const auto parsed = parse_verifier(verifier_).value();
  const std::string password = statement.text(2);
  EXPECT_TRUE(password.starts_with("{SCRAM-SHA-256}4096,"));
  EXPECT_EQ(std::ranges::count(password, ','), 3);
  EXPECT_EQ(password.find_first_of(":$"), std::string::npos);
  EXPECT_FALSE(statement.step().value());
  // Only log-ins that may read and have not expired.
  const base::Time past = base::Time(std::chrono::seconds(1'000));
  const base::Time future = base::Time(std::chrono::days(200 * 365));
  EXPECT_OK(store_->add_login("you@demo.test", "send", verifier_, {.scopes = scope_send}));
  EXPECT_OK(store_->add_login("you@demo.test", "read", verifier_, {.scopes = scope_read}));
  EXPECT_OK(store_->add_login("you@demo.test", "old", verifier_, {.expires = past}));
  EXPECT_OK(store_->add_login("you@demo.test", "new", verifier_, {.expires = future}));
  std::string logins;
  EXPECT_OK(for_each_row(*database, "SELECT login FROM dovecot_users ORDER BY login", {},
                         [&logins](const Statement& row) { logins += row.text(0) + " "; }));
  EXPECT_EQ(logins, "you@demo.test you@demo.test/new you@demo.test/read ");
}

TEST_F(StoreTest, UnusableFilesAreRefused) {
  EXPECT_FALSE(Store::open(folder_ + "/missing/directory.db"));
  const std::string other = folder_ + "/other";
  std::FILE* file = std::fopen(other.c_str(), "w");
  ASSERT_NE(file, nullptr);
  for (int i = 0; i < 200; ++i) std::fputs("this is no database\n", file);
  std::fclose(file);
  const auto store = Store::open(other);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, base::ErrorKind::corrupt);
}

}  // namespace
}  // namespace directory
