// Tests of impersonation.h, people.h and state/contacts.h.
#include "policy/impersonation/impersonation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "directory/snapshot.h"
#include "policy/verify/dmarc_rule.h"

namespace policy {
namespace {

using std::chrono::hours;

constexpr base::Duration day = hours(24);

struct FixedClock final : io::Clock {
  [[nodiscard]] base::Instant now() const override { return {}; }
  [[nodiscard]] base::Time wall() const override { return time; }
  void earliest_changed() override {}
  base::Time time{day * 20'000};
};

message::Address address(std::string_view text) {
  return message::parse_address(text, {.utf8 = true}).value();
}

message::Recipient recipient(std::string_view text) {
  message::Recipient out;
  out.address = address(text);
  return out;
}

// What a mail says of its author and where answers go.
struct Mail {
  std::string from;
  std::string name = {};
  std::string reply_to = {};
  std::string hidden = {};
  std::string more = {};  // further fields
  std::string to = "jane.doe@demo.test";
  bool passes = false;  // DMARC, and SPF for its own domain
  bool fails = false;   // DMARC, whatever passes besides
  std::vector<std::string> overrides = {};
};

class ImpersonationTest : public testing::Test {
 protected:
  ImpersonationTest()
      : known_(directory::make_snapshot(
            {.domains = {"demo.test", "our-office.test"},
             .mailboxes = {"jane.doe@demo.test", "boss@demo.test", "jan@our-office.test",
                           "juergen.mueller@demo.test"},
             .people = {{.mailbox = "boss@demo.test", .full_name = "Maria Magdalena Big"}}})),
        contacts_(std::make_shared<ImpersonationSettings>()),
        checks_(clock_, contacts_) {
    StateImage image;
    image.secret = "secret";
    contacts_.load(image, clock_.time);
  }

  Verdict judge(const Mail& mail) {
    visit_ = std::make_unique<Visit>(std::make_shared<Settings>(settings_));
    const message::Address from = address(mail.from);
    visit_->findings.author = AuthorFinding{.state = AuthorFinding::State::single,
                                            .address = mail.from,
                                            .domain = message::domain_key(from.domain),
                                            .display_name = mail.name,
                                            .hidden_address = mail.hidden,
                                            .problem = {}};
    transaction_ = {};
    if (mail.passes) {
      visit_->findings.dmarc.emplace().result = mailauth::DmarcResult::pass;
      visit_->findings.spf_mail_from.emplace().result = mailauth::SpfResult::pass;
      transaction_.envelope.sender = from;
    }
    if (mail.fails) visit_->findings.dmarc.emplace().result = mailauth::DmarcResult::fail;
    visit_->findings.overrides = mail.overrides;
    visit_->findings.dmarc_passed_over = is_passed_over(mail.overrides);
    transaction_.header = mail.more + "From: x\r\n";
    if (!mail.reply_to.empty()) transaction_.header += "Reply-To: " + mail.reply_to + "\r\n";
    transaction_.envelope.recipients = {recipient(mail.to)};
    Verdict verdict = checks_.judge(*visit_, transaction_, *known_);
    checks_.learn(*visit_, transaction_, *known_, verdict);
    return verdict;
  }
  // The kinds of the marks, joined by spaces.
  std::string marks(const Mail& mail) {
    (void)judge(mail);
    std::string out;
    for (const Impersonation& mark : visit_->findings.impersonation) {
      out += out.empty() ? mark.kind : " " + mark.kind;
    }
    return out;
  }
  void jane_writes_to(std::string_view to) {
    const Visit visit(std::make_shared<Settings>(settings_));
    Transaction transaction;
    transaction.account = "jane.doe@demo.test";
    transaction.envelope.recipients = {recipient(to)};
    checks_.learn(visit, transaction, *known_, {});
  }

