// admin/doctor/fixture_test.h: what the tests of the checks stand on.
//
// What:    a simulated host, a DNS of zone text, two name servers that each have their own text.
// In/Out:  DoctorTest is the fixture; names with _test are no part of the product.
// Errors:  a zone that cannot be read ends the test.
// Limits:  none.
// Not here: the tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "admin/doctor/ground.h"
#include "directory/snapshot.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/network.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/machine.h"
#include "lib/io/sim/world.h"

namespace doctor {

// Every name is served by all of its servers, each from its own text.
class ZoneView final : public View {
 public:
  io::Task<Survey> ask(std::string name, dns::Type type) override {
    Survey survey;
    for (const auto& [server, zone] : servers) {
      survey.told.push_back(
          {.server = server, .address = "192.0.2.53", .answer = zone->lookup(name, type)});
    }
    if (survey.told.empty()) survey.trouble = "no name server is known";
    co_return survey;
  }
  void serve(const std::string& server, std::string_view text) {
    servers[server] = std::make_unique<dns::ZoneResolver>(text);
  }

  std::map<std::string, std::unique_ptr<dns::ZoneResolver>> servers;
};

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    config.session.hostname = "mail.our.test";
    config.policy.hostname = "mail.our.test";
    config.server.state_folder = "/state";
    config.delivery.mail_folder = "/mail";
    config.policy.signing.key_folder = "/state/dkim";
    config.admin.doctor.lists.clear();
  }

  // The same text for resolver and both name servers.
  void publish(std::string_view text) {
    resolver = std::make_unique<dns::ZoneResolver>(text);
    view.serve("ns1.our.test", text);
    view.serve("ns2.our.test", text);
  }
  Ground ground() {
    return {.doors = host.doors(),
            .resolver = *resolver,
            .view = view,
            .machine = machine,
            .config = config,
            .hostname = "mail.our.test",
            .addresses = addresses,
            .serving = serving,
            .known = known,
            .keys = keys,
            .history = history,
            .after_restart = after_restart};
  }
  Findings run(HostCheck check) {
    const Ground now = ground();
    return world.run(check(now));
  }
  Findings run(DomainCheck check, const std::string& domain = "our.test") {
    const Ground now = ground();
    return world.run(check(now, domain));
  }
  void write(const std::string& path, std::string_view text) {
    (void)host.doors().files.make_directories(path.substr(0, path.rfind('/')));
    ASSERT_TRUE(io::write_file(host.doors().files, path, text));
  }

  io::sim::World world{1};
  io::sim::Host host{world, {"198.51.100.9"}};
  io::sim::Machine machine;
  std::unique_ptr<dns::ZoneResolver> resolver = std::make_unique<dns::ZoneResolver>("");
  ZoneView view;
  config::Config config;
  std::vector<io::IpAddress> addresses = {*io::IpAddress::parse("198.51.100.9")};
  bool serving = true;
  std::shared_ptr<const directory::Snapshot> known;
  std::shared_ptr<const policy::KeyRing> keys;
  History history;
  std::vector<std::string> after_restart;
};

// Of the first finding: "mend: there is no MX record".
[[nodiscard]] inline std::string said(const Findings& findings) {
  if (findings.empty()) return "nothing";
  return std::string(to_string(findings.front().severity)) + ": " + findings.front().what;
}

}  // namespace doctor
