// Tests of lib/mailauth: signing with DKIM, sealing with ARC, keys, and what verifiers make of it.
#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/mailauth/arc_sealer.h"
#include "lib/mailauth/dkim_fixture.h"
#include "lib/mailauth/dkim_publish.h"
#include "lib/mailauth/dkim_signer.h"

namespace mailauth {
namespace {

constexpr std::int64_t now_seconds = 1'700'000'000;

const PrivateKey& key_of(KeyType type) {
  static const PrivateKey rsa = PrivateKey::generate(KeyType::rsa).value();
  static const PrivateKey ed25519 = PrivateKey::generate(KeyType::ed25519).value();
  return type == KeyType::rsa ? rsa : ed25519;
}

KeyZone our_zone() {
  KeyZone zone;
  zone.publish("rsa", "example.org", key_of(KeyType::rsa).public_key());
  zone.publish("ed25519", "example.org", key_of(KeyType::ed25519).public_key());
  return zone;
}

DkimSigning rules_for(KeyType type, Canonicalization header = Canonicalization::relaxed,
                      Canonicalization body = Canonicalization::relaxed) {
  return {.domain = "example.org",
          .selector = std::string(to_string(type)),
          .identity = {},
          .header_form = header,
          .body_form = body,
          .valid_for = {}};
}

std::string sign(const DkimSigner& signer, const std::string& message) {
  const Parts parts = split_message(message);
  BodyHashes bodies;
  const std::size_t ticket = signer.prepare(bodies);
  bodies.feed(parts.body);
  bodies.finish();
  const auto field = signer.sign({.header = std::string(parts.header),
                                  .body_hash = bodies.hash(ticket),
                                  .now = at_second(now_seconds)});
  return field ? *field : "! " + field.error().detail;
}

std::string random_text(io::sim::SeededRandom& random, std::string_view alphabet,
                        std::uint64_t bytes_max) {
  std::string out;
  for (std::uint64_t left = random.below(bytes_max); left > 0; --left) {
    out += alphabet[random.below(alphabet.size())];
  }
  return out;
}

std::string random_message(io::sim::SeededRandom& random) {
  static constexpr std::string_view names[] = {
      "To", "Subject", "Date", "List-Id", "X-Thing", "Received", "Sender", "Cc", "Message-ID"};
  std::string message = "From: a@example.org\r\n";
  for (std::uint64_t left = random.below(12); left > 0; --left) {
    std::string field = std::string(names[random.below(std::size(names))]) + ":";
    field += random_text(random, "ab \t;=\x01\xe4", 60);
    if (random.below(3) == 0) field += "\r\n \t" + random_text(random, "xyz  ", 20) + "q";
    message += field + "\r\n";
  }
  message += "\r\n";
  for (std::uint64_t left = random.below(40); left > 0; --left) {
    message += random_text(random, "word  \t.\xff", 100) + "\r\n";
  }
  return message;
}

TEST(DkimSign, WhatIsSignedVerifies) {
  KeyZone zone = our_zone();
  io::sim::SeededRandom random(42);
  constexpr Canonicalization forms[] = {Canonicalization::simple, Canonicalization::relaxed};
  for (int round = 0; round < 80; ++round) {
    const auto type = round % 2 == 0 ? KeyType::rsa : KeyType::ed25519;
    const auto signer = DkimSigner::make(
        rules_for(type, forms[(round / 2) % 2], forms[(round / 4) % 2]), key_of(type));
    ASSERT_TRUE(signer);
    const std::string message = random_message(random);
    const std::string field = sign(**signer, message);
    ASSERT_TRUE(field.starts_with("DKIM-Signature: ") && field.ends_with("\r\n")) << field;
    const auto report =
        check_message(zone, field + message, now_seconds, 1 + random.below(50)).dkim;
    ASSERT_EQ(results_of(report), "pass") << report.verdicts[0].problem << "\n" << field + message;
    EXPECT_TRUE(report.verdicts[0].is_trusted() && report.verdicts[0].from_oversigned);
    // A field more, or a word more.
    ASSERT_EQ(results_of(check_message(zone, field + "Subject: more\r\n" + message, 0).dkim),
              "policy");
    ASSERT_EQ(
        results_of(
            check_message(zone, field + "Reply-To: e@x.test\r\n" + message, now_seconds).dkim),
        "fail");
    ASSERT_EQ(results_of(check_message(zone, field + message + "x", now_seconds).dkim), "fail");
  }
}

TEST(DkimSign, FieldIsFolded) {
  const auto signer = DkimSigner::make(rules_for(KeyType::rsa), key_of(KeyType::rsa));
  const std::string field = sign(**signer, "From: a@example.org\r\nList-Id: x\r\n\r\nHi\r\n");
  for (const std::string_view line : base::split(field, '\n')) EXPECT_LE(line.size(), 78U) << line;
  EXPECT_TRUE(field.contains("c=relaxed/relaxed; d=example.org; s=rsa;")) << field;
  EXPECT_TRUE(without_fws(field).contains("h=from:from:to:cc:subject:date:")) << field;
  EXPECT_TRUE(without_fws(field).contains("list-id:list-id;")) << field;
}

TEST(DkimSign, Expiry) {
  DkimSigning rules = rules_for(KeyType::ed25519);
  rules.valid_for = std::chrono::hours(1);
  rules.identity = "@mail.example.org";
  const auto signer = DkimSigner::make(rules, key_of(KeyType::ed25519));
  const std::string message = "From: a@example.org\r\n\r\nHi\r\n";
  const std::string whole = sign(**signer, message) + message;
  KeyZone zone = our_zone();
  EXPECT_EQ(results_of(check_message(zone, whole, now_seconds + 3000).dkim), "pass");
  const auto report = check_message(zone, whole, now_seconds + 4000).dkim;
  EXPECT_EQ(results_of(report), "policy");
  EXPECT_EQ(report.verdicts[0].identity, "@mail.example.org");
}

TEST(DkimSign, Refusals) {
  const auto signer = DkimSigner::make(rules_for(KeyType::ed25519), key_of(KeyType::ed25519));
  EXPECT_TRUE(sign(**signer, "To: x\r\n\r\n").starts_with("! "));
  EXPECT_TRUE(sign(**signer, "From: x\r\nFrom: y\r\n\r\n").starts_with("! "));
  std::string many = "From: x\r\n";
  for (int i = 0; i < 600; ++i) many += "Cc: x\r\n";
  EXPECT_TRUE(sign(**signer, many + "\r\n").starts_with("! "));
  DkimSigning rules = rules_for(KeyType::ed25519);
  rules.domain = "a;b=c";
  EXPECT_FALSE(DkimSigner::make(rules, key_of(KeyType::ed25519)));
  rules = rules_for(KeyType::ed25519);
  rules.identity = "@a; b=c";
  EXPECT_FALSE(DkimSigner::make(rules, key_of(KeyType::ed25519)));
}

TEST(DkimKeys, Texts) {
  for (const auto type : {KeyType::rsa, KeyType::ed25519}) {
    const PrivateKey& key = key_of(type);
    const auto again = PrivateKey::from_text(key.pem());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_key().octets(), key.public_key().octets());
    const auto record = parse_key_record(key_record_text(key.public_key(), true));
    ASSERT_TRUE(record);
    EXPECT_TRUE(record->testing);
    EXPECT_EQ(record->octets, key.public_key().octets());
  }
  const std::string text = key_record_text(key_of(KeyType::rsa).public_key());
  const auto strings = split_txt(text);
  ASSERT_EQ(strings.size(), 2U);
  EXPECT_EQ(strings[0].size(), 255U);
  EXPECT_EQ(strings[0] + strings[1], text);
}

TEST(DkimKeys, BothFormsOfRsa) {
  const std::string spki = key_of(KeyType::rsa).public_key().octets();
  constexpr std::size_t head_bytes = 24;  // all before RSAPublicKey, for 2048 bits
  for (const std::string& octets : {spki, spki.substr(head_bytes)}) {
    const auto key = PublicKey::from_octets(KeyType::rsa, octets);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->octets(), spki);
    EXPECT_FALSE(PublicKey::from_octets(KeyType::rsa, octets + "x"));
    for (std::size_t cut = 0; cut < octets.size(); ++cut) {
      EXPECT_FALSE(PublicKey::from_octets(KeyType::rsa, octets.substr(0, cut))) << cut;
    }
  }
  const std::string ed25519 = key_of(KeyType::ed25519).public_key().octets();
  EXPECT_FALSE(PublicKey::from_octets(KeyType::rsa, ed25519));
  EXPECT_FALSE(PublicKey::from_octets(KeyType::ed25519, ed25519.substr(1)));
}

