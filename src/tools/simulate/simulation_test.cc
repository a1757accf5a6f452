// Tests of simulation.h: small Internets whose outcome is known.
#include "tools/simulate/simulation.h"

#include <gtest/gtest.h>

#include "tools/simulate/report.h"

namespace simulate {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

Plan plan_of(std::vector<Provider> providers, std::uint64_t messages = 500) {
  Plan plan;
  plan.scenario.mail = {.messages = messages, .days = 2, .domains = 50};
  plan.scenario.providers = std::move(providers);
  plan.queue = std::make_shared<const queue::Settings>();
  plan.delivery = std::make_shared<const delivery::Settings>();
  return plan;
}

ProviderCounts run(Plan plan) {
  Simulation simulation(std::move(plan), nullptr);
  simulation.run();
  EXPECT_EQ(simulation.wrong(), std::vector<std::string>());
  return simulation.counts().all();
}

TEST(Simulation, GoodReceiversGetAllAtOnce) {
  const ProviderCounts all = run(plan_of({{.name = "good"}}));
  EXPECT_EQ(all.messages, 500U);
  EXPECT_EQ(all.delivered, 500U);
  EXPECT_EQ(all.attempts, 500U);
  EXPECT_EQ(all.deferred(), 0U);
  EXPECT_LT(all.delay.max(), 10s);
  EXPECT_EQ(all.connections + all.connections_reused, 500U);
  EXPECT_EQ(all.hours.size(), 48U);
}

TEST(Simulation, WhatIsDeadExpiresOnTime) {
  Plan plan = plan_of({{.name = "dead", .dead = true}}, 100);
  Simulation simulation(plan, nullptr);
  simulation.run();
  EXPECT_TRUE(simulation.wrong().empty());
  const ProviderCounts all = simulation.counts().all();
  EXPECT_EQ(all.expired, 100U);
  EXPECT_EQ(simulation.counts().delay_notices, 100U);
  EXPECT_GT(all.blocked, 0U);
  EXPECT_GE(simulation.counts().ended, plan.queue->expire_after);
  EXPECT_LE(simulation.counts().ended, 48h + plan.queue->expire_after + 6h);
}

TEST(Simulation, WrongAddressesComeBackAtOnce) {
  const ProviderCounts all = run(plan_of({{.name = "picky", .invalid = 0.25}}));
  EXPECT_NEAR(static_cast<double>(all.bounced), 125, 35);
  EXPECT_EQ(all.bounced + all.delivered, 500U);
  EXPECT_EQ(all.bounces.at(static_cast<std::size_t>(Reason::invalid)), all.bounced);
}

TEST(Simulation, GreylistingTakesTheThirdAttempt) {
  const ProviderCounts all = run(plan_of({{.name = "grey", .greylist_delay = 4min}}));
  EXPECT_EQ(all.delivered, 500U);
  EXPECT_GE(all.delay.percentile(0.01), 4min);
  // A first retry comes after a minute, the second five minutes later.
  EXPECT_LE(all.delay.max(), 10min);
  EXPECT_GE(all.attempts_most, 3U);
}

TEST(Simulation, ALimitOfConnectionsIsHeld) {
  Provider narrow{.name = "narrow", .receivers = 1, .processing = 20s, .connections_max = 2};
  Plan plan = plan_of({narrow}, 3'000);
  plan.scenario.mail.days = 1;
  Simulation simulation(plan, nullptr);
  simulation.run();
  EXPECT_TRUE(simulation.wrong().empty());
  const ProviderCounts all = simulation.counts().all();
  EXPECT_EQ(all.delivered, 3'000U);
  EXPECT_GT(all.deferrals.at(static_cast<std::size_t>(Reason::connections)), 0U);
}

TEST(Simulation, ARateLimitStretchesTheDelivery) {
  // 500 messages in two days, and 5 per hour for all its domains: more than four days.
  Provider slow{
      .name = "slow", .receivers = 1, .rate_messages = 5, .rate_window = 1h, .rate_reply = 451};
  const ProviderCounts all = run(plan_of({slow}));
  EXPECT_EQ(all.messages, all.delivered + all.expired);
  for (const Hour& hour : all.hours) EXPECT_LE(hour.delivered, 10U) << "two windows meet an hour";
  EXPECT_GT(all.hours.size(), 90U);
}

TEST(Simulation, AHostIsTriedAtEachOfItsAddresses) {
  const Provider dead{.name = "dead", .addresses = 3, .dead = true, .down = Down::refused};
  const ProviderCounts all = run(plan_of({dead}, 50));
  EXPECT_GT(all.attempts, 0U);
  EXPECT_EQ(all.connections_failed, 3 * all.attempts);
}

// delivery/attempt.cc: what comes before any answer to MAIL may be the end of an old connection.
TEST(Simulation, A421OnAKeptConnectionIsAskedForAgainOnANewOne) {
  Provider strict{.name = "strict", .receivers = 1, .rate_messages = 100, .rate_window = 24h};
  Plan plan = plan_of({strict}, 1'000);
  plan.scenario.mail.days = 1;
  auto settings = std::make_shared<delivery::Settings>();
  settings->idle_connection = 10min;
  plan.delivery = settings;
  plan.cut = true;
  const ProviderCounts all = run(std::move(plan));
  EXPECT_GT(all.connections_stale, 0U);
  // Each deferral had a connection of its own, each stale one led to another.
  EXPECT_EQ(all.connections + all.connections_reused,
            all.delivered + all.deferred() + all.connections_stale);
}

TEST(Simulation, OtherSettingsMeetTheSameMail) {
  const auto scenario = read_scenario(default_scenario(), "default");
  ASSERT_TRUE(scenario);
  std::vector<std::vector<std::uint64_t>> arrived;
  for (const auto first_retry : {1min, 60min}) {
    Plan plan = plan_of(scenario->providers);
    auto settings = std::make_shared<queue::Settings>();
    settings->retry_after = {first_retry, 4h};
    plan.queue = settings;
    Simulation simulation(std::move(plan), nullptr);
    simulation.run();
    std::vector<std::uint64_t>& each = arrived.emplace_back();
    for (const ProviderCounts& one : simulation.counts().providers) {
      for (std::size_t hour = 0; hour < 48; ++hour) each.push_back(one.hours[hour].arrived);
    }
  }
  EXPECT_EQ(arrived[0], arrived[1]);
}

TEST(Simulation, TheSameSeedGivesTheSameNumbers) {
  const auto scenario = read_scenario(default_scenario(), "default");
  ASSERT_TRUE(scenario);
  std::vector<std::string> results;
  for (const std::uint64_t seed : {7U, 7U, 8U}) {
    Plan plan = plan_of({});
    plan.scenario.providers = scenario->providers;
    plan.scenario.mail.domains = 200;
    plan.seed = seed;
    Simulation simulation(std::move(plan), nullptr);
    simulation.run();
    EXPECT_TRUE(simulation.wrong().empty());
    results.push_back(result_json({}, simulation.counts(), simulation.wrong()) +
                      hours_csv(simulation.counts()));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_NE(results[0], results[2]);
}

TEST(Simulation, WhenItIsCutTheRestIsQueued) {
  Plan plan = plan_of({{.name = "dead", .dead = true}, {.name = "good"}});
  plan.cut = true;
  Simulation simulation(plan, nullptr);
  simulation.run();
  EXPECT_TRUE(simulation.wrong().empty());
  const ProviderCounts all = simulation.counts().all();
  EXPECT_EQ(simulation.counts().ended, 48h);
  EXPECT_EQ(all.queued, simulation.counts().providers[0].queued);
  EXPECT_EQ(all.delivered + all.queued, 500U);
  EXPECT_EQ(all.hours.back().queued, all.queued);
}

TEST(Simulation, ShorterLaddersHelpWithGreylisting) {
  Plan patient = plan_of({{.name = "grey", .greylist_delay = 10min}});
  auto settings = std::make_shared<queue::Settings>();
  settings->retry_after = {1h, 4h};
  patient.queue = settings;
  const ProviderCounts slow = run(patient);
  const ProviderCounts fast = run(plan_of({{.name = "grey", .greylist_delay = 10min}}));
  EXPECT_GT(slow.delay.percentile(0.5), 2 * fast.delay.percentile(0.5));
}

TEST(Simulation, IdleConnectionsAreUsedAgainAsSet) {
  Provider shared{.name = "shared", .receivers = 1};
  Plan with = plan_of({shared}, 3'000);
  with.scenario.mail.days = 1;
  Plan without = with;
  auto settings = std::make_shared<delivery::Settings>();
  settings->idle_connection = 1min;
  with.delivery = std::make_shared<const delivery::Settings>(*settings);
  settings->idle_connection = 0s;
  without.delivery = settings;
  const ProviderCounts reused = run(std::move(with));
  const ProviderCounts opened = run(std::move(without));
  EXPECT_GT(reused.connections_reused, 0U);
  EXPECT_EQ(opened.connections_reused, 0U);
  EXPECT_EQ(opened.connections, 3'000U);
}

}  // namespace
}  // namespace simulate
