// Tests of lib/dns: the cache, shared questions, deadlines.
#include "lib/dns/caching_resolver.h"

#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/deadline.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace dns {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

constexpr std::string_view zone_text = R"(
a.example A 192.0.2.1
a.example TTL 100
b.example A 192.0.2.2
c.example A 192.0.2.3
zero.example A 192.0.2.4
zero.example TTL 0
fail.example FAIL
slow.example SLOW
slow.example A 192.0.2.5
never.example TIMEOUT
)";

class CachingResolverTest : public testing::Test {
 protected:
  CachingResolverTest() { make({}); }

  void make(Settings settings) {
    auto below = std::make_unique<ZoneResolver>(zone_text, &host.doors().clock);
    zone = below.get();
    zone->timeout_delay = 1h;
    cache = std::make_unique<CachingResolver>(std::move(below), host.doors().clock, settings);
  }
  Answer ask(const char* name, Type type = Type::a) { return world.run(cache->query(name, type)); }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.10"}};
  ZoneResolver* zone = nullptr;
  std::unique_ptr<CachingResolver> cache;
};

TEST_F(CachingResolverTest, AnswersFromMemoryWhileTheTtlLasts) {
  EXPECT_EQ(ask("a.example").ttl_seconds, 100U);
  world.run_for(40s);
  EXPECT_EQ(ask("A.Example.").ttl_seconds, 60U);
  EXPECT_EQ(zone->queries(), 1U);
  world.run_for(61s);
  EXPECT_EQ(ask("a.example").ttl_seconds, 100U);
  EXPECT_EQ(zone->queries(), 2U);
}

TEST_F(CachingResolverTest, NegativeAnswersAreKeptShorter) {
  EXPECT_EQ(ask("none.example").status, Status::no_name);
  EXPECT_EQ(ask("none.example").status, Status::no_name);
  EXPECT_EQ(zone->queries(), 1U);
  world.run_for(6min);
  EXPECT_EQ(ask("none.example").status, Status::no_name);
  EXPECT_EQ(zone->queries(), 2U);
}

TEST_F(CachingResolverTest, TroubleIsForgottenInSeconds) {
  EXPECT_EQ(ask("fail.example").status, Status::trouble);
  EXPECT_EQ(ask("fail.example").status, Status::trouble);
  EXPECT_EQ(zone->queries(), 1U);
  zone->remove("fail.example");
  ASSERT_TRUE(zone->add("fail.example A 192.0.2.7"));
  world.run_for(3s);
  EXPECT_EQ(ask("fail.example").status, Status::ok);
}

TEST_F(CachingResolverTest, TtlZeroIsNotKept) {
  EXPECT_EQ(ask("zero.example").status, Status::ok);
  EXPECT_EQ(ask("zero.example").status, Status::ok);
  EXPECT_EQ(zone->queries(), 2U);
}

TEST_F(CachingResolverTest, TheLeastUsedEntryGoes) {
  Settings settings;
  settings.cache_entries_max = 2;
  make(settings);
  for (const char* name : {"a.example", "b.example", "a.example", "c.example"}) {
    EXPECT_EQ(ask(name).status, Status::ok);
  }
  EXPECT_EQ(cache->entries(), 2U);
  EXPECT_EQ(zone->queries(), 3U);
  EXPECT_EQ(ask("a.example").status, Status::ok);
  EXPECT_EQ(zone->queries(), 3U);
  EXPECT_EQ(ask("b.example").status, Status::ok);
  EXPECT_EQ(zone->queries(), 4U);
}

io::Task<void> ask_into(Resolver* resolver, const char* name, std::vector<Answer>* answers) {
  Answer answer = co_await resolver->query(name, Type::a);
  answers->push_back(std::move(answer));
}

TEST_F(CachingResolverTest, EqualQuestionsAreAskedOnce) {
  std::vector<Answer> answers;
  io::TaskGroup group;
  for (int i = 0; i < 5; ++i) group.spawn(ask_into(cache.get(), "slow.example", &answers));
  world.run(group.join());
  EXPECT_EQ(zone->queries(), 1U);
  ASSERT_EQ(answers.size(), 5U);
  for (const Answer& answer : answers) EXPECT_EQ(answer.status, Status::ok);
}

TEST_F(CachingResolverTest, GivesUpAtItsDeadline) {
  const base::Instant began = world.now();
  const Answer answer = ask("never.example");
  EXPECT_EQ(answer.status, Status::trouble);
  EXPECT_FALSE(answer.why.empty());
  EXPECT_EQ(world.now() - began, 10s);
}

TEST_F(CachingResolverTest, AskersStopAloneAndTheAnswerIsKept) {
  std::vector<Answer> answers;
  io::TaskGroup group;
  group.spawn(ask_into(cache.get(), "slow.example", &answers));
  group.cancel();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, Status::trouble);
  world.run(group.join());
  world.run_for(2s);
  EXPECT_EQ(ask("slow.example").status, Status::ok);
  EXPECT_EQ(zone->queries(), 1U);
}

TEST_F(CachingResolverTest, TooManyQuestionsAreTrouble) {
  Settings settings;
  settings.queries_max = 1;
  make(settings);
  std::vector<Answer> answers;
  io::TaskGroup group;
  group.spawn(ask_into(cache.get(), "slow.example", &answers));
  EXPECT_EQ(ask("a.example").status, Status::trouble);
  world.run(group.join());
  EXPECT_EQ(ask("a.example").status, Status::ok);
}

TEST_F(CachingResolverTest, EndsWithQuestionsInTheAir) {
  io::TaskGroup group;
  std::vector<Answer> answers;
  group.spawn(ask_into(cache.get(), "never.example", &answers));
  group.cancel();
  cache.reset();
  EXPECT_EQ(answers.size(), 1U);
}

}  // namespace
}  // namespace dns
