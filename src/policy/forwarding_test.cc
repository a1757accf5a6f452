// Tests of forwarding.h: whose address is rewritten, and whose is not.
#include "policy/forwarding.h"

#include <gtest/gtest.h>

#include "directory/snapshot.h"

namespace policy {
namespace {

using mailauth::DmarcResult;
using mailauth::SpfResult;
using Rewrite = ForwardingSettings::Rewrite;

message::Address at(std::string_view text) { return message::parse_address(text).value(); }

std::shared_ptr<const directory::Snapshot> known() {
  auto srs = std::make_shared<directory::Srs>(std::chrono::hours(24), base::Time{});
  srs->set_secrets({"secret"});
  return directory::make_snapshot(
      {.domains = {"ours.test", "second.test"},
       .mailboxes = {"you@ours.test"},
       .aliases = {{"away@ours.test", {"me@far.test"}},
                   {"both@second.test", {"you@ours.test", "me@far.test"}},
                   {"list@ours.test", {"me@far.test"}},
                   {"owner-list@ours.test", {"you@ours.test"}}}},
      {}, srs);
}

Findings found(SpfResult spf, DmarcResult dmarc = DmarcResult::none, bool dkim_aligned = false) {
  Findings out;
  out.spf_mail_from.emplace().result = spf;
  out.dmarc.emplace().result = dmarc;
  out.dmarc->dkim_aligned = dkim_aligned;
  return out;
}

struct Mail {
  std::string sender = "jane@sender.test";
  std::vector<std::string> to = {"away@ours.test"};
  Findings findings = found(SpfResult::pass);
  Verdict verdict = {};
  ForwardingSettings settings = {};
};

// Each recipient's return path, or "-".
std::vector<std::string> paths(const Mail& mail) {
  const auto directory = known();
  message::Envelope envelope;
  if (!mail.sender.empty()) envelope.sender = at(mail.sender);
  for (const std::string& to : mail.to) {
    for (auto& one :
         directory->expand({.address = at(to), .original = at(to), .orcpt = {}}).recipients) {
      envelope.recipients.push_back(std::move(one));
    }
  }
  rewrite_senders({.settings = mail.settings,
                   .findings = mail.findings,
                   .verdict = mail.verdict,
                   .known = *directory},
                  envelope);
  std::vector<std::string> out;
  for (const auto& one : envelope.recipients) {
    EXPECT_EQ(envelope.hears_of(one) == envelope.sender, !one.of_list);
    out.push_back(one.return_path.is_null() ? "-" : one.return_path.text());
  }
  return out;
}

bool is_rewritten(const Mail& mail) { return paths(mail).front().starts_with("SRS0="); }

TEST(Forwarding, WhoWouldFailSpfIsRewritten) {
  for (const SpfResult spf : {SpfResult::pass, SpfResult::fail, SpfResult::softfail,
                              SpfResult::neutral, SpfResult::temperror, SpfResult::permerror}) {
    EXPECT_TRUE(is_rewritten({.findings = found(spf)})) << mailauth::to_string(spf);
  }
  EXPECT_FALSE(is_rewritten({.findings = found(SpfResult::none)})) << "nothing can break";
  EXPECT_TRUE(is_rewritten({.findings = {}})) << "nobody asked: he may have one";
}

TEST(Forwarding, WhoIsCarriedByDkimStays) {
  EXPECT_FALSE(is_rewritten({.findings = found(SpfResult::pass, DmarcResult::pass, true)}));
  EXPECT_TRUE(is_rewritten({.findings = found(SpfResult::pass, DmarcResult::pass, false)}))
      << "by SPF alone";
  EXPECT_TRUE(is_rewritten({.findings = found(SpfResult::pass, DmarcResult::none, true)}));
  Mail changed{.findings = found(SpfResult::pass, DmarcResult::pass, true)};
  changed.findings.filters.emplace_back().edits = 1;
  changed.verdict.edits.emplace_back();
  EXPECT_TRUE(is_rewritten(changed)) << "a filter broke the signature";
}

TEST(Forwarding, TheSettingDecides) {
  Mail mail{.findings = found(SpfResult::pass, DmarcResult::pass, true)};
  mail.settings.rewrite = Rewrite::always;
  EXPECT_TRUE(is_rewritten(mail));
  mail.findings = found(SpfResult::fail);
  mail.settings.rewrite = Rewrite::never;
  EXPECT_FALSE(is_rewritten(mail));
}

TEST(Forwarding, NeverOfOursOrOfNobody) {
  for (const std::string& sender : {"", "you@ours.test", "x@second.test"}) {
    Mail mail{.sender = sender, .to = {"away@ours.test", "both@second.test"}};
    mail.settings.rewrite = Rewrite::always;
    EXPECT_EQ(paths(mail), (std::vector<std::string>{"-", "-", "-"})) << sender;
  }
}

TEST(Forwarding, OnlyWhatLeavesByAnAlias) {
  const Mail mail{.to = {"you@ours.test", "other@far.test", "both@second.test", "list@ours.test"}};
  const auto got = paths(mail);
  ASSERT_EQ(got.size(), 5U);
  EXPECT_EQ(got[0], "-") << "a mailbox";
  EXPECT_EQ(got[1], "-") << "relayed for somebody who may";
  EXPECT_EQ(got[2], "-") << "a mailbox behind an alias";
  EXPECT_TRUE(got[3].ends_with("@second.test")) << "the alias's own domain: " << got[3];
  EXPECT_EQ(got[4], "owner-list@ours.test");
}

TEST(Forwarding, TheDomainMayBeSet) {
  Mail mail;
  mail.settings.domain = "second.test";
  EXPECT_TRUE(paths(mail)[0].ends_with("@second.test"));
  mail.settings.domain = "foreign.test";
  EXPECT_TRUE(paths(mail)[0].ends_with("@ours.test")) << "it would never come back";
}

// Two forwarders in a row.
TEST(Forwarding, AForwardedSenderIsForwardedAgain) {
  const auto got = paths({.sender = "SRS0=abcd=xy=sender.test=jane@first.test"});
  EXPECT_TRUE(got[0].starts_with("SRS1=")) << got[0];
}

}  // namespace
}  // namespace policy
