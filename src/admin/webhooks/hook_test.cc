// Tests of hook.h and signature.h.
#include "admin/webhooks/hook.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "admin/webhooks/intake.h"
#include "admin/webhooks/signature.h"
#include "lib/base/text.h"

namespace webhooks {
namespace {

trace::StoredEvent delivered() {
  trace::StoredEvent out;
  out.name = "recipient.delivered";
  out.time = base::Time(std::chrono::seconds(1'800'000'000));
  out.message = {0x1234567890};
  out.fields = {{"from", "shop@example.org"},
                {"to", "an@Example.NET"},
                {"reply", "250 2.0.0 ok \xff"},
                {"account", "shop@example.org"}};
  return out;
}

TEST(Hook, MakesTheSameOfAnEventEachTime) {
  const auto one = happening_of(delivered());
  const auto two = happening_of(delivered());
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->id, two->id);
  EXPECT_EQ(one->body, two->body);
  const auto body = boost::json::parse(one->body).get_object();
  EXPECT_EQ(body.at("type").as_string(), "message.delivered");
  EXPECT_EQ(body.at("data").at("to").as_string(), "an@Example.NET");
  trace::StoredEvent other = delivered();
  other.fields[1].second = "b@example.net";
  EXPECT_NE(happening_of(other)->id, one->id);
  other.name = "session.connect";
  EXPECT_FALSE(happening_of(other));
}

TEST(Hook, Filters) {
  const Happening what = *happening_of(delivered());
  Hook hook;
  EXPECT_TRUE(matches(hook, what));
  hook.kinds = {Kind::failed};
  EXPECT_FALSE(matches(hook, what));
  hook.kinds = {Kind::failed, Kind::delivered};
  hook.account = "shop@example.org";
  hook.domain = "example.net";
  EXPECT_TRUE(matches(hook, what));
  hook.domain = "example.com";
  EXPECT_FALSE(matches(hook, what));
  hook.domain = {};
  hook.account = "an@example.org";
  EXPECT_FALSE(matches(hook, what));
}

TEST(Intake, IsBoundedAndCountsWhatItDrops) {
  Intake intake;
  base::Event event;
  event.name = "recipient.delivered";
  event.fields = {{"to", std::string(4'000, 'x')}};
  intake.emit(event);
  EXPECT_TRUE(intake.take().empty()) << "nobody wants it";
  intake.set_wanted(true);
  for (int i = 0; i < 10'000; ++i) intake.emit(event);
  EXPECT_GT(intake.dropped(), 0U);
  EXPECT_EQ(intake.take().size() + intake.dropped(), 10'000U);
  event.name = "session.connect";
  intake.emit(event);
  EXPECT_TRUE(intake.take().empty());
}

// The vector of the Standard Webhooks specification.
TEST(Signature, IsThatOfTheStandard) {
  const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const Signed what{.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                    .body = R"({"test": 2432232314})",
                    .now = base::Time(std::chrono::seconds(1'614'265'330))};
  const std::string one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  EXPECT_EQ(signature({secret}, what), one);
  EXPECT_EQ(signature({secret, "no secret"}, what), one);
  EXPECT_EQ(signature({secret, secret}, what), one + " " + one);
}

}  // namespace
}  // namespace webhooks
