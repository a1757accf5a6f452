// Tests of the snapshot: look-ups, alias expansion, its limits, and the live directory.
#include "directory/snapshot.h"

#include <gtest/gtest.h>

#include "directory/credential.h"
#include "directory/live_directory.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace directory {
namespace {

message::Address at(std::string_view text) {
  return message::parse_address(text, {.utf8 = true}).value();
}

Contents demo() {
  return {.domains = {"demo.test", "empty.test", "all.test"},
          .mailboxes = {"you@demo.test", "an@demo.test", "box@all.test"},
          .aliases = {{"info@demo.test", {"you@demo.test", "friend@example.net"}},
                      {"team@demo.test", {"info@demo.test", "an@demo.test", "you+team@demo.test"}},
                      {"ping@demo.test", {"pong@demo.test"}},
                      {"pong@demo.test", {"ping@demo.test"}},
                      {"half@demo.test", {"half2@demo.test", "an@demo.test"}},
                      {"half2@demo.test", {"half@demo.test"}},
                      {"gone@demo.test", {"an@demo.test", "nobody@demo.test"}},
                      {"abuse@demo.test", {"abuse@example.net"}},
                      {"@all.test", {"an@demo.test"}}},
          .logins = {{"you@demo.test", "one"}, {"you@demo.test/phone", "two"}}};
}

std::vector<std::string> expanded(const Snapshot& snapshot, std::string_view address) {
  std::vector<std::string> out;
  const Expansion expansion =
      snapshot.expand({.address = at(address), .original = {}, .orcpt = {}});
  out.reserve(expansion.recipients.size() + 1);
  for (const auto& recipient : expansion.recipients) out.push_back(recipient.address.text());
  if (!expansion.problem.empty()) out.push_back("problem: " + expansion.problem);
  return out;
}

using Texts = std::vector<std::string>;

TEST(Snapshot, AMailboxMaySendCopies) {
  const auto snapshot = make_snapshot(
      Contents{.domains = {"demo.test"},
               .mailboxes = {"sales@demo.test", "an@demo.test", "other@demo.test"},
               .aliases = {{"sales@demo.test", {"sales@demo.test", "archive@example.net"}},
                           {"an@demo.test", {"an@demo.test", "sales@demo.test"}},
                           {"info@demo.test", {"sales@demo.test", "an@demo.test"}},
                           // As a file may have it: the mailbox comes first.
                           {"other@demo.test", {"an@demo.test"}}}});
  EXPECT_EQ(expanded(*snapshot, "sales@demo.test"),
            (Texts{"sales@demo.test", "archive@example.net"}));
  EXPECT_EQ(expanded(*snapshot, "Sales+x@demo.test"),
            (Texts{"sales@demo.test", "archive@example.net"}));
  EXPECT_EQ(expanded(*snapshot, "an@demo.test"),
            (Texts{"an@demo.test", "sales@demo.test", "archive@example.net"}));
  EXPECT_EQ(expanded(*snapshot, "info@demo.test"),
            (Texts{"sales@demo.test", "archive@example.net", "an@demo.test"}))
      << "one copy each";
  EXPECT_EQ(expanded(*snapshot, "other@demo.test"), Texts{"other@demo.test"});
  EXPECT_EQ(snapshot->lookup(at("sales@demo.test")), Local::mailbox);
  EXPECT_NE(snapshot->mailbox(at("sales@demo.test")), nullptr);
  EXPECT_TRUE(snapshot->may_send_as("sales@demo.test", at("sales@demo.test")));
}

TEST(Snapshot, Lookup) {
  const auto snapshot = make_snapshot(demo());
  struct Case {
    std::string_view address;
    Local kind;
    std::string_view mailbox;
  };
  for (const auto& [address, kind, mailbox] :
       {Case{"You@DEMO.test", Local::mailbox, "you@demo.test"},
        Case{"you+lists@demo.test", Local::mailbox, "you@demo.test"},
        Case{"info@demo.test", Local::alias, ""}, Case{"info+x@demo.test", Local::alias, ""},
        Case{"nobody@demo.test", Local::unknown, ""},
        Case{"nobody+x@demo.test", Local::unknown, ""}, Case{"you@example.net", Local::foreign, ""},
        Case{"you@sub.demo.test", Local::foreign, ""}, Case{"you@[192.0.2.1]", Local::foreign, ""},
        Case{"anybody@all.test", Local::alias, ""},
        Case{"box@all.test", Local::mailbox, "box@all.test"},
        Case{"postmaster@demo.test", Local::alias, ""},
        Case{"Abuse@empty.test", Local::alias, ""}}) {
    EXPECT_EQ(snapshot->lookup(at(address)), kind) << address;
    const Mailbox* box = snapshot->mailbox(at(address));
    EXPECT_EQ(box == nullptr ? "" : box->address, mailbox) << address;
  }
  EXPECT_TRUE(snapshot->is_local_domain("DEMO.TEST"));
  EXPECT_FALSE(snapshot->is_local_domain("example.net"));
  EXPECT_FALSE(snapshot->is_local_domain(""));
}

TEST(Snapshot, Expand) {
  const auto snapshot = make_snapshot(demo());
  struct Case {
    std::string_view address;
    Texts recipients;
  };
  const Case cases[] = {
      {"You+x@demo.test", {"You+x@demo.test"}},
      {"a@example.net", {"a@example.net"}},
      {"nobody@demo.test", {}},
      {"info@demo.test", {"you@demo.test", "friend@example.net"}},
      {"team@demo.test", {"you@demo.test", "friend@example.net", "an@demo.test"}},
      {"ping@demo.test", {"problem: the alias ping@demo.test leads only to itself"}},
      {"half@demo.test", {"an@demo.test"}},
      {"gone@demo.test",
       {"problem: the alias gone@demo.test leads to nobody@demo.test, which does not exist"}},
      {"any@all.test", {"an@demo.test"}},
      {"postmaster@demo.test", {"you@demo.test"}},
      {"abuse@demo.test", {"abuse@example.net"}},
      {"postmaster@all.test", {"an@demo.test"}},
      {"postmaster@empty.test", {"you@demo.test"}},
  };
  for (const auto& [address, recipients] : cases) {
    EXPECT_EQ(expanded(*snapshot, address), recipients) << address;
  }
}

TEST(Snapshot, ExpansionKeepsWhatTheSenderAsked) {
  const auto snapshot = make_snapshot(demo());
  const message::Recipient asked{.address = at("info@demo.test"),
                                 .original = {},
                                 .orcpt = "rfc822;info@demo.test",
                                 .notify = message::notify_never};
  const Expansion expansion = snapshot->expand(asked);
  EXPECT_EQ(expansion.kind, Local::alias);
  ASSERT_EQ(expansion.recipients.size(), 2U);
  for (const auto& recipient : expansion.recipients) {
    EXPECT_EQ(recipient.original.text(), "info@demo.test");
    EXPECT_EQ(recipient.orcpt, "rfc822;info@demo.test");
    EXPECT_EQ(recipient.notify, message::notify_never);
  }
}

// RFC 3461 §5.2.7.3
TEST(Snapshot, AnAliasOfSeveralAnswersForItself) {
  const auto snapshot = make_snapshot(demo());
  struct Row {
    std::string address;
    unsigned asked;
    unsigned kept;
  };
  const unsigned mark = message::notify_expanded;
  const std::vector<Row> rows = {
      {"info@demo.test", message::notify_default, message::notify_default},
      {"info@demo.test", message::notify_failure, message::notify_failure},
      {"info@demo.test", message::notify_success, message::notify_never | mark},
      {"info@demo.test", message::notify_success | message::notify_delay,
       message::notify_delay | mark},
      // One is an address like another.
      {"abuse@demo.test", message::notify_success, message::notify_success},
      {"you@demo.test", message::notify_success, message::notify_success},
  };
  for (const Row& row : rows) {
    const auto expansion = snapshot->expand({.address = at(row.address),
                                             .original = {},
                                             .orcpt = {},
                                             .notify = static_cast<std::uint8_t>(row.asked)});
    ASSERT_FALSE(expansion.recipients.empty()) << row.address;
    for (const auto& recipient : expansion.recipients) {
      EXPECT_EQ(unsigned{recipient.notify}, row.kept) << row.address << " " << row.asked;
    }
  }
}

TEST(Snapshot, PostmasterWithoutADomain) {
  const message::Address bare{.local = "Postmaster", .domain = ""};
  const auto snapshot = make_snapshot(demo());
  EXPECT_EQ(snapshot->lookup(bare), Local::alias);
  const Expansion expansion = snapshot->expand({.address = bare, .original = {}, .orcpt = {}});
  ASSERT_EQ(expansion.recipients.size(), 1U);
  EXPECT_EQ(expansion.recipients[0].address.text(), "you@demo.test");
  EXPECT_EQ(snapshot->lookup({.local = "you", .domain = ""}), Local::foreign);
  EXPECT_EQ(make_snapshot(Contents{})->lookup(bare), Local::foreign);
}

TEST(Snapshot, RolesWaitWhereNobodyIs) {
  const auto snapshot = make_snapshot({.domains = {"empty.test"}});
  EXPECT_EQ(expanded(*snapshot, "abuse@empty.test"),
            Texts{"problem: the alias abuse@empty.test leads to no mailbox"});
}

// RFC 3461 §5.2.7.1: what a sender asks of a list is not asked of its members.
TEST(Snapshot, AListAnswersForItself) {
  Contents contents = demo();
  contents.aliases.push_back({"owner-info@demo.test", {"an@demo.test"}});
  contents.aliases.push_back({"one@demo.test", {"friend@example.net"}});
  contents.aliases.push_back({"owner-one@demo.test", {"an@demo.test"}});
  const auto snapshot = make_snapshot(contents);
  struct Row {
    std::string address;
    unsigned asked;
    unsigned kept;
  };
  const unsigned mark = message::notify_expanded;
  const unsigned owners = message::notify_failure | message::notify_delay;
  const std::vector<Row> rows = {
      {"info@demo.test", message::notify_never, message::notify_default},
      {"info@demo.test", message::notify_failure, message::notify_default},
      {"info@demo.test", message::notify_success, owners | mark},
      {"one@demo.test", message::notify_success | message::notify_delay, owners | mark},
  };
  for (const Row& row : rows) {
    const auto expansion = snapshot->expand({.address = at(row.address),
                                             .original = {},
                                             .orcpt = "rfc822;x@y.test",
                                             .notify = static_cast<std::uint8_t>(row.asked)});
    ASSERT_FALSE(expansion.recipients.empty()) << row.address;
    for (const auto& recipient : expansion.recipients) {
      EXPECT_EQ(unsigned{recipient.notify}, row.kept) << row.address << " " << row.asked;
      EXPECT_EQ(recipient.orcpt, "");
      EXPECT_EQ(recipient.return_path.text(), "owner-" + row.address);
    }
  }
}

TEST(Snapshot, AnotherNameOfADomain) {
  Contents contents = demo();
  contents.domains.insert(contents.domains.end(),
                          {"old.test", "a.test", "b.test", "out.test", "later.test"});
  contents.aliases.insert(contents.aliases.end(), {{"@old.test", {"@demo.test"}},
                                                   {"@a.test", {"@b.test"}},
                                                   {"@b.test", {"@a.test"}},
                                                   {"@later.test", {"@a.test"}},
                                                   {"@out.test", {"@foreign.test"}}});
  const auto snapshot = make_snapshot(contents);
  EXPECT_EQ(snapshot->lookup(at("You+x@Old.Test")), Local::mailbox);
  EXPECT_EQ(snapshot->mailbox(at("you@old.test"))->address, "you@demo.test");
  EXPECT_TRUE(snapshot->may_send_as("you@demo.test", at("you@old.test")));
  EXPECT_FALSE(snapshot->may_send_as("an@demo.test", at("you@old.test")));
  EXPECT_EQ(expanded(*snapshot, "team@old.test"),
            (Texts{"you@demo.test", "friend@example.net", "an@demo.test"}));
  EXPECT_EQ(expanded(*snapshot, "nobody@old.test"), Texts{});
  // A broken chain refuses nobody.
  for (const char* domain : {"a.test", "b.test", "later.test", "out.test"}) {
    EXPECT_FALSE(snapshot->knows_all_of(domain)) << domain;
    EXPECT_EQ(expanded(*snapshot, std::string("you@") + domain).size(), 1U) << domain;
  }
  EXPECT_TRUE(snapshot->knows_all_of("old.test"));
}

TEST(Snapshot, LimitsBecomeProblems) {
  Contents contents = demo();
  AliasRow many{.address = "many@demo.test", .targets = {}};
  for (int i = 0; i < 11; ++i) many.targets.push_back(fmt::format("a{}@example.net", i));
  contents.aliases.push_back(many);
  for (int i = 0; i < 6; ++i) {
    contents.aliases.push_back(
        {fmt::format("deep{}@demo.test", i),
         {i == 5 ? "you@demo.test" : fmt::format("deep{}@demo.test", i + 1)}});
  }
  Settings settings;
  settings.alias_recipients_max = 10;
  settings.alias_depth_max = 5;
  const auto snapshot = make_snapshot(contents, settings);
  EXPECT_EQ(expanded(*snapshot, "many@demo.test"),
            Texts{"problem: the alias many@demo.test leads to more than 10 addresses"});
  EXPECT_EQ(expanded(*snapshot, "deep0@demo.test"),
            Texts{"problem: the alias deep0@demo.test leads through more than 5 aliases"});
  EXPECT_EQ(expanded(*snapshot, "deep1@demo.test"), Texts{"you@demo.test"});
}

TEST(Snapshot, Verifiers) {
  const auto snapshot = make_snapshot(demo());
  ASSERT_NE(snapshot->login("You@Demo.Test"), nullptr);
  EXPECT_EQ(snapshot->login("You@Demo.Test")->verifier, "one");
  ASSERT_NE(snapshot->login("you@demo.test/Phone"), nullptr);
  EXPECT_EQ(snapshot->login("you@demo.test/Phone")->verifier, "two");
  EXPECT_EQ(snapshot->login("you@demo.test/Phone")->mailbox, "you@demo.test");
  EXPECT_EQ(snapshot->login("you@demo.test/tablet"), nullptr);
  EXPECT_EQ(snapshot->login("you"), nullptr);
  EXPECT_EQ(snapshot->login(""), nullptr);
}

struct Names : base::EventSink {
  void emit(const base::Event& event) override { names.emplace_back(event.name); }
  std::vector<std::string> names;
};

io::Task<void> stop(io::Ref<io::TaskGroup> group) { co_await group->stop(); }

TEST(LiveDirectory, SeesChanges) {
  io::sim::World world(1);
  io::sim::Host host(world, {"192.0.2.1"});
  // A database without a file: its own connection is the only one.
  auto store = Store::open(":memory:").value();
  LiveDirectory live{Settings{}};
  EXPECT_FALSE(live.snapshot()->is_local_domain("demo.test"));
  ASSERT_TRUE(store->add_domain("demo.test"));
  ASSERT_TRUE(live.reload(*store));
  EXPECT_TRUE(live.snapshot()->is_local_domain("demo.test"));
  EXPECT_FALSE(live.reload_if_changed(*store).value());

  Names events;
  io::TaskGroup group;
  group.spawn(live.watch(host.doors().clock, host.doors().pool, *store, events));
  world.run_for(std::chrono::seconds(3));
  EXPECT_TRUE(events.names.empty());
  const auto before = live.snapshot();
  ASSERT_TRUE(store->add_domain("late.test"));
  world.run_for(std::chrono::seconds(3));
  EXPECT_EQ(events.names, std::vector<std::string>{"directory.reloaded"});
  EXPECT_TRUE(live.snapshot()->is_local_domain("late.test"));
  EXPECT_FALSE(before->is_local_domain("late.test"));  // who holds it keeps what it had
  world.run(stop(group));
}

}  // namespace
}  // namespace directory
