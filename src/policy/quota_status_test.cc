// Tests of policy/quota_status.h and quota_answer.h: the words, and a service that plays a script.
#include "policy/quota_status.h"

#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/clock.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/sim/world.h"
#include "lib/io/task_group.h"

namespace policy {
namespace {

using std::chrono_literals::operator""s;

TEST(QuotaAnswer, Reads) {
  const struct {
    const char* octets;
    const char* refusal;  // "": room; nullptr: no answer
  } cases[] = {
      {"action=DUNNO\n\n", ""},
      {"action=OK\n\n", ""},
      {"ACTION = dunno\n\n", nullptr},
      {"action=dunno\r\n\r\n", ""},
      {"other=1\naction=552 5.2.2 Mailbox is full\n\n", "552 5.2.2 Mailbox is full"},
      {"action=552 Mailbox is full\n\n", "552 5.2.2 Mailbox is full"},
      {"action=552\n\n", "552 5.2.2 The mailbox is full"},
      {"action=REJECT no room\n\n", "552 5.2.2 no room"},
      {"action=452 4.2.2 later\n\n", "452 4.2.2 later"},
      {"action=552 4.2.2 mixed\n\n", "552 5.2.2 4.2.2 mixed"},
      {"action=552 5.2.2 bad\rword\n\n", "552 5.2.2 bad\\rword"},
      {"action=DEFER_IF_PERMIT Internal error\n\n", nullptr},
      {"action=421 4.3.2 go\n\n", nullptr},
      {"action=250 ok\n\n", nullptr},
      {"action=\n\n", nullptr},
      {"\naction=DUNNO\n\n", nullptr},
      {"nonsense\n\n", nullptr},
      {"", nullptr},
  };
  for (const auto& c : cases) {
    const auto answer = read_quota_answer(c.octets);
    ASSERT_EQ(answer.has_value(), c.refusal != nullptr) << c.octets;
    if (answer) EXPECT_EQ(answer->refusal ? answer->refusal->text() : "", c.refusal) << c.octets;
  }
  EXPECT_FALSE(read_quota_answer("action=DUNNO\n" + std::string(5000, 'x')));
  const auto long_text = read_quota_answer("action=552 " + std::string(3000, 'x') + "\n\n");
  EXPECT_LE(long_text->refusal->text().size(), QuotaAnswer::text_bytes_max + 20);
}

TEST(QuotaAnswer, EndsWithAnEmptyLine) {
  EXPECT_FALSE(is_whole_answer("action=DUNNO\n"));
  EXPECT_TRUE(is_whole_answer("action=DUNNO\n\n"));
  EXPECT_TRUE(is_whole_answer("action=DUNNO\r\n\r\n"));
  EXPECT_TRUE(is_whole_answer(std::string(5000, 'x')));
}

TEST(QuotaRequest, HoldsNoLineEndsOfOthers) {
  const std::string text =
      quota_request({.mailbox = "you@demo.test", .sender = "a\nrecipient=x@demo.test", .size = 7});
  EXPECT_NE(text.find("\nrecipient=you@demo.test\nsize=7\n\n"), std::string::npos);
  EXPECT_NE(text.find("sender=arecipient=x@demo.test\n"), std::string::npos);
}

class QuotaStatusTest : public testing::Test {
 protected:
  QuotaStatusTest() { settings->quota_status = *io::ServicePlace::parse("unix:/run/quota"); }
  ~QuotaStatusTest() override {
    tasks.cancel();
    world.run(tasks.join());
  }

