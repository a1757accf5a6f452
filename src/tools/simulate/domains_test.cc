// Tests of domains.h.
#include "tools/simulate/domains.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "lib/io/sim/random.h"

namespace simulate {
namespace {

Scenario three() {
  Scenario scenario;
  scenario.mail.domains = 200;
  scenario.providers = {{.name = "Large Webmail", .domains = 1, .mail = 60, .receivers = 2},
                        {.name = "small", .domains = 98, .mail = 39},
                        {.name = "dead", .domains = 1, .mail = 1}};
  return scenario;
}

TEST(ShareOut, NothingIsLostAndEachHasOne) {
  for (const std::uint32_t total : {3U, 4U, 10U, 999U, 1'000'000U}) {
    for (const std::vector<double>& parts :
         {std::vector<double>{1, 1, 1}, {0.0001, 5, 3}, {1e6, 1e-6, 1e-6}}) {
      const auto shared = share_out(total, parts);
      EXPECT_EQ(std::accumulate(shared.begin(), shared.end(), 0ULL), total);
      EXPECT_TRUE(std::ranges::all_of(shared, [](auto one) { return one >= 1; }));
    }
  }
}

TEST(Domains, EachHasItsProviderAndReceiver) {
  const Domains domains(three());
  ASSERT_EQ(domains.domains().size(), 200U);
  EXPECT_EQ(domains.domains()[0].key, "mx:d1.large-webmail.example");
  std::map<std::uint32_t, std::size_t> receivers;
  for (const Domain& domain : domains.domains()) {
    ASSERT_LT(domain.receiver, domains.receivers().size());
    EXPECT_EQ(domains.receivers()[domain.receiver], domain.provider);
    ++receivers[domain.receiver];
  }
  EXPECT_EQ(domains.receivers().size(), 2U + 196U + 2U);
}

TEST(Domains, MailGoesByPartsAndTheFirstDomainGetsTheMost) {
  const Domains domains(three());
  io::sim::SeededRandom random(7);
  std::map<std::uint32_t, int> by_provider;
  std::map<std::uint32_t, int> by_domain;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t drawn = domains.draw(random);
    ++by_provider[domains.domains()[drawn].provider];
    ++by_domain[drawn];
  }
  EXPECT_NEAR(by_provider[0], 12'000, 400);
  EXPECT_NEAR(by_provider[1], 7'800, 400);
  EXPECT_NEAR(by_provider[2], 200, 60);
  // 1 / r: the second domain of `small` gets half of what the first gets.
  const std::uint32_t first = 2;
  EXPECT_NEAR(by_domain[first] / 2.0, by_domain[first + 1], 150);
}

TEST(Domains, OneDomainAloneIsAlwaysDrawn) {
  Scenario scenario;
  scenario.mail.domains = 1;
  scenario.providers = {{.name = "only"}};
  const Domains domains(scenario);
  io::sim::SeededRandom random(1);
  EXPECT_EQ(domains.draw(random), 0U);
}

}  // namespace
}  // namespace simulate
