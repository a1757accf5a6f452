// Tests of delivery/: Maildirs, also on disks that fail and forget.
#include "delivery/maildir.h"

#include <gtest/gtest.h>

#include "delivery/fixture_test.h"
#include "delivery/maildir_path.h"
#include "lib/io/sim/disk_faults.h"
#include "lib/io/sim/for_each_failure.h"

namespace delivery {
namespace {

class MaildirTest : public DeliveryTest {
 protected:
  // The files in a mailbox's new/.
  std::vector<std::string> arrived(const std::string& local = "you") {
    std::vector<std::string> names;
    const auto list = us.doors().files.list("/mail/demo.test/" + local + "/new");
    if (!list) return names;
    for (const auto& file : *list) names.push_back(file.name);
    return names;
  }
  std::string content(const std::string& local = "you") {
    return us.disk().content("/mail/demo.test/" + local + "/new/" + arrived(local).at(0));
  }
};

TEST(MaildirPath, StaysInsideTheMailFolder) {
  const struct {
    const char* local;
    const char* path;
  } cases[] = {
      {"you", "/mail/demo.test/you"},
      {"You+Detail", "/mail/demo.test/you+detail"},
      {"..", "/mail/demo.test/%2E."},
      {".hidden", "/mail/demo.test/%2Ehidden"},
      {"../../etc/passwd", "/mail/demo.test/%2E.%2F..%2Fetc%2Fpasswd"},
      {"a%2Fb", "/mail/demo.test/a%252fb"},
      {"a\nb\x7f", "/mail/demo.test/a%0Ab%7F"},
      {"first.last", "/mail/demo.test/first.last"},
      {"", "/mail/demo.test/%"},
  };
  for (const auto& c : cases) EXPECT_EQ(maildir_path("/mail", {c.local, "demo.test"}), c.path);
  EXPECT_EQ(encode_part(std::string_view("a\0b", 3)), "a%00b");
  EXPECT_FALSE(maildir_path("/mail", {std::string(100, '/'), "demo.test"}));
}

TEST(MaildirPath, NamesDependOnTheMessageOnly) {
  queue::MessageInfo message;
  message.id = {1};
  message.accepted = base::Time(std::chrono::seconds(1'795'442'400));
  EXPECT_EQ(maildir_name(message, 2, "mx/a:b"), "1795442400." + message.id.text() + "r2.mx%2Fa_b");
}

TEST(LineEnds, ConvertsAcrossChunks) {
  const std::string text = "a\r\nb\rc\r\r\n\nd\r";
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    LineEnds ends;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += chunk) {
      ends.convert(std::string_view(text).substr(at, chunk), out);
    }
    ends.finish(out);
    EXPECT_EQ(out, "a\nb\rc\r\n\nd\r") << chunk;
  }
}

TEST(DeliveredTo, FindsThisMailboxOnly) {
  const message::Address you{"You", "Demo.test"};
  EXPECT_TRUE(was_delivered_to("A: b\nDelivered-To: you@demo.test\n\nx", you));
  EXPECT_TRUE(was_delivered_to("delivered-to:  <YOU@DEMO.TEST>\r\n\r\n", you));
  EXPECT_FALSE(was_delivered_to("Delivered-To: me@demo.test\n\n", you));
  EXPECT_FALSE(was_delivered_to("A: b\n\nDelivered-To: you@demo.test\n", you));  // in the text
  EXPECT_FALSE(was_delivered_to("Delivered-To: nonsense\n\n", you));
}

TEST_F(MaildirTest, PutsTheMessageIntoNew) {
  EXPECT_EQ(text_of(deliver_one("you@demo.test")),
            "delivered 250 2.0.0 delivered to mailbox you@demo.test");
  ASSERT_EQ(arrived().size(), 1U);
  EXPECT_EQ(content(),
            "Return-Path: <sender@demo.test>\nDelivered-To: you@demo.test\n"
            "Subject: x\n\nHello\n");
  EXPECT_TRUE(us.doors().files.list("/mail/demo.test/you/tmp")->empty());
  EXPECT_EQ(events.events.at(0).name, "delivery.attempt");
  us.disk().crash_to_synced();
  us.crash();
  us.restart();
  EXPECT_EQ(arrived().size(), 1U);
}

TEST_F(MaildirTest, AMemberOfAListSeesItsOwner) {
  return_paths = {{"you@demo.test", "owner-list@demo.test"}};
  EXPECT_EQ(deliver_one("you@demo.test").result, queue::Result::delivered);
  EXPECT_TRUE(content().starts_with("Return-Path: <owner-list@demo.test>\n")) << content();
}

TEST_F(MaildirTest, ASecondDeliveryReplacesTheFirst) {
  EXPECT_EQ(deliver_one("you@demo.test").result, queue::Result::delivered);
  EXPECT_EQ(deliver_one("you@demo.test").result, queue::Result::delivered);
  EXPECT_EQ(arrived().size(), 1U);
  info->id.value += 1;
  EXPECT_EQ(deliver_one("you@demo.test").result, queue::Result::delivered);
  EXPECT_EQ(arrived().size(), 2U);
}

TEST_F(MaildirTest, JunkHasItsOwnFolder) {
  info->junk = true;
  EXPECT_EQ(text_of(deliver_one("you@demo.test")),
            "delivered 250 2.0.0 delivered to mailbox you@demo.test");
  EXPECT_EQ(arrived("you/.Junk").size(), 1U);
  EXPECT_TRUE(arrived().empty());
  EXPECT_TRUE(content("you/.Junk").ends_with("\nSubject: x\n\nHello\n"));
  EXPECT_TRUE(us.doors().files.list("/mail/demo.test/you/cur"));
  us.disk().crash_to_synced();
  us.crash();
  us.restart();
  EXPECT_EQ(arrived("you/.Junk").size(), 1U);
  EXPECT_TRUE(us.disk().exists("/mail/demo.test/you/.Junk/maildirfolder"));
}

TEST_F(MaildirTest, ManyMailboxesAtOnce) {
  const auto outcomes = deliver(
      {"you@demo.test", "nobody@demo.test", "ME@demo.test", "alias@demo.test", "you@demo.test"});
  EXPECT_EQ(outcomes[0].result, queue::Result::delivered);
  EXPECT_EQ(text_of(outcomes[1]), "failed 550 5.1.1 the mailbox does not exist any more");
  EXPECT_EQ(outcomes[2].result, queue::Result::delivered);
  EXPECT_EQ(outcomes[3].result, queue::Result::deferred);
  EXPECT_EQ(arrived("you").size(), 2U);  // two recipients, two copies
  EXPECT_EQ(arrived("me").size(), 1U);
}

TEST_F(MaildirTest, LargeMessagesAreStreamed) {
  std::string text = "Subject: x\r\n\r\n";
  std::string expected = "Subject: x\n\n";
  for (int i = 0; i < 200'000; ++i) {
    text += "0123456789\r\n";
    expected += "0123456789\n";
  }
  MemoryBody body(text, 100'001);
  const auto outcomes = deliver_body({"you@demo.test", "me@demo.test"}, body);
  for (const char* local : {"you", "me"}) {
    ASSERT_EQ(arrived(local).size(), 1U);
    EXPECT_TRUE(content(local).ends_with(expected)) << local;
  }
  EXPECT_EQ(outcomes[1].result, queue::Result::delivered);
  const auto again =
      deliver({"you@demo.test"}, "Delivered-To: you@demo.test\r\n" + std::string(text));
  EXPECT_EQ(again[0].result, queue::Result::failed);
}

TEST_F(MaildirTest, NeverTwiceThroughTheSameMailbox) {
  const auto outcomes = deliver({"you@demo.test", "me@demo.test"},
                                "Delivered-To: you@demo.test\r\nSubject: x\r\n\r\n");
  EXPECT_EQ(text_of(outcomes[0]).substr(0, 16), "failed 554 5.4.6");
  EXPECT_EQ(outcomes[1].result, queue::Result::delivered);
}

TEST_F(MaildirTest, AFullDiskDefers) {
  us.disk().set_capacity(10);
  EXPECT_EQ(text_of(deliver_one("you@demo.test")).substr(0, 18), "deferred 452 4.3.1");
  EXPECT_TRUE(arrived().empty());
}

TEST_F(MaildirTest, AMaildirThatWasRemovedIsMadeAgain) {
  EXPECT_EQ(deliver_one("you@demo.test").result, queue::Result::delivered);
  auto& files = us.doors().files;
  ASSERT_TRUE(files.remove("/mail/demo.test/you/new/" + arrived().at(0)));
  for (const char* part : {"/tmp", "/new", "/cur", ""}) {
    ASSERT_TRUE(files.remove(std::string("/mail/demo.test/you") + part));
  }
  EXPECT_EQ(deliver_one("you@demo.test").result, queue::Result::delivered);
  EXPECT_EQ(arrived().size(), 1U);
}

TEST_F(MaildirTest, TroubleWithTheBodyDefers) {
  for (const std::size_t size : {std::size_t{5'000}, std::size_t{3'000'000}}) {
    MemoryBody body(std::string(size, 'x'));
    body.fail_at = size / 2;
    EXPECT_EQ(text_of(deliver_body({"you@demo.test"}, body)[0]).substr(0, 18),
              "deferred 451 4.3.0");
    EXPECT_TRUE(arrived().empty());
  }
}

// A machine of its own per run, for for_each_failure.
struct Machine {
  explicit Machine(std::uint64_t seed) : world(seed) {
    settings.hostname = "us.example";
    settings.mail_folder = "/mail";
    message.id = {12345};
    message.envelope.recipients = {{{"you", "demo.test"}, {}, {}}};
  }
  [[nodiscard]] io::sim::Disk& disk() { return us.disk(); }
  queue::Result deliver(const std::string& text) {
    MemoryBody body(text, 50'000);
    MaildirMemory memory;  // as after a restart
    MaildirWriter writer(us.doors());
    MaildirJob job{
        us.doors(), memory, writer, settings, message, body, {{0, {"you", "demo.test"}}}};
    return world.run(deliver_to_maildirs(job)).at(0).result;
  }
  std::vector<std::string> arrived() {
    std::vector<std::string> out;
    const auto list = us.doors().files.list("/mail/demo.test/you/new");
    if (!list) return out;
    for (const auto& file : *list) {
      out.push_back(us.disk().content("/mail/demo.test/you/new/" + file.name));
    }
    return out;
  }

  io::sim::World world;
  io::sim::Host us{world, {"192.0.2.10"}};
  Settings settings;
  queue::MessageInfo message;
};

const std::string small_text = "Subject: x\r\n\r\nHello\r\n";

TEST(MaildirCrash, AFailingStepDefersAndTheNextAttemptDelivers) {
  const std::string large = small_text + std::string(2'500'000, 'x') + "\r\n";
  for (const std::string& text : {small_text, large}) {
    io::sim::for_each_failure([] { return std::make_unique<Machine>(3); },
                              [&](Machine& machine, io::sim::FailAt& fault) {
                                const queue::Result first = machine.deliver(text);
                                // Removing what is left in tmp/ may fail without harm.
                                if (fault.reached()) EXPECT_EQ(first, queue::Result::deferred);
                                machine.disk().set_faults(nullptr);
                                EXPECT_EQ(machine.deliver(text), queue::Result::delivered);
                                EXPECT_EQ(machine.arrived().size(), 1U);
                              });
  }
}

// Invariant 1 and 2: what was delivered survives a power cut; what was not is delivered once in the
// end.
TEST(MaildirCrash, PowerCutAtEveryStep) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    io::sim::for_each_failure([&] { return std::make_unique<Machine>(seed); },
                              [&](Machine& machine, io::sim::FailAt& fault) {
                                const queue::Result first = machine.deliver(small_text);
                                EXPECT_EQ(first == queue::Result::delivered, !fault.reached());
                                machine.disk().set_faults(nullptr);
                                machine.us.crash();
                                machine.us.restart();
                                if (first == queue::Result::delivered)
                                  EXPECT_EQ(machine.arrived().size(), 1U);
                                EXPECT_EQ(machine.deliver(small_text), queue::Result::delivered);
                                machine.us.crash();
                                machine.us.restart();
                                const auto files = machine.arrived();
                                ASSERT_EQ(files.size(), 1U);
                                EXPECT_TRUE(files[0].ends_with("Subject: x\n\nHello\n"));
                              },
                              io::sim::Failure::power_cut());
  }
}

}  // namespace
}  // namespace delivery
