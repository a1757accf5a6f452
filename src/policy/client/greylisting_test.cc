// Tests of policy/client: whom the greylist spares, and when it is asked.
#include <gtest/gtest.h>

#include "policy/client/fixture_test.h"

namespace policy {
namespace {

using std::chrono::minutes;

class Greylisting : public ClientTest {
 protected:
  Greylisting() {
    settings.client.greylist.on = true;
    settings.client.greylist.spare_dkim = false;
  }
  // A message to these people; the answer to the final dot.
  Verdict end(const std::vector<std::string>& locals, bool signed_by_somebody = false) {
    transaction.envelope.recipients.clear();
    for (const std::string& local : locals) {
      message::Recipient recipient;
      recipient.address = recipient.original = {.local = local, .domain = "home.test"};
      transaction.envelope.recipients.push_back(recipient);
    }
    if (signed_by_somebody) {
      visit->findings.dkim.emplace();
      visit->findings.dkim->verdicts.emplace_back();
      visit->findings.dkim->verdicts.back().result = mailauth::DkimResult::pass;
    }
    Verdict verdict = checks.at_end_of_data(*visit, transaction);
    visit->reset_message();
    return verdict;
  }
  void spf(mailauth::SpfResult result) {
    if (!visit) mail();
    visit->findings.spf_mail_from.emplace();
    visit->findings.spf_mail_from->result = result;
  }
};

TEST_F(Greylisting, PutsOffStrangersAtRcpt) {
  const Verdict first = rcpt();
  EXPECT_EQ(first.rule, "greylist");
  EXPECT_EQ(first.reply.text(),
            "451 4.7.1 We do not know you yet (greylisting): send the same mail again in 5 "
            "minutes. Mail that passes SPF is taken at once");
  EXPECT_TRUE(visit->findings.greylist.asked);
  EXPECT_FALSE(visit->findings.greylist.passed);
  EXPECT_TRUE(rcpt("postmaster").accepted());
  sleep(minutes(5));
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_TRUE(visit->findings.greylist.passed);
}

TEST_F(Greylisting, SparesWhoPassesSpf) {
  spf(mailauth::SpfResult::pass);
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_EQ(visit->findings.greylist.why, "SPF passed");
  for (const auto result :
       {mailauth::SpfResult::none, mailauth::SpfResult::softfail, mailauth::SpfResult::temperror}) {
    spf(result);
    EXPECT_FALSE(rcpt().accepted());
  }
}

TEST_F(Greylisting, SparesAllowListsTheNullSenderAndOurOwnNetworks) {
  add_list("allow.test").kind = ListSetting::Kind::allow;
  come_from("198.51.100.66");
  EXPECT_TRUE(rcpt().accepted());
  visit.reset();
  come_from("10.0.0.9");
  EXPECT_TRUE(rcpt().accepted());
  visit.reset();
  come_from("198.51.100.9");
  transaction.envelope.sender = {};
  EXPECT_TRUE(rcpt().accepted());
  settings.client.greylist.on = false;
  transaction.envelope.sender = {.local = "a", .domain = "honest.test"};
  connect();
  EXPECT_TRUE(rcpt().accepted());
}

TEST_F(Greylisting, WaitsForASignatureWhereOneMayBe) {
  settings.client.greylist.spare_dkim = true;
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_TRUE(end({"you"}, true).accepted());
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_EQ(end({"you"}).reply.code, 451);
  sleep(minutes(5));
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_TRUE(end({"you"}).accepted());
}

TEST_F(Greylisting, OneWhoKnowsTheSenderOpensForAll) {
  settings.client.greylist.spare_dkim = true;
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_FALSE(end({"you", "other"}).accepted());
  sleep(minutes(5));
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_TRUE(end({"you"}).accepted());
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_TRUE(end({"third", "you"}).accepted());
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_FALSE(end({"third"}).accepted());
  sleep(minutes(5));
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_TRUE(end({"third"}).accepted());
}

TEST_F(Greylisting, AListedClientIsToldThatFirst) {
  add_list("block.test");
  come_from("198.51.100.66");
  EXPECT_EQ(rcpt().rule, "lists");
}

}  // namespace
}  // namespace policy
