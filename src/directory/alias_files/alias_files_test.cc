// Tests of files of aliases: their form, their domains, what is wrong with them, and changes.
#include "directory/alias_files/alias_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "directory/credential.h"
#include "directory/live_directory.h"
#include "directory/snapshot.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace directory {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::Result<std::string> no_list(const std::string& path) {
  return base::fail(base::ErrorKind::not_found, "no " + path);
}

TEST(AliasesText, NamesTheLineOfEachFault) {
  const AliasesText text = read_aliases_text("/a",
                                             "# comment\n"
                                             "root: jane\n"
                                             "news: a@x.example,\n"
                                             "  # inside\n"
                                             "  \"|/usr/bin/mailman post\",\n"
                                             "  /var/mail/news, b@x.example\n"
                                             "\n"
                                             "no colon here\n"
                                             ": nobody\n"
                                             "list: :include:/lists/none\n",
                                             no_list);
  ASSERT_EQ(text.aliases.size(), 2U);
  EXPECT_EQ(text.aliases[1].targets.size(), 2U);
  EXPECT_EQ(text.text_of(text.aliases[1].targets[1].place), "/a:6");
  std::vector<std::string> refused;
  for (const TextRefusal& one : text.refused) {
    refused.push_back(fmt::format("{} {}", text.text_of(one.place), one.name));
  }
  EXPECT_THAT(refused, ElementsAre("/a:5 news", "/a:6 news", "/a:8 ", "/a:9 ", "/a:10 list"));
  EXPECT_THAT(text.refused[0].why, HasSubstr("no program is run"));
  EXPECT_THAT(text.refused[1].why, HasSubstr("not into files"));
  EXPECT_THAT(text.refused[4].why, HasSubstr("no /lists/none"));
}

