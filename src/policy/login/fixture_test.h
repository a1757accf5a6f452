// policy/login/fixture_test.h: a directory, a guard and a provider for the tests of log-ins.
//
// What:    LoginFixture has an Authenticator on a simulated host with virtual time.
// In/Out:  check(user, password) and so on → LoginVerdict; Provider answers HTTP.
// Errors:  none.
// Limits:  none.
// Not here: the tests (authenticator_test.cc, token_checker_test.cc).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "directory/credential.h"
#include "directory/snapshot.h"
#include "lib/dns/zone_resolver.h"
#include "lib/http/server.h"
#include "lib/io/sim/host.h"
#include "policy/guard/login_guard.h"
#include "policy/login/authenticator.h"
#include "policy/state/last_use.h"

namespace policy {

class NoEvents final : public base::EventSink {
 public:
  void emit(const base::Event& /*event*/) override {}
};

class FixedLogins final : public directory::Directory {
 public:
  [[nodiscard]] std::shared_ptr<const directory::Snapshot> snapshot() const override {
    return current;
  }
  std::shared_ptr<const directory::Snapshot> current;
};

class LoginFixture : public testing::Test {
 protected:
  LoginFixture() {
    contents.domains = {"demo.test"};
    contents.mailboxes = {"you@demo.test", "far@demo.test"};
    add("you@demo.test", "pencil");
    add("you@demo.test/phone", "phone-password");
    add("you@demo.test/old", "old-password", directory::scope_all, world.wall());
    add("you@demo.test/new", "new-password", directory::scope_all,
        world.wall() + std::chrono::hours(1));
    add("you@demo.test/imap", "imap-password", directory::scope_read);
    contents.logins.push_back({.login = "far@demo.test", .verifier = ""});
    publish();
  }

  void add(const std::string& login, const std::string& password,
           std::uint8_t scopes = directory::scope_all, std::optional<base::Time> expires = {}) {
    contents.logins.push_back(
        {.login = login,
         .verifier = directory::make_verifier(password, host.doors().random).value(),
         .scopes = scopes,
         .expires = expires});
  }
  void publish() { logins.current = directory::make_snapshot(contents); }

  [[nodiscard]] Authenticator::Parts parts() {
    return {.web = {.doors = host.doors(), .resolver = resolver, .tls = nullptr},
            .directory = logins,
            .guard = &guard,
            .last_use = &last_use,
            .check_elsewhere = elsewhere,
            .secret = "secret"};
  }
  // Before the first question.
  Authenticator& authenticator() {
    if (!made_) made_ = std::make_unique<Authenticator>(parts(), settings);
    return *made_;
  }
  LoginVerdict conclude(sasl::Claim claim) {
    return world.run(authenticator().conclude(std::move(claim), peer));
  }
  LoginVerdict check(std::string user, std::string password, std::string authzid = "") {
    sasl::Claim claim;
    claim.user = std::move(user);
    claim.secret = std::move(password);
    claim.authzid = std::move(authzid);
    return conclude(std::move(claim));
  }
  LoginVerdict check_token(std::string token, std::string user = "") {
    sasl::Claim claim;
    claim.kind = sasl::Claim::Kind::token;
    claim.secret = std::move(token);
    claim.user = std::move(user);
    return conclude(std::move(claim));
  }

  io::sim::World world{7};
  io::sim::Host host{world, {"192.0.2.1"}};
  dns::ZoneResolver resolver{"id.example A 192.0.2.1\nboth.example A 192.0.2.7\n"};
  directory::Contents contents;
  FixedLogins logins;
  NoEvents events;
  base::Metrics metrics;
  LoginGuard guard{std::make_shared<GuardSettings>(), events, metrics};
  LastUse last_use;
  PasswordCheck elsewhere;
  LoginSettings settings;
  io::IpAddress peer = *io::IpAddress::parse("198.51.100.7");

 private:
  std::unique_ptr<Authenticator> made_;
};

}  // namespace policy
