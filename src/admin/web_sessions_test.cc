// Tests of web_sessions.h: how sessions end.
#include "admin/web_sessions.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace admin {
namespace {

using namespace std::chrono_literals;

class WebSessionsTest : public testing::Test {
 protected:
  WebSessionsTest() : world_(1), host_(world_, {"192.0.2.1"}) {}
  std::string open(const std::string& account = "you@demo.test") {
    return sessions_
        .open({.login = account, .account = account, .credential = "verifier"}, now_,
              host_.doors().random)
        .id;
  }
  [[nodiscard]] bool is_open(const std::string& id) { return sessions_.find(id, now_) != nullptr; }

  io::sim::World world_;
  io::sim::Host host_;
  base::Instant now_ = base::Instant(1h);
  WebSessions sessions_{{.idle = 30min, .total = 12h, .per_account_max = 3, .all_max = 5}};
};

TEST_F(WebSessionsTest, FoundByItsIdAlone) {
  const std::string id = open();
  ASSERT_TRUE(is_open(id));
  EXPECT_EQ(id.size(), 64U);
  EXPECT_NE(sessions_.find(id, now_)->csrf, id);
  std::string other = id;
  other.back() = other.back() == '0' ? '1' : '0';
  for (const std::string& wrong : {std::string(), std::string("x"), id + "0", other}) {
    EXPECT_FALSE(is_open(wrong)) << wrong;
  }
  sessions_.close(id);
  EXPECT_FALSE(is_open(id));
}

TEST_F(WebSessionsTest, EndsWhenNobodyUsesIt) {
  const std::string id = open();
  now_ += 29min;
  ASSERT_TRUE(is_open(id));
  now_ += 1min;
  EXPECT_FALSE(is_open(id)) << "looking for it is no use";
  EXPECT_EQ(sessions_.size(), 0U);
}

TEST_F(WebSessionsTest, EndsAfterItsTimeHoweverOftenItIsUsed) {
  const std::string id = open();
  for (int i = 0; i < 12 * 6 - 1; ++i) {
    now_ += 10min;
    ASSERT_TRUE(is_open(id)) << i;
    sessions_.find(id, now_)->used = now_;
  }
  now_ += 10min;
  EXPECT_FALSE(is_open(id));
}

TEST_F(WebSessionsTest, TheLeastUsedMakesRoom) {
  const std::string first = open();
  now_ += 1s;
  const std::string second = open();
  now_ += 1s;
  const std::string third = open();
  sessions_.find(first, now_)->used = now_;
  now_ += 1s;
  const std::string fourth = open();
  EXPECT_FALSE(is_open(second));
  EXPECT_TRUE(is_open(first) && is_open(third) && is_open(fourth));
  const std::string an = open("an@demo.test");
  const std::string bo = open("bo@demo.test");
  const std::string cy = open("cy@demo.test");  // all_max: the least used of all
  EXPECT_EQ(sessions_.size(), 5U);
  EXPECT_FALSE(is_open(first) && is_open(third));
  EXPECT_TRUE(is_open(an) && is_open(bo) && is_open(cy));
}

TEST_F(WebSessionsTest, OthersOfTheAccountEnd) {
  const std::string kept = open();
  const std::string other = open();
  const std::string an = open("an@demo.test");
  EXPECT_EQ(sessions_.close_others("you@demo.test", kept), 1U);
  EXPECT_TRUE(is_open(kept) && is_open(an));
  EXPECT_FALSE(is_open(other));
}

}  // namespace
}  // namespace admin
