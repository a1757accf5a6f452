// Tests of parcels.h: what it finds when something is wrong.
#include "tools/simulate/wire/parcels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simulate::wire {
namespace {

using bench::Finding;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ParcelsTest : public testing::Test {
 protected:
  // Accepted by our server, which says that it ended so.
  std::uint64_t message(Fate fate) {
    const std::uint64_t number = account.open({}, 0);
    parcels.accepted(number, 100);
    if (fate != Fate::queued) account.ended(number, fate, {});
    return number;
  }
  void arrives(std::uint64_t number) {
    parcels.came(number, {.kind = Finding::Kind::intact, .number = number, .bytes = 120});
  }
  [[nodiscard]] const std::vector<std::string>& wrong() const { return account.wrong(); }

  Scenario scenario{.mail = {.messages = 10, .domains = 1}, .providers = {{.name = "one"}}};
  Domains domains{scenario};
  Account account{scenario, domains, 1};
  Parcels parcels{account, 10};
};

TEST_F(ParcelsTest, FindNothingWhereAllIsWell) {
  arrives(message(Fate::delivered));
  parcels.told(message(Fate::bounced), Told::failed, 900);
  const std::uint64_t late = message(Fate::expired);
  parcels.told(late, Told::delayed, 900);
  parcels.told(late, Told::failed, 900);
  parcels.settle(false);
  EXPECT_THAT(wrong(), IsEmpty());
  const Figures& figures = parcels.figures();
  EXPECT_EQ(figures.octets_in, 300U);
  EXPECT_EQ(figures.octets_out, 120U);
  EXPECT_EQ(figures.report_octets, 2'700U);
  EXPECT_EQ(figures.failure_reports, 2U);
  EXPECT_EQ(account.counts().delay_notices, 1U);
  EXPECT_EQ(figures.lost + figures.damaged + figures.duplicates, 0U);
}

TEST_F(ParcelsTest, FindWhatIsLost) {
  message(Fate::delivered);
  message(Fate::bounced);
  parcels.settle(false);
  EXPECT_THAT(wrong(), ElementsAre("message 0 is lost: no receiver has it",
                                   "message 1 is lost: its sender was not told"));
  EXPECT_EQ(parcels.figures().lost, 2U);
}

TEST_F(ParcelsTest, FindWhatIsNotWhole) {
  const std::uint64_t first = message(Fate::delivered);
  const std::uint64_t second = message(Fate::delivered);
  parcels.came(first, {.kind = Finding::Kind::damaged, .number = first, .bytes = 90});
  parcels.came(second, {.kind = Finding::Kind::intact, .number = first, .bytes = 120});
  EXPECT_THAT(wrong(), ElementsAre("message 0 did not arrive as it was sent",
                                   "message 1 did not arrive as it was sent"));
  EXPECT_EQ(parcels.figures().damaged, 2U);
}

TEST_F(ParcelsTest, KnowWhichDuplicatesMayBe) {
  const std::uint64_t doubtful = message(Fate::delivered);
  arrives(doubtful);
  parcels.unheard(doubtful);
  arrives(doubtful);
  const std::uint64_t plain = message(Fate::delivered);
  arrives(plain);
  arrives(plain);
  parcels.settle(false);
  EXPECT_THAT(wrong(), ElementsAre("message 1 arrived 2 times"));
  EXPECT_EQ(parcels.figures().duplicates, 2U);
  EXPECT_EQ(parcels.figures().duplicates_in_doubt, 1U);
}

TEST_F(ParcelsTest, FindReportsThatShouldNotBe) {
  const std::uint64_t back = message(Fate::bounced);
  arrives(back);
  for (const Told what : {Told::failed, Told::failed, Told::delayed, Told::delayed, Told::other}) {
    parcels.told(back, what, 1);
  }
  parcels.told(77, Told::failed, 1);
  parcels.settle(false);
  EXPECT_THAT(
      wrong(),
      ElementsAre("message 0: told twice of its delay", "message 0: a report that nobody asked for",
                  "message 77 was never sent", "message 0 came back, but a receiver has it",
                  "message 0 came back twice"));
}

TEST_F(ParcelsTest, AreContentWithWhatWaitsWhenItIsCut) {
  message(Fate::queued);
  message(Fate::bounced);
  parcels.settle(true);
  EXPECT_THAT(wrong(), IsEmpty());
}

TEST(NumberIn, ReadsOurAddressesOnly) {
  EXPECT_EQ(number_in(sender_of(17), 'm'), 17U);
  EXPECT_EQ(number_in(recipient_of(3, "d1.one.example"), 'r'), 3U);
  EXPECT_EQ(number_in(sender_of(17), 'r'), std::nullopt);
  EXPECT_EQ(number_in("m@sender.example", 'm'), std::nullopt);
  EXPECT_EQ(number_in("", 'm'), std::nullopt);
}

}  // namespace
}  // namespace simulate::wire
