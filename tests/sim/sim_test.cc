// Tests of the whole server in one thread: a seed decides who closes, stalls, answers 4yz, when the
// disk fails and when the machine crashes; invariants 1 to 3 must hold. STAGEPOST_SEED=N replays
// one seed.
#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/base/text.h"
#include "tests/sim/town.h"

namespace sim {
namespace {

constexpr std::uint64_t seeds = 60;          // in every ./test
constexpr std::uint64_t seeds_long = 5'000;  // ./test --all

std::optional<std::uint64_t> seed_asked_for() {
  const char* text = std::getenv("STAGEPOST_SEED");
  return text == nullptr ? std::nullopt : base::parse_number(text);
}

void expect_good(std::uint64_t seed) {
  const Story story = Town(seed).tell();
  for (const std::string& violation : story.violations) {
    ADD_FAILURE() << "seed=" << seed << ": " << violation << "\nreplay: ./test sim " << seed;
  }
}

TEST(Invariants, HoldForEverySeed) {
  if (const auto seed = seed_asked_for()) {
    const Story story = Town(*seed).tell();
    std::printf("%s", story.log.c_str());
    std::printf("seed=%llu accepted=%zu crashes=%zu disk_failures=%zu hash=%016llx\n",
                static_cast<unsigned long long>(*seed), story.accepted, story.crashes,
                story.disk_failures, static_cast<unsigned long long>(story.hash));
    expect_good(*seed);
    return;
  }
  const std::uint64_t count = std::getenv("STAGEPOST_LONG") != nullptr ? seeds_long : seeds;
  std::size_t accepted = 0;
  std::size_t crashes = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    const Story story = Town(seed).tell();
    accepted += story.accepted;
    crashes += story.crashes;
    for (const std::string& violation : story.violations) {
      ADD_FAILURE() << "seed=" << seed << ": " << violation << "\nreplay: ./test sim " << seed;
    }
  }
  std::printf("%llu seeds: %zu messages answered 250, %zu power cuts\n",
              static_cast<unsigned long long>(count), accepted, crashes);
  EXPECT_GT(accepted, count);  // the stories must have something to lose
  EXPECT_GT(crashes, count / 2);
}

TEST(Replay, OneSeedTellsOneStory) {
  const Story first = Town(7).tell();
  const Story second = Town(7).tell();
  EXPECT_EQ(first.hash, second.hash);
  EXPECT_EQ(first.accepted, second.accepted);
  EXPECT_NE(first.hash, Town(8).tell().hash);
}

}  // namespace
}  // namespace sim
