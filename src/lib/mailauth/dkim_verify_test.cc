// Tests of lib/mailauth: DKIM signatures of strangers: rules, limits, hostile fields and records.
#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/mailauth/dkim_fixture.h"

namespace mailauth {
namespace {

constexpr std::int64_t now_seconds = 1'700'000'000;

// A signer that signs whatever it is told to, right or wrong.
struct Forge {
  std::string a = "ed25519-sha256";
  std::string c = "relaxed/relaxed";
  std::string h = "from:to:subject";
  std::string more;  // "l=5; x=1"
  std::string header = "From: a@example.org\r\nTo: b@example.net\r\nSubject: s\r\n";
  std::string body = "Hello\r\nthere\r\n";
  std::string d = "example.org";
  std::string s = "sel";
  std::string v = "v=1; ";
  std::string field_name = "DKIM-Signature";
  bool blank_b = false;

  [[nodiscard]] std::string field(const PrivateKey& key) const {
    BodyHashes bodies;
    BodyHashKind kind;
    kind.canonicalization =
        c.ends_with("/relaxed") ? Canonicalization::relaxed : Canonicalization::simple;
    const std::size_t l = more.find("l=");
    if (l != std::string::npos) {
      kind.bytes_max = base::parse_number(more.substr(l + 2, more.find(';', l) - l - 2));
    }
    const std::size_t ticket = bodies.want(kind);
    bodies.feed(body);
    bodies.finish();
    std::string text = fmt::format("{}: {}a={}; c={}; d={}; s={}; h={}; {}bh={}; b=", field_name, v,
                                   a, c, d, s, h, more, base::base64(bodies.hash(ticket)));
    const auto form =
        c.starts_with("relaxed") ? Canonicalization::relaxed : Canonicalization::simple;
    std::vector<std::string> names;
    for (const auto name : split_folded(h, ':')) names.push_back(base::lower(name));
    std::string octets;
    const auto fields = all_fields(header);
    FieldChooser(fields).append_chosen(octets, names, form);
    const std::string_view whole = text;
    append_blanked_field(octets, whole, whole.substr(whole.size()), form);
    return text + base::base64(key.sign(sha256(octets)).value_or("")) + "\r\n";
  }
  [[nodiscard]] std::string message(const PrivateKey& key) const {
    return field(key) + header + "\r\n" + body;
  }
};

const PrivateKey& ed25519_key() {
  static const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  return key;
}

KeyZone forge_zone(std::string_view prefix = "v=DKIM1; k=ed25519; ") {
  KeyZone zone;
  zone.records["sel._domainkey.example.org"] = {
      std::string(prefix) + "p=" + base::base64(ed25519_key().public_key().octets())};
  return zone;
}

DkimVerdict verdict_of(const Forge& forge, KeyZone zone = forge_zone()) {
  return check_message(zone, forge.message(ed25519_key()), now_seconds).dkim.verdicts.at(0);
}

std::string described(const DkimVerdict& verdict) {
  return fmt::format("{}: {}", to_string(verdict.result), verdict.problem);
}

TEST(DkimVerify, RulesOfSignatures) {
  struct Case {
    const char* name;
    void (*change)(Forge&);
    std::string_view wanted;
  };
  const Case cases[] = {
      {"as it is", [](Forge&) {}, "pass: "},
      {"simple header", [](Forge& f) { f.c = "simple/relaxed"; }, "pass: "},
      {"one form only", [](Forge& f) { f.c = "relaxed"; }, "pass: "},
      {"no v", [](Forge& f) { f.v = ""; }, "permerror: the signature: without v="},
      {"v=2", [](Forge& f) { f.v = "v=2; "; }, "permerror: the signature: v= is not 1"},
      {"sha1", [](Forge& f) { f.a = "rsa-sha1"; }, "policy: rsa-sha1 proves nothing any more"},
      {"unknown a", [](Forge& f) { f.a = "dsa-sha3"; },
       "neutral: the signature: a=dsa-sha3 is not known"},
      {"a in capitals", [](Forge& f) { f.a = "ED25519-sha256"; },
       "neutral: the signature: a=ED25519-sha256 is not known"},
      {"a for another key", [](Forge& f) { f.a = "rsa-sha256"; },
       "permerror: the key's k= does not fit rsa-sha256"},
      {"unknown c", [](Forge& f) { f.c = "nofws/relaxed"; },
       "neutral: the signature: c=nofws/relaxed is not known"},
      {"unknown q", [](Forge& f) { f.more = "q=carrier/pigeon; "; },
       "neutral: the signature: q=carrier/pigeon is not known"},
      {"q of two", [](Forge& f) { f.more = "q=carrier/pigeon : dns/txt; "; }, "pass: "},
      {"From not signed", [](Forge& f) { f.h = "to:subject"; },
       "permerror: the signature: From is not in h="},
      {"h empty", [](Forge& f) { f.h = ""; }, "permerror: the signature: h= is empty"},
      {"d is no name", [](Forge& f) { f.d = "exa mple"; },
       "permerror: the signature: d=exa mple is no name"},
      {"d with a dot", [](Forge& f) { f.d = "example..org"; },
       "permerror: the signature: d=example..org is no name"},
      {"d in capitals", [](Forge& f) { f.d = "Example.ORG"; }, "pass: "},
      {"s empty", [](Forge& f) { f.s = ""; }, "permerror: the signature: s= is no name"},
      {"no key there", [](Forge& f) { f.s = "other"; },
       "permerror: no key at other._domainkey.example.org"},
      {"i below d", [](Forge& f) { f.more = "i=x@mail.example.org; "; }, "pass: "},
      {"i quoted", [](Forge& f) { f.more = "i=x=3By@example.org; "; }, "pass: "},
      {"i elsewhere", [](Forge& f) { f.more = "i=x@notexample.org; "; },
       "permerror: the signature: i= is not below d="},
      {"i without @", [](Forge& f) { f.more = "i=example.org; "; },
       "permerror: the signature: i= is no identity"},
      {"expired", [](Forge& f) { f.more = "x=1699990000; "; }, "policy: the signature has expired"},
      {"expires later", [](Forge& f) { f.more = "x=1700000001; "; }, "pass: "},
      {"x before t", [](Forge& f) { f.more = "t=1699990000; x=1699990000; "; },
       "permerror: the signature: x= is not after t="},
      {"future", [](Forge& f) { f.more = "t=1700003600; "; },
       "policy: the signature was made in the future"},
      {"a clock a little off", [](Forge& f) { f.more = "t=1700000200; "; }, "pass: "},
      {"t is no number", [](Forge& f) { f.more = "t=now; "; },
       "permerror: the signature: t= is no time"},
      {"t too long", [](Forge& f) { f.more = "t=1234567890123; "; },
       "permerror: the signature: t= is no time"},
      {"l too large", [](Forge& f) { f.more = "l=15; "; }, "fail: l= is more than the body has"},
      {"l no number", [](Forge& f) { f.more = "l=-1; "; },
       "permerror: the signature: l= is no number"},
      {"unknown tag", [](Forge& f) { f.more = "zz=1; z=From:x|To:y; "; }, "pass: "},
      {"a tag twice", [](Forge& f) { f.more = "s=sel; "; }, "permerror: the signature: s= twice"},
  };
  for (const Case& one : cases) {
    Forge forge;
    one.change(forge);
    EXPECT_EQ(described(verdict_of(forge)), one.wanted) << one.name;
  }
}

TEST(DkimVerify, RulesOfKeys) {
  struct Case {
    std::string_view prefix;
    std::string_view wanted;
  };
  const Case cases[] = {
      {"k=ed25519; ", "pass: "},
      {"v=DKIM1; k=ed25519; h=sha1:sha256; s=email; n=notes; ", "pass: "},
      {"v=DKIM1; k=ed25519; s=*; t=s:x; zz=1; ", "pass: "},
      {"v=DKIM1; k=ed25519; h=sha1; ", "permerror: the key's h= does not allow sha256"},
      {"v=DKIM1; k=ed25519; s=tlsrpt; ", "permerror: the key's s= is not for mail"},
      {"v=DKIM1; ", "permerror: the key's k= does not fit ed25519-sha256"},
      {"v=DKIM1; k=x25519; ", "permerror: the key's k= does not fit ed25519-sha256"},
      {"v=DKIM2; k=ed25519; ", "permerror: the key record: v= is not DKIM1, or not the first tag"},
      {"k=ed25519; v=DKIM1; ", "permerror: the key record: v= is not DKIM1, or not the first tag"},
      {"v=DKIM1; k=ed25519; p=; ", "permerror: the key record: p= twice"},
      {"v=DKIM1; k=ed25519; ;", "permerror: the key record: an empty tag"},
      {"v=DKIM1; k=ed25519; p=; x", "permerror: the key was revoked"},
      {"v=DKIM1; k=ed25519; p=AAAA; x", "permerror: the key record: no Ed25519 key"},
      {"v=DKIM1; k=ed25519; p=*; x", "permerror: the key record: p= is no base64"},
      {"v=DKIM1; k=ed25519; x", "permerror: the key record: without p="},
      {"hello ", "permerror: the key record: \"hello p\" is no tag"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(described(verdict_of(Forge(), forge_zone(one.prefix))), one.wanted) << one.prefix;
  }
}

TEST(DkimVerify, TestingAndExactDomain) {
  EXPECT_TRUE(verdict_of(Forge(), forge_zone("k=ed25519; t=y; ")).testing);
  Forge forge;
  forge.more = "i=@sub.example.org; ";
  EXPECT_EQ(described(verdict_of(forge, forge_zone("k=ed25519; t=s; "))),
            "permerror: the key's t=s wants the domain of i= to be d=");
  forge.more = "i=@example.org; ";
  EXPECT_EQ(described(verdict_of(forge, forge_zone("k=ed25519; t=s; "))), "pass: ");
}

TEST(DkimVerify, DnsTrouble) {
  KeyZone zone = forge_zone();
  zone.troubled.insert("sel._domainkey.example.org");
  EXPECT_EQ(verdict_of(Forge(), zone).result, DkimResult::temperror);
  // A name that no DNS can hold is not asked for.
  Forge overlong;
  for (int i = 0; i < 6; ++i) overlong.s += "." + std::string(40, 'x');
  EXPECT_EQ(verdict_of(overlong, zone).result, DkimResult::permerror);
  // A body that was changed is proof without the DNS.
  std::string message = Forge().message(ed25519_key());
  message += "more\r\n";
  EXPECT_EQ(results_of(check_message(zone, message, now_seconds).dkim), "fail");
}

TEST(DkimVerify, SeveralKeyRecords) {
  KeyZone zone = forge_zone();
  auto& records = zone.records["sel._domainkey.example.org"];
  const std::string good = records.front();
  records = {"v=spf1 -all", "p=", good};
  EXPECT_EQ(verdict_of(Forge(), zone).result, DkimResult::pass);
  const auto other = PrivateKey::generate(KeyType::ed25519)->public_key();
  records = {"v=spf1 -all", key_record_text(other), "p="};
  EXPECT_EQ(verdict_of(Forge(), zone).result, DkimResult::fail);
  records = {"1", "2", "3", "4", good};  // beyond key_records_max
  EXPECT_EQ(verdict_of(Forge(), zone).result, DkimResult::permerror);
}

TEST(DkimVerify, LengthIsReportedAndNotTrusted) {
  Forge forge;
  forge.more = "l=7; ";
  const DkimVerdict limited = verdict_of(forge);
  EXPECT_EQ(limited.result, DkimResult::pass);
  EXPECT_EQ(limited.unsigned_body_bytes, 7U);
  EXPECT_FALSE(limited.is_trusted());
  forge.more = "l=14; ";  // all of it: what comes later would still pass
  EXPECT_FALSE(verdict_of(forge).is_trusted());
  forge.more = "l=0; ";
  EXPECT_EQ(verdict_of(forge).result, DkimResult::pass);
  KeyZone zone = forge_zone();
  const std::string added = forge.message(ed25519_key()) + "Buy this\r\n";
  EXPECT_EQ(results_of(check_message(zone, added, now_seconds).dkim), "pass");
}

TEST(DkimVerify, AFromThatIsNotCovered) {
  Forge forge;
  KeyZone zone = forge_zone();
  std::string message = forge.message(ed25519_key());
  message.insert(message.find("From: "), "From: ceo@bank.example\r\n");
  const auto verdict = check_message(zone, message, now_seconds).dkim.verdicts.at(0);
  EXPECT_EQ(verdict.result, DkimResult::pass);
  EXPECT_EQ(verdict.unsigned_from_fields, 1U);
  EXPECT_FALSE(verdict.is_trusted());
  EXPECT_FALSE(verdict.from_oversigned);
  forge.h = "from:from:to";
  EXPECT_TRUE(verdict_of(forge).from_oversigned);
  message = forge.message(ed25519_key());
  message.insert(message.find("From: "), "From: ceo@bank.example\r\n");
  EXPECT_EQ(results_of(check_message(zone, message, now_seconds).dkim), "fail");
}

TEST(DkimVerify, ManySignatures) {
  KeyZone zone = forge_zone();
  const Forge forge;
  const std::string good = forge.field(ed25519_key());
  const std::string rest = forge.header + "\r\n" + forge.body;
  std::string bad;
  for (int i = 0; i < 7; ++i) bad += "DKIM-Signature: x\r\n";
  DkimReport report = check_message(zone, bad + good + good + rest, now_seconds).dkim;
  EXPECT_EQ(report.verdicts.size(), 8U);
  EXPECT_EQ(report.verdicts.back().result, DkimResult::pass);
  EXPECT_EQ(report.ignored, 1U);
  report = check_message(zone, bad + bad + good + rest, now_seconds).dkim;
  EXPECT_EQ(results_of(report).find("pass"), std::string::npos);
  EXPECT_EQ(report.ignored, 7U);
  EXPECT_TRUE(check_message(zone, rest, now_seconds).dkim.verdicts.empty());
}

TEST(DkimVerify, ManyNames) {
  Forge forge;
  for (int i = 0; i < 990; ++i) forge.h += ":from";
  EXPECT_EQ(verdict_of(forge).result, DkimResult::pass);
  for (int i = 0; i < 20; ++i) forge.h += ":x";
  EXPECT_EQ(verdict_of(forge).result, DkimResult::permerror);
}

TEST(DkimVerify, Internationalized) {  // RFC 8616
  Forge forge;
  forge.d =
      "b\xc3\xbc"
      "cher.example";
  KeyZone zone;
  zone.records["sel._domainkey.xn--bcher-kva.example"] = {
      key_record_text(ed25519_key().public_key())};
  const DkimVerdict verdict = verdict_of(forge, zone);
  EXPECT_EQ(verdict.result, DkimResult::pass) << verdict.problem;
  EXPECT_EQ(verdict.domain, "xn--bcher-kva.example");
}

TEST(DkimVerify, WhatCannotBeReadIsNamed) {
  KeyZone zone;
  const auto verdict = [&](std::string_view field) {
    return check_message(zone, "DKIM-Signature: " + std::string(field) + "\r\n\r\n", now_seconds)
        .dkim.verdicts.at(0);
  };
  EXPECT_EQ(verdict("d=example.org; s=x; a=y").domain, "example.org");
  EXPECT_EQ(verdict("d=example.org\r\n\tX; s=x; a=y").domain, "");
  EXPECT_EQ(verdict("").domain, "");
  EXPECT_EQ(verdict("v=1; a=rsa-sha256; b=").result, DkimResult::permerror);
}

TEST(DkimVerify, MessagesThatAreHardlyAny) {
  KeyZone zone;
  for (const std::string_view text :
       {"", "\r\n", "\r\n\r\n", "x", ":", "DKIM-Signature:", "DKIM-Signature",
        "\r\nDKIM-Signature: v", "DKIM-Signature: b=;", " DKIM-Signature: v=1\r\n",
        "ARC-Seal:", "ARC-Seal: i=1"}) {
    (void)check_message(zone, text, now_seconds);
  }
  EXPECT_EQ(zone.queries, 0U);
}

}  // namespace
}  // namespace mailauth
