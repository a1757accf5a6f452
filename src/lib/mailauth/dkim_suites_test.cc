// Tests of lib/mailauth: the examples of RFC 6376 and RFC 8463; the messages of dkimpy, rspamd and
// flanker; the ARC suite of ValiMail.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lib/base/text.h"
#include "lib/mailauth/canonical_body.h"
#include "lib/mailauth/dkim_fixture.h"
#include "lib/mailauth/dkim_signer.h"

namespace mailauth {
namespace {

constexpr std::int64_t now_seconds = 1'700'000'000;

std::string corpus_file(const std::string& name) {
  const char* const set = std::getenv("STAGEPOST_CORPORA");
  return std::string(set != nullptr ? set : "../shared/corpora") + "/" + name;
}

bool has_corpus(std::string_view name) {
  return std::filesystem::exists(corpus_file(std::string(name)));
}

std::string read_corpus(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(corpus_file(name), std::ios::binary).rdbuf();
  return text.str();
}

// RFC 6376 appendix C.
constexpr std::string_view brisbane_key =
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN"
    "2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/"
    "NMqJ0fzfVjH4OuKhitdY9tf"
    "6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
// RFC 8463 appendix A.2.
constexpr std::string_view football_rsa_key =
    "v=DKIM1; k=rsa; "
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy"
    "5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/"
    "8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9Pz"
    "oxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
constexpr std::string_view football_ed25519_key =
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

constexpr std::string_view football_message =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n\r\n"
    "We lost the game.  Are you hungry yet?\r\n\r\n"
    "Joe.\r\n";

KeyZone football_zone() {
  KeyZone zone;
  zone.records["brisbane._domainkey.example.com"] = {std::string(brisbane_key)};
  zone.records["brisbane._domainkey.football.example.com"] = {std::string(football_ed25519_key)};
  zone.records["test._domainkey.football.example.com"] = {std::string(football_rsa_key)};
  return zone;
}

TEST(DkimExamples, Rfc6376AppendixA2) {
  std::string message =
      "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
      "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
      "      h=Received : From : To : Subject : Date : Message-ID;\r\n"
      "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
      "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
      "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
      "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
      "      4bmp/YzhwvcubU4=;\r\n"
      "Received: from client1.football.example.com  [192.0.2.1]\r\n"
      "      by submitserver.example.com with SUBMISSION;\r\n"
      "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n";
  message += football_message;
  message.replace(message.find("game.  Are"), 10, "game. Are");  // erratum 3192
  KeyZone zone = football_zone();
  const DkimReport report = check_message(zone, message, now_seconds).dkim;
  ASSERT_EQ(results_of(report), "pass") << report.verdicts.at(0).problem;
  const DkimVerdict& verdict = report.verdicts[0];
  EXPECT_EQ(verdict.domain, "example.com");
  EXPECT_EQ(verdict.identity, "joe@football.example.com");
  EXPECT_EQ(verdict.key_bits, 1024U);
  EXPECT_EQ(verdict.signature, "AuUoFEfD");
  EXPECT_TRUE(verdict.is_trusted());
  message.replace(message.find("Hi."), 3, "Ho.");
  EXPECT_EQ(results_of(check_message(zone, message, now_seconds).dkim), "fail");
}

TEST(DkimExamples, Rfc8463AppendixA3) {
  std::string message =
      "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
      " d=football.example.com; i=@football.example.com;\r\n"
      " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
      " subject : date : message-id : from : subject : date;\r\n"
      " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
      " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
      " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
      "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
      " d=football.example.com; i=@football.example.com;\r\n"
      " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
      " date : message-id : from : subject : date;\r\n"
      " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
      " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
      " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
      " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n";
  message += football_message;
  KeyZone zone = football_zone();
  const DkimReport report = check_message(zone, message, now_seconds).dkim;
  EXPECT_EQ(results_of(report), "pass pass");
  EXPECT_TRUE(report.verdicts.at(0).from_oversigned);
  message.insert(message.find("To: Suzie"), "From: Eve <eve@example.com>\r\n");
  EXPECT_EQ(results_of(check_message(zone, message, now_seconds).dkim), "fail fail");
}

// Ed25519 signatures are deterministic: ours of the RFC's message with its key verify, and the key
// of RFC 8032 gives the public key of RFC 8463.
TEST(DkimExamples, KeyOfRfc8032) {
  const auto key = PrivateKey::from_text("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
  ASSERT_TRUE(key);
  EXPECT_EQ(key_record_text(key->public_key()), football_ed25519_key);
}

constexpr std::string_view dkimpy = "dkim-dkimpy/data/dkim/tests/data/";

std::string dkimpy_file(std::string_view name) {
  return with_crlf(read_corpus(std::string(dkimpy) + std::string(name)));
}

// Every octet that matters is changed, one at a time.
void expect_no_mutant_passes(KeyZone& zone, const std::string& message) {
  const std::size_t body = message.find("\r\n\r\n") + 4;
  for (const std::string_view part : {"b=", "Subject: ", "From: ", "bh=", "d="}) {
    std::string mutant = message;
    char& octet = mutant[mutant.find(part) + part.size() + 2];
    octet = octet == 'A' ? 'B' : 'A';
    EXPECT_EQ(results_of(check_message(zone, mutant, now_seconds).dkim).find("pass "),
              std::string::npos)
        << part;
  }
  std::string mutant = message;
  mutant[body] = '#';
  EXPECT_EQ(results_of(check_message(zone, mutant, now_seconds).dkim).find("pass"),
            std::string::npos);
}

TEST(DkimSuites, MessagesOfDkimpy) {
  if (!has_corpus(dkimpy)) {
    std::fprintf(stderr, "NOT RUN: a corpus is not there; set STAGEPOST_CORPORA\n");
    GTEST_SKIP() << "no corpus";
  }
  KeyZone zone = football_zone();
  zone.records["sed._domainkey.test.ex"] = {dkimpy_file("eximtest.dns")};
  const std::string rfc = dkimpy_file("rfc6376.signed.msg");
  EXPECT_EQ(results_of(check_message(zone, rfc, now_seconds).dkim), "pass pass");
  expect_no_mutant_passes(zone, rfc);
  const std::string exim = dkimpy_file("ed25519test2.msg");
  EXPECT_EQ(results_of(check_message(zone, exim, now_seconds).dkim), "pass");
  expect_no_mutant_passes(zone, exim);
}

std::string signed_with(const PrivateKey& key, const std::string& message) {
  auto signer = DkimSigner::make({.domain = "example.com",
                                  .selector = "test",
                                  .identity = {},
                                  .header_form = Canonicalization::relaxed,
                                  .body_form = Canonicalization::relaxed,
                                  .valid_for = {}},
                                 key);
  const Parts parts = split_message(message);
  BodyHashes bodies;
  const std::size_t ticket = (*signer)->prepare(bodies);
  bodies.feed(parts.body);
  bodies.finish();
  const auto field = (*signer)->sign({.header = std::string(parts.header),
                                      .body_hash = bodies.hash(ticket),
                                      .now = at_second(now_seconds)});
  return field ? *field + message : "";
}

// dkimpy's keys and records, with signatures of ours: which records let them pass?
TEST(DkimSuites, RecordsOfDkimpy) {
  if (!has_corpus(dkimpy)) {
    std::fprintf(stderr, "NOT RUN: a corpus is not there; set STAGEPOST_CORPORA\n");
    GTEST_SKIP() << "no corpus";
  }
  const auto rsa = PrivateKey::from_text(read_corpus(std::string(dkimpy) + "test.private"));
  const auto ed25519 = PrivateKey::from_text(read_corpus(std::string(dkimpy) + "ed25519test.key"));
  ASSERT_TRUE(rsa && ed25519);
  struct Case {
    std::string_view file;
    std::string_view wanted;
    bool is_rsa;
  };
  const Case cases[] = {{"test.txt", "pass", true},
                        {"test2.txt", "pass", true},
                        {"badk.txt", "permerror", true},
                        {"badversion.txt", "permerror", true},
                        {"test_bad.txt", "permerror", true},
                        {"test_tlsrpt.txt", "permerror", true},
                        {"ed25519test.dns", "pass", false},
                        {"test.txt", "permerror", false},
                        {"ed25519test.dns", "permerror", true}};
  for (const Case& one : cases) {
    KeyZone zone;
    zone.records["test._domainkey.example.com"] = {dkimpy_file(one.file)};
    const std::string message =
        signed_with(one.is_rsa ? *rsa : *ed25519, dkimpy_file("test.message"));
    const DkimReport report = check_message(zone, message, now_seconds).dkim;
    EXPECT_EQ(results_of(report), one.wanted) << one.file << report.verdicts.at(0).problem;
  }
  EXPECT_EQ(signed_with(*rsa, dkimpy_file("test_nofrom.message")), "");
}

// The keys of its test configuration: name = "…"; then replies = ["…"] or rcode = '…'.
KeyZone rspamd_zone() {
  KeyZone zone;
  const std::string text = read_corpus("rspamd-auth/data/test/functional/configs/plugins.conf");
  std::string name;
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t open = line.find_first_of("\"'");
    const std::string_view value =
        open == std::string_view::npos
            ? std::string_view()
            : line.substr(open + 1, line.find_first_of("\"'", open + 1) - open - 1);
    if (line.contains("name = ")) name = value;
    if (!name.contains("_domainkey")) continue;
    if (line.contains("replies = ")) zone.records[name] = {std::string(value)};
    if (line.contains("rcode = ") && !value.starts_with("n")) zone.troubled.insert(name);
  }
  return zone;
}

TEST(DkimSuites, MessagesOfRspamd) {
  if (!has_corpus("rspamd-auth/data")) {
    std::fprintf(stderr, "NOT RUN: a corpus is not there; set STAGEPOST_CORPORA\n");
    GTEST_SKIP() << "no corpus";
  }
  KeyZone zone = rspamd_zone();
  struct Case {
    std::string_view file;
    std::string_view first;  // the first signature's result
  };
  const Case cases[] = {
      {"dmarc/bad_dkim1.eml", "permerror"},   {"dmarc/bad_dkim2.eml", "permerror"},
      {"dmarc/bad_dkim3.eml", "temperror"},   {"dmarc/dkim_unknown_tags.eml", "pass"},
      {"dmarc/pass_none.eml", "pass"},        {"ed25519.eml", "pass"},
      {"ed25519-broken.eml", "fail"},         {"dkim_broken_key.eml", "permerror"},
      {"dkim_key_too_long.eml", "permerror"}, {"dkim_key_too_wide.eml", "permerror"},
      {"dkim_key_wide_ok.eml", "fail"},       {"dkim_revoked_key.eml", "permerror"},
  };
  for (const Case& one : cases) {
    const std::string message = with_crlf(
        read_corpus("rspamd-auth/data/test/functional/messages/" + std::string(one.file)));
    const DkimReport report = check_message(zone, message, now_seconds).dkim;
    ASSERT_FALSE(report.verdicts.empty()) << one.file;
    EXPECT_EQ(to_string(report.verdicts[0].result), one.first)
        << one.file << ": " << report.verdicts[0].problem;
  }
}

class Collected final : public OctetSink {
 public:
  void put(std::string_view octets) override { text += octets; }
  std::string text;
};

std::string canonical(const Parts& parts, Canonicalization how) {
  Collected out;
  for (const auto& field : all_fields(parts.header)) {
    append_canonical_field(out.text, field.whole, how);
  }
  out.text += "\r\n";
  BodyCanonicalizer body(how, out);
  body.feed(parts.body);
  body.finish();
  return out.text;
}

TEST(DkimSuites, CanonicalFormsOfFlanker) {
  const std::string folder = "dkim-canon-flanker/data/tests/fixtures/messages/dkim/";
  if (!has_corpus(folder)) {
    std::fprintf(stderr, "NOT RUN: a corpus is not there; set STAGEPOST_CORPORA\n");
    GTEST_SKIP() << "no corpus";
  }
  int compared = 0;
  for (int number = 1; number <= 25; ++number) {
    const std::string name = fmt::format("{:02}", number);
    if (!has_corpus(folder + "email." + name)) continue;
    const std::string message = with_crlf(read_corpus(folder + "email." + name));
    for (const auto how : {Canonicalization::simple, Canonicalization::relaxed}) {
      const std::string wanted = fmt::format("{}{}.expected.{}", folder, to_string(how), name);
      EXPECT_EQ(canonical(split_message(message), how), read_corpus(wanted)) << wanted;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 2 * 21);
}

constexpr std::int64_t suite_seconds = 1'500'000'000;

struct Tally {
  int passed = 0;
  int failed = 0;
  std::string complaints;
};

void judge(const std::string& name, const YAML::Node& test, const YAML::Node& records,
           Tally& tally) {
  KeyZone zone;
  for (const auto& record : records) {
    // A folded text block of the suite: what YAML joins with spaces were strings in the DNS.
    zone.records[record.first.as<std::string>()] = {record.second.as<std::string>()};
  }
  const std::string message = with_crlf(test["message"].as<std::string>());
  const ArcVerdict verdict = check_message(zone, message, suite_seconds).arc;
  auto wanted = base::lower(test["cv"].as<std::string>());
  if (wanted.empty()) wanted = "fail";  // nothing is to be said about a chain with cv=fail in it
  const bool good = wanted == to_string(verdict.result);
  ++(good ? tally.passed : tally.failed);
  if (!good) {
    tally.complaints += fmt::format("{}: wanted {}, got {} {}\n", name, wanted,
                                    to_string(verdict.result), verdict.problem);
  }
}

TEST(DkimSuites, ArcChainsOfValiMail) {
  const std::string file = corpus_file("arc-valimail/data/tests/arc-draft-validation-tests.yml");
  if (!std::filesystem::exists(file)) {
    std::fprintf(stderr, "NOT RUN: a corpus is not there; set STAGEPOST_CORPORA\n");
    GTEST_SKIP() << "no corpus";
  }
  Tally tally;
  for (const YAML::Node& scenario : YAML::LoadAllFromFile(file)) {
    if (!scenario["tests"]) continue;
    for (const auto& test : scenario["tests"]) {
      judge(test.first.as<std::string>(), test.second, scenario["txt-records"], tally);
    }
  }
  // 171 names; four of them stand twice in the file, and all are run.
  EXPECT_EQ(tally.passed, 175);
  EXPECT_EQ(tally.failed, 0) << tally.complaints;
}

}  // namespace
}  // namespace mailauth
