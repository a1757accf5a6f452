// Tests of people from LDAP: merging them with the Store's, live look-ups, its absence, passwords.
#include "directory/ldap/ldap_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "directory/ldap/fake_ldap_test.h"
#include "directory/snapshot.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"

namespace directory {
namespace {

using Answer = Confirmation::Answer;
using testing::ElementsAre;

TEST(LdapMerge, TheStoreWinsAndForeignDomainsStayOut) {
  Contents sqlite;
  sqlite.domains = {"corp.test", "own.test"};
  sqlite.mailboxes = {"boss@corp.test"};
  sqlite.aliases = {{.address = "info@corp.test", .targets = {"boss@corp.test"}}};
  LdapContents ldap;
  ldap.users = {
      {.mails = {"boss@corp.test"}, .aliases = {"thief@corp.test"}, .login = ""},
      {.mails = {"ada@else.example", "ada@corp.test"},
       .aliases = {"info@corp.test"},
       .login = "ada"},
      {.mails = {"eve@else.example"}, .aliases = {"eve@corp.test"}, .login = "eve"},
      {.mails = {"bob@corp.test"}, .aliases = {"ada@corp.test", "b@corp.test"}, .login = "ada"}};
  ldap.groups = {{.addresses = {"all@corp.test", "all@else.example"},
                  .members = {"ada@else.example", "bob@corp.test"}}};
  MergeCounts counts;
  const Contents out = merge(sqlite, ldap, &counts);
  EXPECT_THAT(out.mailboxes, ElementsAre("boss@corp.test", "ada@corp.test", "bob@corp.test"));
  EXPECT_EQ(counts.mailboxes, 2);
  EXPECT_EQ(counts.aliases, 2);  // b@, all@
  const auto known = make_snapshot(out);
  EXPECT_EQ(known->lookup({"eve", "corp.test"}), Local::unknown);
  EXPECT_EQ(known->lookup({"thief", "corp.test"}), Local::unknown);
  EXPECT_EQ(known->lookup({"all", "else.example"}), Local::foreign);
  EXPECT_EQ(known->mailbox({"ada", "corp.test"})->address, "ada@corp.test");
  message::Recipient all;
  all.address = {"all", "corp.test"};
  EXPECT_EQ(known->expand(all).recipients.size(), 2);
  EXPECT_EQ(known->expand(all).recipients[0].address.text(), "ada@corp.test");
  ASSERT_NE(known->login("ADA"), nullptr);
  EXPECT_EQ(known->login("ada")->mailbox, "ada@corp.test");
  EXPECT_EQ(known->login("ada")->verifier, "");
  EXPECT_EQ(known->login("bob@corp.test")->mailbox, "bob@corp.test");
  EXPECT_EQ(known->login("eve"), nullptr);
}

TEST(LdapMerge, ItsOwnDomainsNeedNoStore) {
  LdapContents ldap;
  ldap.domains = {"corp.test"};
  ldap.users = {{.mails = {"ada@corp.test"}, .aliases = {}, .login = ""}};
  const Contents out = merge({}, ldap);
  EXPECT_THAT(out.domains, ElementsAre("corp.test"));
  EXPECT_THAT(out.mailboxes, ElementsAre("ada@corp.test"));
}

class Events final : public base::EventSink {
 public:
  void emit(const base::Event& event) override { names.emplace_back(event.name); }
  std::vector<std::string> names;
};

class LdapDirectoryTest : public testing::Test {
 protected:
  LdapDirectoryTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ldap-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE();
    folder_ = pattern;
    settings_.ldap.urls = {"ldap://fake"};
    settings_.ldap.base_dn = "dc=corp,dc=test";
    settings_.ldap.domains = {"corp.test"};
    settings_.ldap.cache_path = folder_ + "/ldap-cache";
    ldap_.people = {fake_person("ada")};
    ldap_.passwords[ldap_.people[0].dn] = "right";
    restart();
  }
  ~LdapDirectoryTest() override {
    people_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  void restart() {
    live_ = std::make_unique<LiveDirectory>(settings_);
    people_ = std::make_unique<LdapDirectory>(
        settings_.ldap,
        LdapDirectory::Parts{.live = *live_,
                             .store = Store::open(folder_ + "/directory.db").value(),
                             .connector = std::make_unique<FakeConnector>(ldap_),
                             .files = files_,
                             .events = events_,
                             .pool = [this](io::Loop& loop) {
                               return std::make_unique<io::real::LoopPool>(pool_, loop);
                             }});
    (void)people_->load_cache();
    live_->set_overlay([this](Contents sqlite) { return people_->overlay(std::move(sqlite)); });
    auto store = Store::open(folder_ + "/directory.db");
    ASSERT_TRUE(live_->publish(**store));
  }

  bool refresh() { return io::real::run_task(loop_, people_->refresh(loop_, loop_.doors().clock)); }
  Confirmation confirm(const std::string& local, const std::string& domain = "corp.test") {
    return io::real::run_task(loop_, people_->confirm({local, domain}, loop_, loop_.doors().clock));
  }
  base::Result<bool> check(const std::string& login, const std::string& password) {
    return io::real::run_task(loop_,
                              people_->check_password(login, password, loop_, loop_.doors().clock));
  }
  Local lookup(const std::string& local) { return live_->snapshot()->lookup({local, "corp.test"}); }

  std::string folder_;
  Settings settings_;
  FakeLdap ldap_;
  Events events_;
  io::real::PosixFiles files_;
  io::real::ThreadPool pool_{1};
  io::real::EventLoop loop_{pool_};
  std::unique_ptr<LiveDirectory> live_;
  std::unique_ptr<LdapDirectory> people_;
};

TEST_F(LdapDirectoryTest, BeforeItWasReadNothingIsSure) {
  EXPECT_FALSE(live_->snapshot()->knows_all_of("corp.test"));
  EXPECT_EQ(confirm("ada").answer, Answer::uncertain);
  EXPECT_TRUE(refresh());
  EXPECT_TRUE(live_->snapshot()->knows_all_of("corp.test"));
  EXPECT_EQ(lookup("ada"), Local::mailbox);
  EXPECT_EQ(people_->trouble(), "");
}

TEST_F(LdapDirectoryTest, ANewPersonIsFoundAtOnceAndAnUnknownOneRemembered) {
  ASSERT_TRUE(refresh());
  const int before = ldap_.searches;
  EXPECT_EQ(confirm("nobody").answer, Answer::unknown);
  EXPECT_EQ(ldap_.searches, before + 2);  // among people and groups
  EXPECT_EQ(confirm("nobody").answer, Answer::unknown);
  EXPECT_EQ(ldap_.searches, before + 2);
  EXPECT_EQ(confirm("x", "foreign.example").answer, Answer::unknown);
  EXPECT_EQ(ldap_.searches, before + 2);

  ldap_.people.push_back(fake_person("new"));
  const Confirmation found = confirm("new+list");
  ASSERT_EQ(found.answer, Answer::known);
  EXPECT_EQ(found.snapshot->lookup({"new", "corp.test"}), Local::mailbox);
  EXPECT_EQ(lookup("new"), Local::mailbox);

  ldap_.groups.push_back(
      {.dn = "cn=team,dc=corp",
       .attributes = {{"mail", {"team@corp.test"}}, {"member", {ldap_.people[0].dn}}}});
  EXPECT_EQ(confirm("team").answer, Answer::known);
  EXPECT_EQ(lookup("team"), Local::alias);

  // A restart while it is away knows all of them.
  ldap_.away = true;
  restart();
  EXPECT_EQ(lookup("new"), Local::mailbox);
  EXPECT_EQ(lookup("team"), Local::alias);
}

TEST_F(LdapDirectoryTest, AwayDefersAndKeepsWhoIsKnown) {
  ASSERT_TRUE(refresh());
  ldap_.away = true;
  EXPECT_EQ(confirm("nobody").answer, Answer::uncertain);
  const int connects = ldap_.connects;
  EXPECT_EQ(confirm("nobody").answer, Answer::uncertain);
  EXPECT_FALSE(check("ada@corp.test", "right"));
  EXPECT_EQ(ldap_.connects, connects);  // it is not asked while it is known to be away
  EXPECT_FALSE(refresh());
  EXPECT_EQ(lookup("ada"), Local::mailbox);
  EXPECT_NE(people_->trouble().find("1 people are known"), std::string::npos);
  ldap_.away = false;
  EXPECT_TRUE(refresh());
  EXPECT_EQ(people_->trouble(), "");
  EXPECT_EQ(confirm("nobody").answer, Answer::unknown);
  EXPECT_THAT(events_.names,
              ElementsAre("directory.ldap_read", "directory.ldap_away", "directory.ldap_back"));
}

TEST_F(LdapDirectoryTest, PasswordsAreCheckedByBinding) {
  ASSERT_TRUE(refresh());
  EXPECT_TRUE(check("ada@corp.test", "right").value());
  EXPECT_FALSE(check("ada@corp.test", "wrong").value());
  EXPECT_EQ(ldap_.tried.size(), 2);
  EXPECT_FALSE(check("ada@corp.test", "").value());  // RFC 4513 §5.1.2
  EXPECT_FALSE(check("ada@corp.test", std::string(5'000, 'x')).value());
  EXPECT_EQ(ldap_.tried.size(), 2);
  EXPECT_FALSE(check("nobody@corp.test", "right").value());
  ASSERT_EQ(ldap_.tried.size(), 3);  // a bind for nobody, too
  EXPECT_EQ(ldap_.tried[2].find("cn=nobody"), 0);
}

TEST_F(LdapDirectoryTest, LosingMostPeopleAtOnceIsTakenForAFault) {
  for (int i = 0; i < 30; ++i) ldap_.people.push_back(fake_person("p" + std::to_string(i)));
  ASSERT_TRUE(refresh());
  ldap_.people.resize(5);
  EXPECT_FALSE(refresh());
  EXPECT_EQ(lookup("p29"), Local::mailbox);
  EXPECT_EQ(confirm("nobody").answer, Answer::uncertain);
  for (int i = 0; i < 25; ++i) ldap_.people.push_back(fake_person("q" + std::to_string(i)));
  EXPECT_TRUE(refresh());
  EXPECT_EQ(lookup("p29"), Local::unknown);
}

TEST_F(LdapDirectoryTest, AnEntryThatMakesNoMailboxIsNotRefused) {
  ASSERT_TRUE(refresh());
  LdapEntry odd = fake_person("odd", "elsewhere.example");
  odd.attributes.push_back({"mailAlias", {"odd@corp.test"}});
  ldap_.people.push_back(odd);
  EXPECT_EQ(confirm("odd").answer, Answer::uncertain);
}

TEST_F(LdapDirectoryTest, ADamagedCopyIsAsGoodAsNone) {
  ASSERT_TRUE(refresh());
  const std::string path = settings_.ldap.cache_path;
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  ASSERT_TRUE(io::write_file(files_, path, "stagepost-ldap 1 rubbish", 0600));
  restart();
  EXPECT_FALSE(people_->has_people());
  EXPECT_FALSE(live_->snapshot()->knows_all_of("corp.test"));
}

}  // namespace
}  // namespace directory