TEST(AliasesText, QuotesColonsAndLists) {
  const auto lists = [](const std::string& path) -> base::Result<std::string> {
    if (path == "/loop") return std::string("x@x.example\n:include:/loop\n");
    std::string many = "# members\n";
    for (int i = 0; i < 5'000; ++i) many += fmt::format("m{}@x.example\n", i);
    return many;
  };
  const AliasesText text = read_aliases_text("/a",
                                             "\"odd: name\" : \"jane doe\"@x.example\n"
                                             "\"say \\\"hi\\\"\": \\jane\n"
                                             "many: :include:/many\n"
                                             "loop: :include:/loop\n",
                                             lists);
  ASSERT_EQ(text.aliases.size(), 4U);
  EXPECT_EQ(text.aliases[0].name, "odd: name");
  EXPECT_EQ(text.aliases[0].targets[0].text, "\"jane doe\"@x.example");
  EXPECT_EQ(text.aliases[1].name, "say \"hi\"");
  EXPECT_EQ(text.aliases[1].targets[0].text, "jane");
  EXPECT_EQ(text.aliases[2].targets.size(), 5'000U);
  EXPECT_EQ(text.text_of(text.aliases[2].targets[4'999].place), "/many:5001");
  ASSERT_EQ(text.refused.size(), 1U);
  EXPECT_EQ(text.text_of(text.refused[0].place), "/loop:2");
  EXPECT_THAT(text.refused[0].why, HasSubstr("include each other"));
}

class AliasFilesTest : public testing::Test {
 protected:
  AliasFilesTest() {
    EXPECT_TRUE(files.make_directories("/etc/lists"));
    contents.domains = {"demo.test", "other.test"};
    contents.mailboxes = {"jane@demo.test", "carl@demo.test", "jane@other.test"};
    contents.aliases = {{"info@demo.test", {"carl@demo.test"}}};
  }
  void write(const std::string& text, const std::string& path = "/etc/aliases") {
    world.run_for(std::chrono::seconds(1));  // so that it looks changed
    ASSERT_TRUE(io::write_file(files, path, text));
  }
  void read() {
    if (!aliases) aliases = std::make_unique<AliasFiles>(std::vector{setting}, files);
    aliases->read();
  }
  [[nodiscard]] std::string expanded(const std::string& text) {
    const auto known = make_snapshot(aliases->lay_over(contents));
    const auto address = message::parse_address(text).value();
    const auto found = known->expand({.address = address, .original = address, .orcpt = {}});
    if (!found.problem.empty()) return "waits: " + found.problem;
    if (found.kind == Local::unknown) return "unknown";
    std::vector<std::string> out;
    for (const auto& one : found.recipients) out.push_back(one.address.text());
    return fmt::format("{}", fmt::join(out, ", "));
  }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  io::Files& files = host.doors().files;
  Contents contents;
  AliasFileSetting setting{.path = "/etc/aliases", .domains = {}, .lists_folder = "/etc/lists"};
  std::unique_ptr<AliasFiles> aliases;
};

TEST_F(AliasFilesTest, NamesAreOfAllDomains) {
  write(
      "Root: jane\ninfo: jane\nteam: root, friend@far.test, \\carl\njane: carl\n"
      "sales@other.test: carl\n@other.test: carl@demo.test\n\"two words\": jane\n");
  read();
  EXPECT_EQ(expanded("root@demo.test"), "jane@demo.test");
  EXPECT_EQ(expanded("root@other.test"), "jane@demo.test") << "a target is of the first domain";
  EXPECT_EQ(expanded("info@demo.test"), "carl@demo.test") << "the database comes first";
  EXPECT_EQ(expanded("info@other.test"), "carl@demo.test");
  EXPECT_EQ(expanded("team@other.test"), "jane@demo.test, friend@far.test, carl@demo.test");
  EXPECT_EQ(expanded("jane@demo.test"), "jane@demo.test") << "a mailbox is no alias";
  EXPECT_EQ(expanded("sales@other.test"), "carl@demo.test");
  EXPECT_EQ(expanded("sales@demo.test"), "unknown");
  EXPECT_EQ(expanded("anybody@other.test"), "carl@demo.test");
  EXPECT_EQ(expanded("\"Two Words\"@demo.test"), "jane@demo.test");
  EXPECT_THAT(aliases->troubles(), IsEmpty());
}

TEST_F(AliasFilesTest, TheSettingSaysWhoseNamesTheyAre) {
  setting.domains = {"other.test", "foreign.test"};
  write("root: jane\nx@foreign.test: jane\n");
  read();
  EXPECT_EQ(expanded("root@other.test"), "jane@other.test");
  EXPECT_EQ(expanded("root@demo.test"), "unknown");
  EXPECT_THAT(aliases->troubles(),
              ElementsAre(HasSubstr("its domain foreign.test is not ours"),
                          HasSubstr("/etc/aliases:2: foreign.test is not a domain of ours")));
}

TEST_F(AliasFilesTest, WhatIsBrokenWaits) {
  write(
      "good: jane\nprog: \"|/bin/x\"\nboth: jane, /var/mail/x\nbad: jane, not an address@\n"
      "self: self\ngood: carl\n");
  read();
  EXPECT_EQ(expanded("good@demo.test"), "jane@demo.test");
  EXPECT_THAT(expanded("prog@demo.test"),
              HasSubstr("waits: the alias prog@demo.test is broken: "
                        "/etc/aliases:2: prog: \"|/bin/x\": no program"));
  EXPECT_THAT(expanded("both@other.test"), HasSubstr("/etc/aliases:3"));
  EXPECT_THAT(expanded("bad@demo.test"), HasSubstr("/etc/aliases:4"));
  EXPECT_THAT(expanded("self@demo.test"), HasSubstr("leads only to itself"));
  EXPECT_EQ(expanded("nobody@demo.test"), "unknown") << "everybody in the file is known by name";
  EXPECT_THAT(aliases->troubles(),
              Contains(HasSubstr("/etc/aliases:6: good stands there a second")));
}

TEST_F(AliasFilesTest, NobodyIsRefusedWhileNobodyKnows) {
  read();  // there is no file
  EXPECT_THAT(expanded("nobody@demo.test"), HasSubstr("waits: nobody can say"));
  EXPECT_EQ(expanded("jane@demo.test"), "jane@demo.test");
  ASSERT_EQ(aliases->troubles().size(), 1U);
  write("root jane\n");
  aliases->read();
  EXPECT_THAT(expanded("root@demo.test"), HasSubstr("waits"));
  EXPECT_THAT(aliases->troubles(), ElementsAre(HasSubstr("/etc/aliases:1: \"root jane\": is not")));
  write("root: jane\n");
  aliases->read();
  EXPECT_EQ(expanded("root@demo.test"), "jane@demo.test");
  EXPECT_EQ(expanded("nobody@demo.test"), "unknown");
  EXPECT_THAT(aliases->troubles(), IsEmpty());
}

TEST_F(AliasFilesTest, TheLastGoodStateStays) {
  write("root: jane\nlist: :include:/etc/lists/list\n");
  write("carl@demo.test\n", "/etc/lists/list");
  read();
  EXPECT_EQ(expanded("list@demo.test"), "carl@demo.test");
  const std::vector<std::string> broken = {"root: jane\nlist\n", "root: \"|/bin/x\"\n", "",
                                           "# nothing\n"};
  for (const std::string& text : broken) {
    write(text);
    aliases->read();
    EXPECT_EQ(expanded("root@demo.test"), "jane@demo.test") << text;
    EXPECT_EQ(expanded("list@demo.test"), "carl@demo.test") << text;
    EXPECT_EQ(expanded("nobody@demo.test"), "unknown") << text;
    EXPECT_THAT(aliases->troubles(), Contains(HasSubstr("last good aliases stay"))) << text;
  }
  ASSERT_TRUE(files.remove("/etc/aliases"));
  aliases->read();
  EXPECT_EQ(expanded("root@demo.test"), "jane@demo.test");
  write("root: carl\nlist: :include:/etc/lists/list\n");
  ASSERT_TRUE(files.remove("/etc/lists/list"));
  aliases->read();
  EXPECT_EQ(expanded("root@demo.test"), "jane@demo.test") << "a list that is gone is a fault, too";
  write("carl@demo.test, jane@demo.test\n", "/etc/lists/list");
  aliases->read();
  EXPECT_EQ(expanded("root@demo.test"), "carl@demo.test");
  EXPECT_EQ(expanded("list@demo.test"), "carl@demo.test, jane@demo.test");
}

TEST_F(AliasFilesTest, ListsLieInTheirFolder) {
  write(
      "a: :include:/etc/passwd\nb: :include:/etc/lists/../passwd\nc: :include:lists/x\n"
      "d: :include:/etc/lists\n");
  read();
  for (const char* name : {"a", "b", "c", "d"}) {
    EXPECT_THAT(expanded(std::string(name) + "@demo.test"),
                HasSubstr("is not below /etc/lists/, the lists_folder"));
  }
  aliases.reset();
  setting.lists_folder = "";
  read();
  EXPECT_THAT(expanded("a@demo.test"), HasSubstr("set lists_folder of the [[alias_file]]"));
}

TEST_F(AliasFilesTest, AChangeCountsWhenItStandsStill) {
  write("list: :include:/etc/lists/list\n");
  write("carl@demo.test\n", "/etc/lists/list");
  read();
  EXPECT_FALSE(aliases->changed());
  write("jane@demo.test\n", "/etc/lists/list");
  EXPECT_FALSE(aliases->changed()) << "it may be half written";
  write("jane@demo.test\ncarl@demo.test\n", "/etc/lists/list");
  EXPECT_FALSE(aliases->changed());
  EXPECT_TRUE(aliases->changed());
  aliases->read();
  EXPECT_FALSE(aliases->changed());
  ASSERT_TRUE(files.remove("/etc/aliases"));
  EXPECT_FALSE(aliases->changed());
  EXPECT_TRUE(aliases->changed());
}

struct Told : base::EventSink {
  void emit(const base::Event& event) override {
    words.push_back(std::string(event.name) +
                    (event.fields.empty() ? "" : " " + event.fields.front().second));
  }
  std::vector<std::string> words;
};

io::Task<void> stop(io::Ref<io::TaskGroup> group) { co_await group->stop(); }

TEST_F(AliasFilesTest, AreLookedAtWhileTheServerRuns) {
  auto store = Store::open(":memory:").value();
  ASSERT_TRUE(store->add_domain("demo.test"));
  ASSERT_TRUE(
      store->add_mailbox("jane@demo.test", make_verifier("secret", host.doors().random).value()));
  LiveDirectory live{Settings{}};
  write("root: jane\n");
  live.set_alias_files(std::make_unique<AliasFiles>(std::vector{setting}, files));
  ASSERT_TRUE(live.reload(*store));
  const message::Address root{"root", "demo.test"};
  const message::Address later{"later", "demo.test"};
  EXPECT_EQ(live.snapshot()->lookup(root), Local::alias);
  // Beside those of the database, with where they stand.
  ASSERT_TRUE(store->add_alias("info@demo.test", {"jane@demo.test"}));
  const auto listed = live.file_aliases(*store->contents());
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].address + " " + listed[0].place, "root@demo.test /etc/aliases:1");
  ASSERT_TRUE(store->remove_alias("info@demo.test"));
  ASSERT_TRUE(live.reload(*store));
  Told events;
  io::TaskGroup group;
  group.spawn(live.watch(host.doors().clock, host.doors().pool, *store, events));
  world.run_for(std::chrono::seconds(3));
  EXPECT_THAT(events.words, IsEmpty());
  write("root: jane\nlater: root\n");
  world.run_for(std::chrono::seconds(4));
  EXPECT_EQ(live.snapshot()->lookup(later), Local::alias);
  EXPECT_THAT(events.words, ElementsAre("directory.reloaded"));
  write("root: jane\nlater: |x\n");
  world.run_for(std::chrono::seconds(10));
  EXPECT_EQ(live.snapshot()->lookup(later), Local::alias);
  ASSERT_EQ(events.words.size(), 3U) << "told once";
  EXPECT_THAT(events.words[2], HasSubstr("directory.alias_file /etc/aliases:2: later: \"|x\""));
  ASSERT_TRUE(store->add_domain("late.test"));
  world.run_for(std::chrono::seconds(3));
  EXPECT_EQ(live.snapshot()->lookup({"root", "late.test"}), Local::alias);
  world.run(stop(group));
}

}  // namespace
}  // namespace directory
