// policy/client/fixture_test.h: what the tests of policy/client/ stand on.
//
// What:    virtual time, the DNS of tests/data/client/zone.txt, a directory that knows home.test.
// In/Out:  ClientTest is the fixture; names with _test are no part of the product.
// Errors:  a zone that cannot be read ends the test.
// Limits:  none.
// Not here: the tests.
#pragma once

#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/real/files.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "policy/client/client_checks.h"

namespace policy {

inline std::string test_data(const std::string& name) {
  io::real::PosixFiles files;
  auto text = io::read_file(files, "tests/data/client/" + name, 1U << 20U);  // from the sources
  EXPECT_TRUE(text) << name;
  return text.value_or("");
}

inline io::IpAddress ip(const std::string& text) { return io::IpAddress::parse(text).value(); }

class HomeTestDirectory final : public directory::Snapshot {
 public:
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return domain == "home.test" || domain == "trouble.home.test";
  }
  [[nodiscard]] directory::Local lookup(const message::Address& /*address*/) const override {
    return directory::Local::foreign;
  }
  [[nodiscard]] const directory::Mailbox* mailbox(const message::Address& /*a*/) const override {
    return nullptr;
  }
  [[nodiscard]] directory::Expansion expand(const message::Recipient& /*one*/) const override {
    return {};
  }
  [[nodiscard]] const directory::Login* login(std::string_view /*name*/) const override {
    return nullptr;
  }
  [[nodiscard]] bool may_send_as(std::string_view /*mailbox*/,
                                 const message::Address& /*address*/) const override {
    return false;
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view /*mailbox*/) const override {
    return {};
  }
};

struct EventNames final : base::EventSink {
  std::vector<std::string> names;
  void emit(const base::Event& event) override {
    names.push_back(std::string(event.name));
    for (const auto& [key, value] : event.fields) names.back() += " " + value;
  }
};

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    settings.hostname = "mx.home.test";
    transaction.local = *io::Endpoint::parse("192.0.2.1:25");
    transaction.helo = "mail.honest.test";
    transaction.envelope.sender = {.local = "a", .domain = "honest.test"};
    come_from("198.51.100.9");
  }

  void come_from(const std::string& address) { transaction.peer = {ip(address), 4711}; }

  // A new connection with the settings as they are now.
  void connect() {
    visit = std::make_unique<Visit>(std::make_shared<const Settings>(settings));
    memory.lists.set_lists(settings.client.lists);
  }
  ClientFindings& mail() {
    if (!visit) connect();
    world.run(checks.look_up(*visit, transaction, known));
    return visit->findings.client;
  }
  Verdict rcpt(const std::string& local = "you") {
    if (!visit) mail();
    message::Recipient recipient;
    recipient.address = {.local = local, .domain = "home.test"};
    Verdict verdict = checks.before_rcpt(*visit, transaction, recipient);
    if (verdict.accepted()) verdict = checks.at_rcpt(*visit, transaction, recipient);
    return verdict;
  }
  ListSetting& add_list(std::string name, unsigned weight = 10) {
    ListSetting list;
    list.zone = std::move(name);
    list.weight = weight;
    settings.client.lists.push_back(std::move(list));
    return settings.client.lists.back();
  }
  void sleep(base::Duration time) { (void)world.run(io::sleep_for(host.doors().clock, time)); }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  dns::ZoneResolver zone{test_data("zone.txt"), &host.doors().clock};
  HomeTestDirectory known;
  EventNames events;
  base::Metrics metrics;
  ClientMemory memory{events, metrics};
  Settings settings;
  Transaction transaction;
  ClientChecks checks{host.doors().clock, zone, memory};
  std::unique_ptr<Visit> visit;
};

}  // namespace policy
