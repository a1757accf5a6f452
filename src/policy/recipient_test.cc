// Tests of RCPT for addresses that only LDAP could know.
#include "policy/recipient.h"

#include <gtest/gtest.h>

#include "directory/snapshot.h"

namespace policy {
namespace {

using Answer = directory::Confirmation::Answer;

std::shared_ptr<const directory::Snapshot> corp(std::vector<std::string> mailboxes,
                                                bool complete = true) {
  directory::Contents contents;
  contents.domains = {"corp.test"};
  contents.mailboxes = std::move(mailboxes);
  if (!complete) contents.incomplete_domains = contents.domains;
  return directory::make_snapshot(std::move(contents));
}

TEST(UnknownRecipient, IsWhatLdapSays) {
  message::Recipient ada;
  ada.address = {"ada", "corp.test"};
  const auto refused = check_unknown({}, {}, ada, {.answer = Answer::unknown});
  EXPECT_EQ(refused.verdict.reply.text().substr(0, 9), "550 5.1.1");
  EXPECT_TRUE(refused.unknown);
  const auto deferred = check_unknown({}, {}, ada, {.answer = Answer::uncertain, .why = "away"});
  EXPECT_EQ(deferred.verdict.reply.text().substr(0, 9), "451 4.3.0");
  EXPECT_EQ(deferred.verdict.reasons, std::vector<std::string>{"away"});
  EXPECT_FALSE(deferred.unknown);  // nobody who asks for her harvests addresses
  const auto taken =
      check_unknown({}, {}, ada, {.answer = Answer::known, .snapshot = corp({"ada@corp.test"})});
  EXPECT_TRUE(taken.verdict.accepted());
  EXPECT_EQ(taken.recipients.size(), 1);
}

TEST(UnknownRecipient, WaitsWhileNotEverybodyIsKnown) {
  message::Recipient ada;
  ada.address = {"ada", "corp.test"};
  EXPECT_EQ(check_recipient({}, {}, ada, *corp({}, false)).verdict.kind, Verdict::Kind::defer);
  EXPECT_EQ(check_recipient({}, {}, ada, *corp({})).verdict.kind, Verdict::Kind::reject);
  EXPECT_TRUE(check_recipient({}, {}, ada, *corp({"ada@corp.test"}, false)).verdict.accepted());
}

TEST(Backup, TakesMailOfStrangersForListedDomainsAlone) {
  Settings settings;
  settings.backups = {{.domain = "friend.test", .recipients = {"ada", "grace"}},
                      {.domain = "all.test", .recipients = {}}};
  const auto code = [&settings](std::string local, std::string domain) {
    message::Recipient one;
    one.address = {std::move(local), std::move(domain)};
    const auto judged = check_recipient(settings, {}, one, *corp({}));
    EXPECT_EQ(judged.recipients.size(), judged.verdict.accepted() ? 1U : 0U);
    return judged.verdict.accepted() ? "250" : judged.verdict.reply.text().substr(0, 9);
  };
  EXPECT_EQ(code("ada", "friend.test"), "250");
  EXPECT_EQ(code("Ada+shop", "FRIEND.test"), "250");
  EXPECT_EQ(code("postmaster", "friend.test"), "250");
  EXPECT_EQ(code("adalbert", "friend.test"), "550 5.1.1");
  EXPECT_EQ(code("nobody", "friend.test"), "550 5.1.1");
  EXPECT_EQ(code("nobody", "all.test"), "250");
  EXPECT_EQ(code("ada", "sub.friend.test"), "550 5.7.1");
  EXPECT_EQ(code("ada", "elsewhere.test"), "550 5.7.1");
}

}  // namespace
}  // namespace policy
