// Tests of byte_simulation.h: the whole server among receivers, and both modes side by side.
#include "tools/simulate/wire/byte_simulation.h"

#include <gtest/gtest.h>

#include "tools/simulate/comparison.h"
#include "tools/simulate/simulation.h"

namespace simulate::wire {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

constexpr std::uint64_t message_bytes = 1'500;

Plan plan_of(std::vector<Provider> providers, std::uint64_t messages) {
  Plan plan;
  plan.scenario.mail = {.messages = messages, .days = 1, .domains = 20};
  plan.scenario.providers = std::move(providers);
  auto queue = std::make_shared<queue::Settings>();
  queue->expire_after = 6h;
  queue->segment_bytes = 1U << 20U;
  plan.queue = std::move(queue);
  plan.delivery = std::make_shared<const delivery::Settings>();
  return plan;
}

// Of every kind one, each small enough that so few messages meet its limits.
std::vector<Provider> every_kind() {
  return {{.name = "slow to know us",
           .mail = 2,
           .receivers = 1,
           .rate_reply = 451,
           .warmup_messages = 15,
           .warmup_max = 1'000,
           .block_after_refused = 10,
           .block_for = 2h,
           .block_reply = 450},
          {.name = "limits by 421", .mail = 2, .receivers = 2, .addresses = 2, .rate_messages = 2},
          {.name = "grey", .mail = 2, .greylist_delay = 4min, .invalid = 0.2, .full = 0.1},
          {.name = "tarpit", .receivers = 1, .tarpit = 20s, .connections_max = 1},
          {.name = "breaks down", .outage_every = 8h, .outage_for = 1h, .down = Down::refused},
          {.name = "dead", .mail = 0.5, .addresses = 2, .dead = true}};
}

struct Outcome {
  Counts counts;
  Figures figures;
};

Outcome run(const Plan& plan) {
  ByteSimulation simulation(plan, message_bytes, nullptr);
  const auto begun = simulation.start();
  EXPECT_TRUE(begun) << begun.error().text();
  simulation.run();
  EXPECT_EQ(simulation.wrong(), std::vector<std::string>());
  return {simulation.counts(), simulation.figures()};
}

void expect_all_arrived(const ProviderCounts& all, const Figures& figures) {
  EXPECT_EQ(all.delivered + all.bounced + all.expired, all.messages);
  EXPECT_GT(all.bounced, 0U);
  EXPECT_GT(all.expired, 0U);
  EXPECT_EQ(figures.octets_in, all.messages * message_bytes);
  EXPECT_GE(figures.octets_out, all.delivered * message_bytes);
  EXPECT_EQ(figures.failure_reports, all.bounced + all.expired);
  EXPECT_GT(figures.delay_reports, 0U);
  EXPECT_EQ(figures.lost + figures.damaged, 0U);
  EXPECT_EQ(figures.duplicates, figures.duplicates_in_doubt);
  EXPECT_GT(figures.disk_bytes_most, 0U);
}

// What the mode without octets says is worth something only as long as this holds. Jitter moves the
// moment at which a destination is tried again by up to a fifth of hours, and with it a few
// messages.
void expect_nearly_the_same(const ProviderCounts& bytes, const ProviderCounts& alone) {
  constexpr double few = 5;
  const Apart found = apart(bytes, alone);
  EXPECT_LE(found.share * static_cast<double>(bytes.messages), few)
      << bytes.name << " at " << day_and_time(found.when);
  EXPECT_EQ(bytes.messages, alone.messages) << bytes.name;
  EXPECT_EQ(bytes.bounced, alone.bounced) << bytes.name;
  EXPECT_NEAR(static_cast<double>(bytes.expired), static_cast<double>(alone.expired), few)
      << bytes.name;
}

TEST(ByteSimulation, EveryOctetArrivesEverySenderIsToldAndTheScheduleAloneSaysNearlyTheSame) {
  const Plan plan = plan_of(every_kind(), 100);
  const Outcome outcome = run(plan);
  expect_all_arrived(outcome.counts.all(), outcome.figures);
  Simulation schedule(plan, nullptr);
  schedule.run();
  for (std::size_t i = 0; i < outcome.counts.providers.size(); ++i) {
    expect_nearly_the_same(outcome.counts.providers[i], schedule.counts().providers[i]);
  }
}

TEST(ByteSimulation, WhenItIsCutTheRestIsQueued) {
  Plan plan = plan_of({{.name = "dead", .dead = true}, {.name = "good"}}, 20);
  auto queue = std::make_shared<queue::Settings>(*plan.queue);
  queue->expire_after = 48h;
  plan.queue = queue;
  plan.cut = true;
  const Outcome outcome = run(plan);
  const ProviderCounts all = outcome.counts.all();
  EXPECT_EQ(outcome.counts.ended, 24h);
  EXPECT_GT(all.queued, 0U);
  EXPECT_EQ(all.delivered + all.queued, 20U);
}

TEST(ByteSimulation, SaysWhatCannotBe) {
  ByteSimulation tiny(plan_of({{.name = "good"}}, 10), 20, nullptr);
  const auto begun = tiny.start();
  ASSERT_FALSE(begun);
  EXPECT_TRUE(begun.error().detail.starts_with("--bytes: a message with its header has at least"));
}

}  // namespace
}  // namespace simulate::wire
