// Tests of SRS: there and back, what is forged, too old or too long; the secrets on disk.
#include "directory/srs/srs.h"

#include <gtest/gtest.h>

#include "directory/snapshot.h"
#include "directory/srs/srs_secrets.h"
#include "lib/base/text.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace directory {
namespace {

using std::chrono::hours;

constexpr base::Time start{std::chrono::seconds(1'800'000'000)};
constexpr base::Duration day = hours(24);

message::Address at(std::string_view text) {
  return message::parse_address(text, {.utf8 = true}).value();
}

std::shared_ptr<Srs> make(const std::string& secret = "secret", base::Time now = start) {
  auto srs = std::make_shared<Srs>(21 * day, now);
  srs->set_secrets({secret});
  return srs;
}

TEST(Srs, ThereAndBack) {
  const auto srs = make();
  for (const std::string_view sender :
       {"jane@sender.example", "Jane.Doe+news@Sender.Example", "\"jane doe\"@sender.example",
        "\"a@b\"@sender.example", "a=b=c@sender.example", "SRS@sender.example",
        "SRS0x@sender.example", "jane@[192.0.2.1]", "j\xc3\xb6rg@sender.example"}) {
    const auto ours = srs->forward(at(sender), "ours.example");
    ASSERT_TRUE(ours) << sender;
    EXPECT_EQ(ours->domain, "ours.example");
    EXPECT_TRUE(ours->local.starts_with("SRS0=")) << ours->local;
    const auto wire = message::parse_address(ours->text(), {.utf8 = true});
    ASSERT_TRUE(wire) << ours->text();
    const auto back = srs->back(*wire);
    ASSERT_TRUE(back) << sender << ": " << back.error().detail;
    EXPECT_EQ(back->local, at(sender).local);
    EXPECT_EQ(back->domain, message::domain_key(at(sender).domain));
  }
  EXPECT_FALSE(srs->forward({}, "ours.example"));
  EXPECT_FALSE(Srs(day, start).forward(at("a@b.example"), "ours.example")) << "no secret";
}

// Servers on the way may change the case of a local part.
TEST(Srs, CaseDoesNotMatter) {
  const auto srs = make();
  const auto ours = srs->forward(at("Jane@Sender.Example"), "ours.example").value();
  for (const std::string& local : {base::lower(ours.local), base::upper(ours.local)}) {
    const auto back = srs->back({.local = local, .domain = "ours.example"});
    ASSERT_TRUE(back) << local;
    EXPECT_TRUE(base::iequals(back->text(), "jane@sender.example"));
  }
}

TEST(Srs, ForgedOnesLeadNowhere) {
  const auto srs = make();
  const std::string good = srs->forward(at("jane@sender.example"), "ours.example")->local;
  // "SRS0=hhhhhh=dd=sender.example=jane": every octet counts.
  for (std::size_t i = 4; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(srs->back({.local = bad, .domain = "ours.example"})) << bad;
  }
  for (const std::string_view bad :
       {"SRS0=", "SRS0==", "SRS0=aaaaaa", "SRS0=aaaaaa=bb", "SRS0=aaaaaa=bb=c.example=d",
        "SRS0=aaaaaa==c.example=d", "SRS1=", "SRS1=aaaaaa==", "SRS1=aaaaaa=c.example==x", "jane",
        "SRS2=aaaaaa=bb=c.example=d"}) {
    const auto back = srs->back({.local = std::string(bad), .domain = "ours.example"});
    ASSERT_FALSE(back) << bad;
    EXPECT_NE(back.error().detail.find("was not made by this server"), std::string::npos);
  }
  EXPECT_FALSE(make("other")->back({.local = good, .domain = "ours.example"}));
  EXPECT_FALSE(Srs(day, start).back({.local = good, .domain = "ours.example"}));
}

TEST(Srs, ExpiresAndSaysSo) {
  const auto srs = make();
  const auto ours = srs->forward(at("jane@sender.example"), "ours.example").value();
  for (const int days : {0, 1, 21, -1}) {
    srs->set_now(start + days * day);
    EXPECT_TRUE(srs->back(ours)) << days;
  }
  for (const int days : {22, 300, 1000, -2}) {
    srs->set_now(start + days * day);
    EXPECT_FALSE(srs->back(ours)) << days;
  }
  srs->set_now(start + 30 * day);
  EXPECT_EQ(srs->back(ours).error().detail,
            "this address for returned mail was good for 21 days, and is 30 days old");
}

// The second forwarder leads back to the first, the third too, and the first knows its own again.
TEST(Srs, ForwardersInARow) {
  const auto first = make("one");
  const auto second = make("two");
  const auto third = make("three");
  const auto sender = at("jane@sender.example");
  const auto one = first->forward(sender, "first.example").value();
  const auto two = second->forward(one, "second.example").value();
  const auto three = third->forward(two, "third.example").value();
  EXPECT_TRUE(two.local.starts_with("SRS1="));
  EXPECT_EQ(two.local.size(), three.local.size()) << "it does not grow any more";
  EXPECT_EQ(second->back(two).value(), one);
  EXPECT_EQ(third->back(three).value(), one) << "not by the second: it is not needed";
  EXPECT_EQ(first->back(one).value(), sender);
  // Others write other separators.
  const auto plus = at("SRS0+abcd=2x=sender.example=jane@first.example");
  EXPECT_EQ(second->back(second->forward(plus, "second.example").value()).value(), plus);
}

TEST(Srs, WhatWouldBeTooLongStays) {
  const auto srs = make();
  const std::string domain = std::string(60, 'd') + "." + std::string(60, 'e') + ".example";
  const auto fits = srs->forward(at(std::string(64, 'a') + "@" + domain), "ours.example");
  ASSERT_TRUE(fits) << "longer than 64 octets is what an SRS address may be";
  EXPECT_TRUE(srs->back(*fits));
  const std::string longer = std::string(60, 'o') + ".example";
  EXPECT_FALSE(srs->forward(at(std::string(64, 'a') + "@" + domain), longer));
}

TEST(Srs, OldSecretsAreBelieved) {
  const auto srs = make("old");
  const auto ours = srs->forward(at("jane@sender.example"), "ours.example").value();
  srs->set_secrets({"new", "old"});
  EXPECT_TRUE(srs->back(ours));
  EXPECT_NE(srs->forward(at("jane@sender.example"), "ours.example").value(), ours);
  srs->set_secrets({"new"});
  EXPECT_FALSE(srs->back(ours));
}

// Through the one expansion function, beside all other names.
TEST(Srs, BouncesAreAddressesOfOurs) {
  const auto srs = make();
  const auto known = make_snapshot(
      {.domains = {"ours.example", "other.example"},
       .mailboxes = {"you@ours.example"},
       .aliases = {{"@ours.example", {"you@ours.example"}}, {"@other.example", {"@ours.example"}}}},
      {}, srs);
  const auto ours = known->forwarded_sender(at("Jane@sender.example"), "ours.example").value();
  EXPECT_EQ(known->lookup(ours), Local::alias);
  const auto found = known->expand({.address = ours, .original = ours, .orcpt = {}});
  EXPECT_EQ(found.kind, Local::alias);
  ASSERT_EQ(found.recipients.size(), 1U);
  EXPECT_EQ(found.recipients[0].address.text(), "Jane@sender.example");
  EXPECT_TRUE(found.recipients[0].return_path.is_null());
  // Whatever the catch-all says.
  const message::Address forged{"SRS0=aaaaaa=bb=sender.example=jane", "ours.example"};
  const auto refused = known->expand({.address = forged, .original = forged, .orcpt = {}});
  EXPECT_EQ(refused.kind, Local::unknown);
  EXPECT_NE(refused.refusal.find("not made by this server"), std::string::npos);
  EXPECT_EQ(known->lookup(forged), Local::unknown);
  EXPECT_EQ(known->lookup({ours.local, "elsewhere.example"}), Local::foreign);
}

TEST(SrsSecrets, AreMadeRenewedAndForgotten) {
  io::sim::World world(1);
  io::sim::Host host(world, {"192.0.2.1"});
  io::Files& files = host.doors().files;
  io::Random& random = host.doors().random;
  ASSERT_TRUE(files.make_directories("/state"));
  const SrsSecrets::Ages ages{.renew_after = 30 * day, .valid_for = 21 * day};
  SrsSecrets secrets("/state/srs", ages);
  const auto first = secrets.keep(files, random, start).value().value();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].size(), SrsSecrets::secret_bytes);
  EXPECT_FALSE(secrets.keep(files, random, start + 29 * day).value()) << "nothing to do";
  EXPECT_EQ(SrsSecrets("/state/srs", ages).keep(files, random, start + day).value(), first)
      << "a restart has the same";
  const auto second = secrets.keep(files, random, start + 30 * day).value().value();
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[1], first[0]);
  const auto third = secrets.keep(files, random, start + 60 * day).value().value();
  ASSERT_EQ(third.size(), 2U) << "what the first one made is too old since ten days";
  EXPECT_EQ(third[1], second[0]);
}

TEST(SrsSecrets, ADamagedFileIsNeverReplaced) {
  io::sim::World world(1);
  io::sim::Host host(world, {"192.0.2.1"});
  io::Files& files = host.doors().files;
  ASSERT_TRUE(files.make_directories("/state"));
  ASSERT_TRUE(io::write_file(files, "/state/srs", "hello\n"));
  SrsSecrets secrets("/state/srs", {.renew_after = day, .valid_for = day});
  const auto kept = secrets.keep(files, host.doors().random, start);
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().detail.find("/state/srs is not a file of SRS secrets"), std::string::npos);
  EXPECT_EQ(io::read_file(files, "/state/srs", 100).value(), "hello\n");
  for (const std::string_view bad : {"1", "x 00", "1 00", "-1 00"}) {
    EXPECT_FALSE(read_srs_secrets(bad)) << bad;
  }
  EXPECT_TRUE(read_srs_secrets("").value().empty());
}

}  // namespace
}  // namespace directory
