// Tests of policy/: who may relay, who exists, loops.
#include <gtest/gtest.h>

#include "policy/loop.h"
#include "policy/recipient.h"

namespace policy {
namespace {

// Knows demo.test with the mailbox you@demo.test and a broken alias.
class Known final : public directory::Snapshot {
 public:
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return domain == "demo.test";
  }
  [[nodiscard]] directory::Local lookup(const message::Address& address) const override {
    if (!is_local_domain(address.domain)) return directory::Local::foreign;
    if (address.local == "you") return directory::Local::mailbox;
    return address.local == "broken" ? directory::Local::alias : directory::Local::unknown;
  }
  [[nodiscard]] const directory::Mailbox* mailbox(const message::Address& address) const override {
    return lookup(address) == directory::Local::mailbox ? &box_ : nullptr;
  }
  [[nodiscard]] directory::Expansion expand(const message::Recipient& recipient) const override {
    const directory::Local kind = lookup(recipient.address);
    if (kind == directory::Local::alias) return {kind, {}, "alias loop", {}};
    if (kind == directory::Local::unknown) return {kind, {}, {}, {}};
    return {kind, {recipient}, {}, {}};
  }
  [[nodiscard]] const directory::Login* login(std::string_view /*name*/) const override {
    return nullptr;
  }
  [[nodiscard]] bool may_send_as(std::string_view mailbox,
                                 const message::Address& address) const override {
    return address.text() == mailbox;
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view /*mailbox*/) const override {
    return {};
  }

 private:
  directory::Mailbox box_{"you@demo.test"};
};

message::Recipient to(std::string local, std::string domain) {
  message::Recipient recipient;
  recipient.address = {std::move(local), std::move(domain)};
  return recipient;
}

Transaction stranger() {
  Transaction transaction;
  transaction.peer = *io::Endpoint::parse("192.0.2.9:4711");
  return transaction;
}

// HOUSE invariant 5: nobody relays who is not allowed to.
TEST(Invariant5, NobodyRelaysWhoIsNotAllowedTo) {
  Settings settings;
  Transaction transaction = stranger();
  const auto outside = to("a", "example.org");
  EXPECT_EQ(check_recipient(settings, transaction, outside, Known()).verdict.reply.code, 550);
  EXPECT_EQ(check_recipient(settings, transaction, outside, Known()).verdict.reply.enhanced,
            (smtp::EnhancedCode{5, 7, 1}));

  settings.relay_networks = {*io::IpNetwork::parse("192.0.2.0/24")};
  EXPECT_TRUE(check_recipient(settings, transaction, outside, Known()).verdict.accepted());

  settings.relay_networks.clear();
  transaction.login = "you@demo.test";
  EXPECT_TRUE(check_recipient(settings, transaction, outside, Known()).verdict.accepted());
}

TEST(Recipient, UnknownMailboxIs550AndABrokenAliasIs451) {
  const Settings settings;
  const auto unknown = check_recipient(settings, stranger(), to("nobody", "demo.test"), Known());
  EXPECT_EQ(unknown.verdict.reply.enhanced, (smtp::EnhancedCode{5, 1, 1}));
  EXPECT_TRUE(unknown.unknown);
  const auto broken = check_recipient(settings, stranger(), to("broken", "demo.test"), Known());
  EXPECT_EQ(broken.verdict.reply.code, 451);
  EXPECT_FALSE(broken.verdict.reasons.empty());
  EXPECT_TRUE(
      check_recipient(settings, stranger(), to("you", "demo.test"), Known()).verdict.accepted());
}

TEST(Loop, TooManyReceivedFieldsAreALoop) {
  const Settings settings;
  Transaction transaction = stranger();
  transaction.received_fields = settings.received_fields_max;
  EXPECT_TRUE(check_loop(settings, transaction).accepted());
  ++transaction.received_fields;
  EXPECT_EQ(check_loop(settings, transaction).reply.enhanced, (smtp::EnhancedCode{5, 4, 6}));
}

// Before 250, so that nobody can make us send a report to whomever he names as the sender.
TEST(Loop, AMailboxThatHadTheMessageIsALoop) {
  Transaction transaction = stranger();
  transaction.envelope.recipients.push_back(to("you", "demo.test"));
  transaction.header = "Delivered-To: <YOU@Demo.test>\r\nSubject: again\r\n";
  transaction.delivered_to_fields = 1;
  const Verdict verdict = check_loop(Settings(), transaction);
  EXPECT_EQ(verdict.reply.enhanced, (smtp::EnhancedCode{5, 4, 6}));
  EXPECT_EQ(verdict.rule, "loop");
  transaction.header = "Delivered-To: them@demo.test\r\nDelivered-To: nonsense\r\n";
  EXPECT_TRUE(check_loop(Settings(), transaction).accepted());
}

}  // namespace
}  // namespace policy