  // Each connection answers with the next list; "" says nothing for ever.
  void serve(std::vector<std::vector<std::string>> answers) {
    auto listener = us.doors().network.listen_unix("/run/quota", 0600);
    ASSERT_TRUE(listener);
    tasks.spawn(accept(this, std::move(*listener), std::move(answers)));
  }
  static io::Task<void> accept(QuotaStatusTest* test, std::unique_ptr<io::Listener> listener,
                               std::vector<std::vector<std::string>> answers) {
    for (auto& list : answers) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      ++test->connections;
      test->tasks.spawn(play(test, std::move(*stream), std::move(list)));
    }
  }
  static io::Task<void> play(QuotaStatusTest* test, std::unique_ptr<io::Stream> stream,
                             std::vector<std::string> answers) {
    io::sim::Peer peer(std::move(stream));
    for (const std::string& answer : answers) {
      for (std::string line; !(line = co_await peer.read_line()).empty();) {
        if (line.starts_with('<')) co_return;
      }
      ++test->questions;
      if (!answer.empty()) co_await peer.send(answer);
      if (answer.empty()) co_await io::sleep_for(test->us.doors().clock, std::chrono::hours(9));
    }
  }
  QuotaStatus::Finding ask(std::uint64_t size = 0) {
    return world.run(
        quota.ask(settings, {.mailbox = "you@demo.test", .sender = "a@b.test", .size = size}));
  }

  io::sim::World world{1};
  io::sim::Host us{world, {"192.0.2.10"}};
  dns::ZoneResolver zone{"", &us.doors().clock};
  std::shared_ptr<Settings> settings = std::make_shared<Settings>();
  QuotaStatus quota{us.doors(), zone};
  io::TaskGroup tasks;
  int connections = 0;
  int questions = 0;
};

TEST_F(QuotaStatusTest, AsksOnceForSomeSeconds) {
  serve({{"action=DUNNO\n\n", "action=552 5.2.2 full\n\n"}});
  EXPECT_FALSE(ask().refusal);
  EXPECT_FALSE(ask().refusal);
  EXPECT_EQ(questions, 1);
  world.run(io::sleep_for(us.doors().clock, 6s));
  EXPECT_EQ(ask().refusal->text(), "552 5.2.2 full");
  EXPECT_EQ(ask().refusal->text(), "552 5.2.2 full");
  EXPECT_EQ(questions, 2);
  EXPECT_EQ(connections, 1);  // it was kept
}

TEST_F(QuotaStatusTest, TheSizeIsPartOfTheQuestion) {
  serve({{"action=DUNNO\n\n", "action=552 5.2.2 no room\n\n"}});
  EXPECT_FALSE(ask(10).refusal);
  EXPECT_TRUE(ask(1'000'000).refusal);
}

TEST_F(QuotaStatusTest, ARestartedServiceIsAskedAnew) {
  serve({{"action=DUNNO\n\n"}, {"action=552 5.2.2 full\n\n"}});
  settings->quota_status_keep = 0s;
  EXPECT_FALSE(ask().refusal);
  EXPECT_TRUE(ask().refusal);
  EXPECT_EQ(connections, 2);
}

TEST_F(QuotaStatusTest, TroubleIsNoRefusal) {
  EXPECT_FALSE(ask().refusal);
  EXPECT_NE(ask().trouble, "");  // nobody listens
  serve({{""}, {"action=DEFER_IF_PERMIT x\n\n"}, {std::string(5000, 'x')}, {}});
  const base::Instant began = world.now();
  const auto slow = ask();
  EXPECT_NE(slow.trouble, "");
  EXPECT_FALSE(slow.refusal);
  EXPECT_LE(world.now() - began, 3s);
  for (int i = 0; i < 3; ++i) {
    const auto finding = ask();
    EXPECT_NE(finding.trouble, "");
    EXPECT_FALSE(finding.refusal);
  }
}

TEST_F(QuotaStatusTest, NobodyIsAskedWithoutASetting) {
  settings->quota_status = {};
  EXPECT_EQ(ask().trouble, "");
}

TEST_F(QuotaStatusTest, AHostIsLookedUp) {
  settings->quota_status = *io::ServicePlace::parse("box.inner:12340");
  EXPECT_NE(ask().trouble.find("box.inner"), std::string::npos);
}

}  // namespace
}  // namespace policy
