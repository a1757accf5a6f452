// Tests of behaviour.h.
#include "tools/bench/behaviour.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

using std::chrono::milliseconds;

TEST(Behaviour, IsNiceWithoutRules) {
  Dice dice(1);
  const Reaction reaction = Behaviour().react(Stage::rcpt, dice);
  EXPECT_FALSE(reaction.close);
  EXPECT_FALSE(reaction.code);
  EXPECT_EQ(reaction.delay, base::Duration(0));
}

TEST(Behaviour, RulesApplyAtTheirStage) {
  Behaviour behaviour;
  EXPECT_TRUE(behaviour.add_answer("451@rcpt"));
  EXPECT_TRUE(behaviour.add_answer("550"));
  EXPECT_TRUE(behaviour.add_delay("20@data"));
  EXPECT_TRUE(behaviour.add_delay("30@data"));
  EXPECT_TRUE(behaviour.add_close("1@mail"));
  Dice dice(1);
  EXPECT_EQ(behaviour.react(Stage::rcpt, dice).code, 451);
  EXPECT_EQ(behaviour.react(Stage::end, dice).code, 550);
  EXPECT_EQ(behaviour.react(Stage::data, dice).code, std::nullopt);
  EXPECT_EQ(behaviour.react(Stage::data, dice).delay, milliseconds(50));
  EXPECT_TRUE(behaviour.react(Stage::mail, dice).close);
  EXPECT_FALSE(behaviour.react(Stage::connect, dice).close);
}

TEST(Behaviour, SharesAreKept) {
  Behaviour behaviour;
  EXPECT_TRUE(behaviour.add_answer("451/0.25"));
  EXPECT_TRUE(behaviour.add_close("0@end"));
  Dice dice(7);
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Reaction reaction = behaviour.react(Stage::end, dice);
    if (reaction.code) ++refused;
    EXPECT_FALSE(reaction.close);
  }
  EXPECT_GT(refused, 2'300);
  EXPECT_LT(refused, 2'700);
}

TEST(Behaviour, SaysWhatIsWrongWithARule) {
  Behaviour behaviour;
  for (const char* rule : {"", "250", "600", "451/2", "451/-1", "451@never", "451/", "x@rcpt"}) {
    EXPECT_FALSE(behaviour.add_answer(rule)) << rule;
  }
  for (const char* rule : {"", "x", "-1", "10@", "99999999"}) {
    EXPECT_FALSE(behaviour.add_delay(rule)) << rule;
  }
  for (const char* rule : {"", "2@end", "0.5@x", "nan@end"}) {
    EXPECT_FALSE(behaviour.add_close(rule)) << rule;
  }
  const auto failure = behaviour.add_answer("451@never");
  EXPECT_TRUE(failure.error().detail.contains("451/0.01@rcpt")) << failure.error().detail;
}

}  // namespace
}  // namespace bench
