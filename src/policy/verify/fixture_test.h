// policy/verify/fixture_test.h: one message through SenderChecks, for its tests.
//
// What:    VerifyFixture has a DNS of zone text, virtual time, settings; judge() brings a message
//          as a stranger would: MAIL, header, body in pieces, end.
// In/Out:  Mail → Judged: verdict, findings, our field, the message as it would be stored.
// Errors:  none.
// Limits:  none.
// Not here: the tests (sender_checks_test.cc, dmarc_rule_test.cc).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "directory/snapshot.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "lib/mailauth/dkim_fixture.h"
#include "lib/mailauth/dkim_signer.h"
#include "policy/verify/sender_checks.h"

namespace policy {

class Observations final : public DmarcObserver {
 public:
  void observe(DmarcObservation observation) override { all.push_back(std::move(observation)); }
  std::vector<DmarcObservation> all;
};

struct Mail {
  std::string text;
  std::string ip = "192.0.2.10";
  std::string helo = "mail.good.example";
  std::string from = "a@good.example";  // empty: the null sender
};

struct Judged {
  Verdict verdict;
  Findings findings;
  std::string field;   // our Authentication-Results, on one line
  std::string stored;  // the message with our fields and edits, without Received
};

class VerifyFixture : public testing::Test {
 protected:
  VerifyFixture() {
    settings.hostname = "mx.home.test";
    key = mailauth::PrivateKey::generate(mailauth::KeyType::ed25519).value();
    publish("good.example");
  }

  // KEY._domainkey.DOMAIN with the fixture's key.
  void publish(const std::string& domain) {
    const std::string record = mailauth::key_record_text(key->public_key());
    EXPECT_TRUE(zone.add(fmt::format("k._domainkey.{} TXT \"{}\"", domain, record)));
  }

  // The message with a signature of the domain on top.
  std::string sign(const std::string& domain, const std::string& message) {
    const auto parts = mailauth::split_message(message);
    auto signer = mailauth::DkimSigner::make(
                      {.domain = domain, .selector = "k", .identity = {}, .valid_for = {}}, *key)
                      .value();
    mailauth::BodyHashes bodies;
    const std::size_t ticket = signer->prepare(bodies);
    bodies.feed(parts.body);
    bodies.finish();
    const auto field = signer->sign({.header = std::string(parts.header),
                                     .body_hash = bodies.hash(ticket),
                                     .now = host.doors().clock.wall()});
    return field.value() + message;
  }

  Judged judge(const Mail& mail) {
    SenderChecks checks(host.doors().clock, zone, &observer);
    auto shared = std::make_shared<const Settings>(settings);
    Visit visit(shared);
    Transaction transaction = begin(mail);
    Judged judged;
    judged.verdict = world.run(checks.at_mail(visit, transaction));
    if (judged.verdict.accepted()) finish(checks, visit, transaction, mail, judged);
    judged.findings = visit.findings;
    return judged;
  }

  Settings settings;
  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  dns::ZoneResolver zone{"", &host.doors().clock};
  Observations observer;
  std::optional<mailauth::PrivateKey> key;
  bool exempt = false;

 private:
  [[nodiscard]] Transaction begin(const Mail& mail) {
    Transaction transaction;
    transaction.peer = {.address = *io::IpAddress::parse(mail.ip), .port = 4711};
    transaction.helo = mail.helo;
    if (!mail.from.empty()) {
      transaction.envelope.sender = message::parse_address(mail.from, {.utf8 = true}).value();
    }
    message::Recipient recipient;
    recipient.address = {"you", "home.test"};
    transaction.envelope.recipients.push_back(recipient);
    transaction.arrived = host.doors().clock.wall();
    return transaction;
  }

  void finish(SenderChecks& checks, Visit& visit, Transaction& transaction, const Mail& mail,
              Judged& judged) {
    const auto known = directory::make_snapshot({});
    message::HeaderScanner scanner;
    scanner.feed(mail.text);
    transaction.header = scanner.header();
    transaction.header_whole = !scanner.header_too_large();
    visit.findings.client.exempt = exempt;
    checks.at_header(visit, transaction);
    const std::string body(mailauth::split_message(mail.text).body);
    for (std::size_t at = 0; visit.inspection && at < body.size(); at += 1000) {
      visit.inspection->feed(std::string_view(body).substr(at, 1000));
    }
    if (visit.inspection) visit.inspection->finish();
    if (!exempt) {
      join(judged.verdict, world.run(checks.at_end_of_data(visit, transaction, *known)));
    }
    SenderChecks::clean(visit, transaction, judged.verdict);
    checks.conclude(visit, transaction, judged.verdict);
    message::Content content = message::Content::whole(mail.text.size());
    content.apply(judged.verdict.edits);
    for (const std::string& field : judged.verdict.header_fields) {
      content.prepend(field);
      judged.field += message::unfold(field);
    }
    for (std::size_t at = 0; (at = judged.field.find('\t', at)) != std::string::npos;) {
      judged.field[at] = ' ';
    }
    judged.stored = content.assemble(mail.text);
  }
};

inline std::string letter(const std::string& fields, const std::string& body = "Hello.\r\n") {
  return fields + "Subject: hello\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\n" + body;
}

}  // namespace policy