std::string der(char tag, const std::string& content) {
  std::string out{tag, '\x82'};
  out += static_cast<char>(content.size() >> 8);
  out += static_cast<char>(content.size() & 0xff);
  return out + content;
}

// A key record with an RSA key of these numbers, and a claim that names it.
KeyVerdict verdict_with_rsa(const std::string& modulus, const std::string& exponent) {
  Claim claim;
  claim.domain = claim.identity_domain = "example.org";
  claim.hash = sha256("x");
  claim.octets = std::string(modulus.size(), '\1');
  const std::string key = der(0x30, der(0x02, modulus) + der(0x02, exponent));
  return check_claim_with(claim, "v=DKIM1; p=" + base::base64(key));
}

TEST(DkimKeys, RsaThatIsTooSmallOrTooLarge) {
  const auto modulus = [](std::size_t bytes) { return "\x7f" + std::string(bytes - 1, '\x11'); };
  const std::string exponent("\1\0\1", 3);
  EXPECT_EQ(verdict_with_rsa(modulus(64), exponent).result, DkimResult::policy);
  EXPECT_EQ(verdict_with_rsa(modulus(64), exponent).problem, "an RSA key of 511 bits");
  EXPECT_EQ(verdict_with_rsa(modulus(127), exponent).result, DkimResult::policy);
  EXPECT_EQ(verdict_with_rsa(modulus(129), exponent).result, DkimResult::fail);
  EXPECT_EQ(verdict_with_rsa(modulus(1024), exponent).result, DkimResult::fail);
  EXPECT_EQ(verdict_with_rsa(modulus(1026), exponent).result, DkimResult::permerror);
  EXPECT_EQ(verdict_with_rsa(modulus(256), std::string(9, '\1')).result, DkimResult::permerror);
  EXPECT_EQ(verdict_with_rsa("\xff", exponent).result, DkimResult::permerror);
  EXPECT_EQ(verdict_with_rsa("", exponent).result, DkimResult::permerror);
}