  FixedClock clock_;
  std::shared_ptr<const directory::Snapshot> known_;
  Contacts contacts_;
  ImpersonationChecks checks_;
  Settings settings_;
  std::unique_ptr<Visit> visit_;
  Transaction transaction_;
};

constexpr std::string_view first = "first-contact";

TEST_F(ImpersonationTest, LookAlikesOfOurs) {
  EXPECT_EQ(marks({.from = "a@dem0.test"}), "look-alike-domain first-contact");
  EXPECT_EQ(marks({.from = "a@dem0.test"}), "look-alike-domain first-contact") << "not learnt";
  EXPECT_EQ(marks({.from = "a@demo.test.evil.example"}), "look-alike-domain first-contact");
  EXPECT_EQ(marks({.from = "a@ouroffice.test"}), "look-alike-domain first-contact");
  EXPECT_EQ(marks({.from = "a@our-ofice.test"}), "look-alike-domain first-contact");
  EXPECT_EQ(marks({.from = "a@demo.example"}), "look-alike-domain first-contact");
  EXPECT_EQ(marks({.from = "a@p\u0430ypal.example"}), "look-alike-domain first-contact")
      << "Latin and Cyrillic in one word";
  EXPECT_EQ(marks({.from = "a@honest.example"}), first);
  EXPECT_EQ(marks({.from = "a@honest.example"}), "") << "learnt";
  EXPECT_EQ(marks({.from = "boss@demo.test"}), "own-domain");
  EXPECT_EQ(marks({.from = "boss@demo.test", .passes = true}), "");
  EXPECT_EQ(marks({.from = "boss@sub.demo.test"}), first);
}

TEST_F(ImpersonationTest, WhatProvesThatAMailIsOurs) {
  const std::string boss = "boss@demo.test";
  EXPECT_EQ(marks({.from = boss, .passes = true, .fails = true}), "own-domain")
      << "SPF of the same organization does not undo what the strict policy says";
  EXPECT_EQ(marks({.from = boss, .fails = true, .overrides = {"mailing_list: talk.example"}}), "");
  EXPECT_EQ(marks({.from = boss, .fails = true, .overrides = {"policy_test_mode: t=y"}}),
            "own-domain")
      << "test mode softens, it vouches for nobody";
  EXPECT_EQ(marks({.from = boss,
                   .fails = true,
                   .overrides = {"local_policy: the setting verify.dmarc makes none of reject"}}),
            "own-domain");
}

TEST_F(ImpersonationTest, AListThatBearsOurNameAnswersForNothing) {
  // SPF passes for the list's domain, which is written like ours.
  EXPECT_EQ(marks({.from = "a@dem0.test",
                   .reply_to = "x@evil.example",
                   .more = "List-Id: <talk.dem0.test>\r\n",
                   .passes = true}),
            "look-alike-domain reply-to-elsewhere first-contact");
}

TEST_F(ImpersonationTest, LookAlikesOfContacts) {
  EXPECT_EQ(marks({.from = "a@supp1ier.example"}), first) << "nobody knows the supplier yet";
  jane_writes_to("sales@supplier.example");
  EXPECT_EQ(marks({.from = "b@supp1ier.example"}), "look-alike-domain first-contact");
  EXPECT_EQ(marks({.from = "a@supp1ier.example"}), "look-alike-domain") << "met, and marked yet";
  EXPECT_EQ(marks({.from = "b@supp1ier.example", .to = "boss@demo.test"}), first)
      << "another account's contacts tell nothing";
  EXPECT_EQ(marks({.from = "sales@supplier.example"}), "");
  EXPECT_EQ(marks({.from = "other@mail.supplier.example"}), first);
  EXPECT_EQ(marks({.from = "a@supplier.test"}), "look-alike-ending first-contact");
  EXPECT_EQ(marks({.from = "a@supplier.test"}), "") << "another ending is told once";
  jane_writes_to("x@supp1ier.example");
  EXPECT_EQ(marks({.from = "x@supp1ier.example"}), "") << "Jane knows what she does";
}

TEST_F(ImpersonationTest, NamesOfOurPeople) {
  settings_.impersonation.first_contact = OnMark::off;
  settings_.impersonation.people = {"Anna Chief", "Otto Guest <otto@private.example>"};
  struct Case {
    std::string_view name;
    bool marked;
  };
  for (const Case& one :
       {Case{"Jane Doe", true}, Case{"Doe, Jane", true}, Case{"J\u0430ne D\u043Ee", true},
        Case{"JANE DOE", true}, Case{"Maria Magdalena Big", true},
        Case{"Big, Maria Magdalena", true}, Case{"Anna Chief", true}, Case{"Otto Guest", true},
        Case{"J\u00FCrgen M\u00FCller", true}, Case{"Juergen Mueller", true}, Case{"Jane", false},
        Case{"Boss", false}, Case{"Jane Doe via Discussion", false}, Case{"Jane Dow", false},
        Case{"John Doe", false}, Case{"Demo Shop", false}, Case{"", false}}) {
    EXPECT_EQ(marks({.from = "ceo@mailer.example", .name = std::string(one.name)}),
              one.marked ? "display-name" : "")
        << one.name;
  }
  EXPECT_EQ(marks({.from = "otto@private.example", .name = "Otto Guest"}), "");
  EXPECT_EQ(marks({.from = "boss@demo.test", .name = "Maria Magdalena Big", .passes = true}), "");
  EXPECT_EQ(marks({.from = "boss@demo.test", .name = "Maria Magdalena Big"}), "own-domain");
  EXPECT_EQ(marks({.from = "c@mailer.example", .name = "Jane Doe", .to = "jan@our-office.test"}),
            "")
      << "she is of another domain";
  jane_writes_to("jane@home.example");
  EXPECT_EQ(marks({.from = "jane@home.example", .name = "Jane Doe"}), "") << "her own";
}

TEST_F(ImpersonationTest, AddressesInNames) {
  settings_.impersonation.first_contact = OnMark::off;
  EXPECT_EQ(marks({.from = "x@evil.example", .name = "b", .hidden = "boss@demo.test"}),
            "display-name");
  EXPECT_EQ(marks({.from = "x@evil.example", .name = "b", .hidden = "info@bank.example"}),
            "display-name");
  EXPECT_EQ(marks({.from = "x@mail.shop.example", .name = "b", .hidden = "info@shop.example"}), "")
      << "one organization";
}

TEST_F(ImpersonationTest, RepliesElsewhere) {
  settings_.impersonation.first_contact = OnMark::off;
  EXPECT_EQ(marks({.from = "boss@demo.test", .reply_to = "x@evil.example"}),
            "own-domain reply-to-elsewhere");
  EXPECT_EQ(marks({.from = "boss@demo.test", .reply_to = "x@evil.example", .passes = true}),
            "reply-to-elsewhere");
  EXPECT_EQ(marks({.from = "boss@demo.test", .reply_to = "jan@our-office.test", .passes = true}),
            "");
  EXPECT_EQ(marks({.from = "a@shop.example", .reply_to = "x@desk.example"}), "");
  EXPECT_EQ(marks({.from = "a@dem0.test", .reply_to = "x@evil.example"}),
            "look-alike-domain reply-to-elsewhere");
  jane_writes_to("a@shop.example");
  EXPECT_EQ(marks({.from = "a@shop.example", .reply_to = "x@desk.example"}), "reply-to-elsewhere");
  EXPECT_EQ(marks({.from = "a@shop.example",
                   .reply_to = "x@desk.example",
                   .more = "List-Id: <talk.shop.example>\r\n",
                   .passes = true}),
            "");
  EXPECT_EQ(marks({.from = "a@shop.example",
                   .reply_to = "x@desk.example",
                   .more = "List-Id: <talk.shop.example>\r\n"}),
            "reply-to-elsewhere")
      << "nothing proves that it is the list";
  EXPECT_EQ(marks({.from = "a@shop.example", .reply_to = "\"A\" <b@mail.shop.example>"}), "");
  EXPECT_EQ(marks({.from = "a@shop.example", .reply_to = "<<>>"}), "");
}

TEST_F(ImpersonationTest, FieldsEditsAndHolding) {
  settings_.impersonation.look_alike = OnMark::hold;
  Verdict verdict = judge({.from = "a@dem0.test",
                           .more = "X-Stagepost-Warning: all is well\r\nX-Other: y\r\n"
                                   "x-stagepost-warning\x0b: two\r\n lines\r\n"});
  EXPECT_EQ(verdict.kind, Verdict::Kind::hold);
  EXPECT_EQ(verdict.rule, "impersonation");
  ASSERT_EQ(verdict.header_fields.size(), 2U);
  EXPECT_EQ(verdict.header_fields[0],
            "X-Stagepost-Warning: look-alike-domain;\r\n dem0.test is written with characters "
            "that look like those of demo.test\r\n");
  message::Content content = message::Content::whole(transaction_.header.size());
  content.apply(verdict.edits);
  EXPECT_EQ(content.assemble(transaction_.header), "X-Other: y\r\nFrom: x\r\n");

  settings_.impersonation.look_alike = OnMark::off;
  settings_.impersonation.first_contact = OnMark::off;
  verdict = judge({.from = "a@dem0.test"});
  EXPECT_TRUE(verdict.accepted() && verdict.header_fields.empty());
  settings_.impersonation.look_alike = OnMark::mark;
  settings_.impersonation.allow = {"dem0.test"};
  EXPECT_EQ(marks({.from = "a@www.dem0.test"}), "");
  settings_.impersonation.domains = {"bank.example"};
  EXPECT_EQ(marks({.from = "a@bank.test"}), "look-alike-domain");
}

TEST_F(ImpersonationTest, NothingGetsOutOfAField) {
  for (const std::string_view name : {"Jane\r\nX: y Doe", "J\u00E4ne\x01 \xFF", "Jane Doe"}) {
    for (const std::string& field :
         judge({.from = "\"a\\\\b\"@dem0.test", .name = std::string(name)}).header_fields) {
      EXPECT_EQ(std::ranges::count(field, '\n'), 2) << field;
      EXPECT_TRUE(
          std::ranges::all_of(field, [](char c) { return c >= ' ' || c == '\r' || c == '\n'; }));
    }
  }
}

TEST_F(ImpersonationTest, WhoFailsIsNotLearnt) {
  (void)judge({.from = "a@honest.example", .to = "boss@demo.test"});
  visit_->findings.dmarc = mailauth::DmarcVerdict{};
  visit_->findings.dmarc->result = mailauth::DmarcResult::fail;
  transaction_.envelope.recipients = {recipient("jane.doe@demo.test")};
  checks_.learn(*visit_, transaction_, *known_, {});
  EXPECT_EQ(marks({.from = "a@honest.example"}), first);
  Verdict held;
  held.kind = Verdict::Kind::hold;
  transaction_.envelope.recipients = {recipient("jan@our-office.test")};
  checks_.learn(*visit_, transaction_, *known_, held);
  EXPECT_EQ(marks({.from = "a@honest.example", .to = "jan@our-office.test"}), first);
}

TEST_F(ImpersonationTest, ContactsAreForgottenInTime) {
  jane_writes_to("old@far.example");
  clock_.time += day * 200;
  jane_writes_to("new@near.example");
  clock_.time += day * 250;
  EXPECT_EQ(marks({.from = "old@far.example"}), first);
  EXPECT_EQ(marks({.from = "new@near.example"}), "");
  StateChanges changes;
  contacts_.take_changes(changes, clock_.time);
  EXPECT_EQ(changes.contact_domains.gone.size(), 1U);
  EXPECT_EQ(contacts_.of("jane.doe@demo.test").domains, std::vector<std::string>{"near.example"});
  contacts_.forget("jane.doe@demo.test");
  EXPECT_EQ(contacts_.of("jane.doe@demo.test").addresses, 0U);
  contacts_.take_changes(changes, clock_.time);
  EXPECT_EQ(changes.contacts.gone.size(), 2U);
}

TEST_F(ImpersonationTest, ContactsAreBounded) {
  auto small = std::make_shared<ImpersonationSettings>();
  small->contacts_max = 160;
  contacts_.set_settings(small);
  jane_writes_to("friend@far.example");
  for (int i = 0; i < 1'000; ++i) {
    contacts_.received({"jane.doe@demo.test"}, address("r" + std::to_string(i) + "@spam.example"),
                       clock_.time + day);
  }
  EXPECT_LE(contacts_.of("jane.doe@demo.test").addresses, 160U);
  EXPECT_EQ(marks({.from = "friend@far.example"}), "") << "who was written to stays longer";
  for (int i = 0; i < 1'200; ++i) {
    contacts_.wrote("jane.doe@demo.test", {address("a@d" + std::to_string(i) + ".example")},
                    clock_.time);
  }
  EXPECT_LE(contacts_.of("jane.doe@demo.test").domains.size(), Contacts::domains_per_account_max);
}

}  // namespace
}  // namespace policy
