// Tests of host_session.h, provider_host.h and sender_host.h: what a client hears from them.
#include "tools/simulate/wire/host_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/sim/world.h"
#include "lib/io/task_group.h"
#include "tools/simulate/wire/provider_host.h"
#include "tools/simulate/wire/sender_host.h"

namespace simulate::wire {
namespace {

using std::chrono_literals::operator""h;
using testing::ElementsAre;
using testing::IsEmpty;

class HostSessionTest : public testing::Test {
 protected:
  void SetUp() override {
    listener = std::move(*host.network().listen({.address = {}, .port = 25}, {}));
    tasks.spawn(accept());
  }
  void TearDown() override {
    world.run(tasks.stop());
    listener.reset();
  }
  io::Task<void> accept() {
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      tasks.spawn(serve(std::move(*stream)));
    }
  }
  io::Task<void> serve(std::unique_ptr<io::Stream> stream) {
    HostSession session(host.doors().clock, std::move(stream), manners());
    co_await session.run();
  }
  std::unique_ptr<Manners> manners() {
    if (to_senders) return std::make_unique<SenderHost>(parcels);
    return std::make_unique<ProviderHost>(receiver, 0, parts);
  }
  // A whole dialogue over one connection: "" or what differed.
  std::string dialogue(std::vector<std::string> lines) {
    const io::Endpoint to{*io::IpAddress::parse("10.0.0.1"), 25};
    auto peer = world.run(io::sim::dial(client.doors().network, to));
    return world.run(io::sim::play(peer.get(), std::move(lines)));
  }
  void send(std::uint64_t messages) {
    for (std::uint64_t i = 0; i < messages; ++i) parcels.accepted(account.open({}, 0), 1);
  }

  Provider provider{.name = "one"};
  bool to_senders = false;
  io::sim::World world{1};
  io::sim::Host host{world, {"10.0.0.1"}};
  io::sim::Host client{world, {"192.0.2.1"}};
  io::sim::SeededRandom random{1};
  Scenario scenario{.mail = {.messages = 10, .domains = 1}, .providers = {provider}};
  Domains domains{scenario};
  Account account{scenario, domains, 1};
  Parcels parcels{account, 10};
  HostParts parts{.account = account,
                  .parcels = parcels,
                  .random = random,
                  .clock = host.doors().clock,
                  .begin = world.now()};
  Receiver receiver{provider, 0};
  std::unique_ptr<io::Listener> listener;
  io::TaskGroup tasks;
};

TEST_F(HostSessionTest, TakesAMessageAndSeesThatItIsNone) {
  send(1);
  EXPECT_EQ(
      dialogue({"S: 220 *", "C: EHLO a.example", "S: 250-*", "S: 250-PIPELINING", "S: 250 8BITMIME",
                "C: MAIL FROM:<m0@sender.example>", "S: 250 *", "C: RCPT TO:<r0@d1.one.example>",
                "S: 250 *", "C: DATA", "S: 354 *", "C: Subject: none of ours", "C: ", "C: ..text",
                "C: .", "S: 250 2.0.0 *", "C: QUIT", "S: 221 *", "S: <closed>"}),
      "");
  EXPECT_THAT(account.wrong(), ElementsAre("message 0 did not arrive as it was sent"));
  EXPECT_EQ(account.counts().providers[0].connections, 1U);
  EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(HostSessionTest, GreylistsAtRcpt) {
  provider.greylist_delay = 1h;
  send(1);
  EXPECT_EQ(dialogue({"S: 220 *", "C: MAIL FROM:<m0@sender.example>", "S: 250 *",
                      "C: RCPT TO:<r0@d1.one.example>", "S: 450 4.7.0 greylisted", "C: DATA",
                      "S: 554 *", "C: RSET", "S: 250 *"}),
            "");
  EXPECT_THAT(account.wrong(), IsEmpty());
}

TEST_F(HostSessionTest, HangsUpWith421) {
  provider.rate_messages = 1;
  send(2);
  EXPECT_EQ(
      dialogue({"S: 220 *", "C: MAIL FROM:<m0@sender.example>", "S: 250 *",
                "C: MAIL FROM:<m1@sender.example>", "S: 421 4.7.0 rate limit", "S: <closed>"}),
      "");
}

TEST_F(HostSessionTest, RefusesAConnectionTooMany) {
  provider.connections_max = 1;
  const Answer open = receiver.connect({}, random);
  ASSERT_EQ(open.reason, Reason::none);
  EXPECT_EQ(dialogue({"S: 421 4.7.0 too many connections", "S: <closed>"}), "");
  EXPECT_EQ(account.counts().providers[0].connections_failed, 1U);
}

TEST_F(HostSessionTest, SaysNothingWhenItIsOutOfOrder) {
  provider.dead = true;
  EXPECT_EQ(dialogue({"S: <closed>"}), "");
}

TEST_F(HostSessionTest, WhatNobodySentIsStrange) {
  EXPECT_EQ(
      dialogue({"S: 220 *", "C: MAIL FROM:<somebody@else.example>", "S: 550 *", "C: RCPT TO:<a@b>",
                "S: 503 *", "C: DATA", "S: 503 *", "C: VRFY a", "S: 502 *"}),
      "");
  EXPECT_THAT(account.wrong(), ElementsAre("a receiver got mail from somebody@else.example"));
}

TEST_F(HostSessionTest, ReadsWhatASenderIsTold) {
  to_senders = true;
  send(2);
  const std::vector<std::string> first = {"S: 220 *",
                                          "C: MAIL FROM:<>",
                                          "S: 250 *",
                                          "C: RCPT TO:<m1@sender.example>",
                                          "S: 250 *",
                                          "C: DATA",
                                          "S: 354 *",
                                          "C: Subject: back",
                                          "C: ",
                                          "C: Action: failed",
                                          "C: .",
                                          "S: 250 *",
                                          "C: RCPT TO:<somebody@sender.example>",
                                          "S: 550 *",
                                          "C: DATA",
                                          "S: 503 *"};
  EXPECT_EQ(dialogue(first), "");
  EXPECT_EQ(parcels.figures().failure_reports, 1U);
  EXPECT_THAT(account.wrong(), ElementsAre("a report went to somebody@sender.example"));
}

}  // namespace
}  // namespace simulate::wire