TEST(DkimKeys, TextsThatAreNone) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string("-----BEGIN PRIVATE KEY-----"),
        std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        std::string(40'000, 'A'), std::string("AAAA")}) {
    EXPECT_FALSE(PrivateKey::from_text(text)) << text.substr(0, 50);
  }
  EXPECT_FALSE(PrivateKey::generate(KeyType::rsa, 512));
  EXPECT_FALSE(PrivateKey::generate(KeyType::rsa, 100'000));
}

TEST(DkimKeys, Published) {
  io::sim::World world(1);
  const PublicKey key = key_of(KeyType::rsa).public_key();
  const auto state = [&](std::vector<std::string> records) {
    KeyZone zone;
    if (!records.empty()) zone.records["s._domainkey.example.org"] = std::move(records);
    return to_string(world.run(check_published(zone, "s", "example.org", key)).state);
  };
  const std::string good = key_record_text(key);
  EXPECT_EQ(state({good}), "same");
  EXPECT_EQ(state({}), "missing");
  EXPECT_EQ(state({good, good}), "broken");
  EXPECT_EQ(state({"v=DKIM1\\; k=rsa"}), "broken");
  EXPECT_EQ(state({"v=DKIM1; p="}), "revoked");
  EXPECT_EQ(state({"v=DKIM1; p=AAAA"}), "broken");
  EXPECT_EQ(state({"s=tlsrpt; " + good.substr(good.find("p="))}), "broken");
  EXPECT_EQ(state({key_record_text(key_of(KeyType::ed25519).public_key())}), "other");
  EXPECT_EQ(state({key_record_text(PrivateKey::generate(KeyType::rsa, 1024)->public_key())}),
            "other");
  KeyZone zone;
  zone.troubled.insert("s._domainkey.example.org");
  EXPECT_EQ(world.run(check_published(zone, "s", "example.org", key)).state,
            PublishedState::trouble);
}

// One hop: checks what came, adds a set, and gives the message on.
std::string seal(KeyZone& zone, const std::string& message, KeyType type = KeyType::ed25519) {
  const Parts parts = split_message(message);
  BodyHashes bodies;
  const std::size_t ticket = prepare_arc(bodies);
  bodies.feed(parts.body);
  bodies.finish();
  const auto set =
      seal_arc({.domain = "example.org", .selector = std::string(to_string(type))}, key_of(type),
               {.message = {.header = std::string(parts.header),
                            .body_hash = bodies.hash(ticket),
                            .now = at_second(now_seconds)},
                .results = " mx.example.org;\r\n\tspf=pass",
                .chain = check_message(zone, message, now_seconds).arc});
  return set ? *set + message : "! " + set.error().detail;
}

TEST(ArcSeal, ChainOfFifty) {
  KeyZone zone = our_zone();
  std::string message = "From: a@example.net\r\nDKIM-Signature: x\r\n\r\nHi\r\n";
  for (unsigned hop = 1; hop <= 50; ++hop) {
    message = seal(zone, message, hop % 7 == 0 ? KeyType::rsa : KeyType::ed25519);
    if (hop > 4 && hop < 49) continue;
    const ArcVerdict verdict = check_message(zone, message, now_seconds).arc;
    ASSERT_EQ(verdict.result, ArcResult::pass) << verdict.problem << "\n" << message;
    ASSERT_EQ(verdict.hops.size(), hop);
    EXPECT_EQ(verdict.hops[0].results, "mx.example.org;\tspf=pass");
  }
  EXPECT_EQ(seal(zone, message), "! the chain is full");
}

TEST(ArcSeal, ABrokenChainIsSealedOnceAsBroken) {
  KeyZone zone = our_zone();
  std::string message = seal(zone, "From: a@example.net\r\n\r\nHi\r\n");
  message = seal(zone, message + "changed\r\n");
  EXPECT_TRUE(message.contains("cv=fail"));
  const ArcVerdict verdict = check_message(zone, message, now_seconds).arc;
  EXPECT_EQ(verdict.result, ArcResult::fail);
  EXPECT_EQ(verdict.problem, "the seal i=2 says cv=fail");
  EXPECT_TRUE(seal(zone, message).starts_with("! the chain has ended")) << seal(zone, message);
}

TEST(ArcSeal, DnsTroubleIsTemporary) {
  KeyZone zone = our_zone();
  const std::string message = seal(zone, "From: a@example.net\r\n\r\nHi\r\n");
  zone.troubled.insert("ed25519._domainkey.example.org");
  const ArcVerdict verdict = check_message(zone, message, now_seconds).arc;
  EXPECT_EQ(verdict.result, ArcResult::fail);
  EXPECT_TRUE(verdict.temporary);
  EXPECT_TRUE(seal(zone, message).starts_with("! the chain could not be checked"));
}

TEST(ArcSeal, ResultsCannotBreakOut) {
  const auto set = seal_arc({.domain = "example.org", .selector = "x"}, key_of(KeyType::ed25519),
                            {.message = {.header = "From: a\r\n", .body_hash = "x", .now = {}},
                             .results = "mx; spf=pass\r\nSubject: x",
                             .chain = {}});
  EXPECT_FALSE(set);
}

}  // namespace
}  // namespace mailauth
