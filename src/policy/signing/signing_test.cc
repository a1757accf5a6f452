// Tests of signing.h: whose mail is signed, with which keys, over which octets.
#include "policy/signing/signing.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/mailauth/dkim_fixture.h"
#include "policy/policy.h"

namespace policy {
namespace {

using mailauth::KeyType;

const base::Time november = *base::parse_time("2026-11-23T10:00:00.000Z");

// Knows the domains example.org and forward.test; nobody in them.
class Known final : public directory::Snapshot {
 public:
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return domain == "example.org" || domain == "forward.test";
  }
  [[nodiscard]] directory::Local lookup(const message::Address&) const override {
    return directory::Local::unknown;
  }
  [[nodiscard]] const directory::Mailbox* mailbox(const message::Address&) const override {
    return nullptr;
  }
  [[nodiscard]] directory::Expansion expand(const message::Recipient&) const override { return {}; }
  [[nodiscard]] const directory::Login* login(std::string_view) const override { return nullptr; }
  [[nodiscard]] bool may_send_as(std::string_view, const message::Address&) const override {
    return true;
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view) const override { return {}; }
};

class Directory final : public directory::Directory {
 public:
  [[nodiscard]] std::shared_ptr<const directory::Snapshot> snapshot() const override {
    return std::make_shared<Known>();
  }
};

class Events final : public base::EventSink {
 public:
  void emit(const base::Event& event) override {
    names += std::string(event.name) + " ";
    for (const auto& [key, value] : event.fields) names += value + " ";
  }
  std::string names;
};

class Octets final : public ReceivedOctets {
 public:
  explicit Octets(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    ++reads;
    if (fails) co_return base::fail(base::ErrorKind::io, "the disk is gone");
    co_return text_.substr(offset, length);
  }
  bool fails = false;
  unsigned reads = 0;

 private:
  std::string text_;
};

struct Bench {
  Bench()
      : host(world, {"192.0.2.1"}),
        store(host.doors().files, "/dkim"),
        settings(std::make_shared<Settings>()),
        signing({.doors = host.doors(), .keys = &store, .directory = directory, .events = events},
                settings) {
    transaction.login = transaction.account = "you@example.org";
    transaction.submission = true;
    transaction.envelope.sender = {"you", "example.org"};
  }
  void make(const std::string& domain,
            std::vector<KeyType> types = {KeyType::rsa, KeyType::ed25519}) {
    ASSERT_TRUE(store.generate(
        {.domain = domain, .selector = "", .types = std::move(types), .rsa_bits = 1024}, november));
    ASSERT_TRUE(store.switch_pending(domain, november));
    for (const KeyRecord& record : store.ring()->records()) {
      zone.records[record.dns_name()] = {record.public_text};
    }
  }
  // The way of a message: header, body in small chunks, edits, signatures on top.
  std::string pass(const std::string& text, std::vector<message::Edit> edits = {},
                   const std::string& added = "", std::string_view results = {}) {
    Visit visit(settings);
    look_for_exemption(visit, transaction);
    if (arc) visit.findings.arc = *arc;
    message::HeaderScanner scanner;
    scanner.feed(text);
    transaction.header = scanner.header();
    transaction.header_whole = !scanner.header_too_large();
    transaction.received_bytes = text.size();
    signing.at_header(visit, transaction);
    streamed = visit.signing != nullptr;
    for (std::size_t at = scanner.body_offset(); streamed && at < text.size(); at += 7) {
      visit.signing->feed(std::string_view(text).substr(at, 7));
    }
    Octets octets(text);
    octets.fails = disk_fails;
    auto content = message::Content::whole(text.size());
    content.apply(std::move(edits));
    content.prepend(added);
    std::string fields = world.run(signing.sign(
        visit, transaction, {.content = content, .octets = octets, .results = results}));
    reads = octets.reads;
    content.prepend(fields);
    return content.assemble(text);
  }
  std::string verify(const std::string& mail) {
    return mailauth::results_of(mailauth::check_message(zone, mail, seconds_now()).dkim);
  }
  std::int64_t seconds_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               host.doors().clock.wall().time_since_epoch())
        .count();
  }

  io::sim::World world{1};
  io::sim::Host host;
  KeyStore store;
  std::shared_ptr<Settings> settings;
  Directory directory;
  Events events;
  Signing signing;
  mailauth::KeyZone zone;
  Transaction transaction;
  std::optional<mailauth::ArcVerdict> arc;
  bool disk_fails = false;
  bool streamed = false;
  unsigned reads = 0;
};

const std::string mail =
    "From: You <you@example.org>\r\nTo: a@b.test\r\nSubject: hello\r\n\r\nA line.\r\n\r\n  B \r\n";

TEST(Signing, ASubmissionGetsOneSignaturePerKeyAndIsReadOnce) {
  Bench bench;
  bench.make("example.org");
  const std::string out = bench.pass(mail, {}, "Received: from x\r\n");
  EXPECT_EQ(bench.verify(out), "pass pass");
  EXPECT_EQ(bench.reads, 0U);
  EXPECT_TRUE(out.ends_with(mail));
  EXPECT_NE(out.find("a=rsa-sha256"), std::string::npos);
  EXPECT_NE(out.find("a=ed25519-sha256"), std::string::npos);
  EXPECT_EQ(bench.events.names, "");
}

TEST(Signing, ChangesOfTheHeaderAreSignedWithoutReadingTheBodyAgain) {
  Bench bench;
  bench.make("example.org");
  const std::size_t subject = mail.find("Subject");
  const std::string out =
      bench.pass(mail, {{.offset = 0, .length = 0, .bytes = "Date: now\r\n"},
                        {.offset = subject, .length = 16, .bytes = "Subject: edited\r\n"},
                        {.offset = mail.find("\r\n\r\n") + 2, .length = 0, .bytes = "X-A: b\r\n"}});
  EXPECT_NE(out.find("Subject: edited"), std::string::npos);
  EXPECT_EQ(bench.verify(out), "pass pass");
  EXPECT_EQ(bench.reads, 0U);
}

TEST(Signing, AChangedBodyIsReadAgain) {
  Bench bench;
  bench.make("example.org");
  const std::size_t body = mail.find("\r\n\r\n") + 4;
  const std::vector<std::vector<message::Edit>> changes = {
      {{.offset = body, .length = 7, .bytes = "Another line."}},
      {{.offset = mail.size(), .length = 0, .bytes = "A footer.\r\n"}},
      {{.offset = body, .length = mail.size() - body, .bytes = "=41\r\n"},
       {.offset = 0, .length = 0, .bytes = "X-Recoded: yes\r\n"}},
      // The empty line goes: what was the body is header now.
      {{.offset = body - 2, .length = 2, .bytes = ""}},
      // And an earlier one comes.
      {{.offset = body - 2, .length = 0, .bytes = "\r\nMore.\r\n"}}};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::string out = bench.pass(mail, changes[i]);
    EXPECT_EQ(bench.verify(out), "pass pass") << i << "\n" << out;
    EXPECT_GT(bench.reads, 0U) << i;
  }
}

TEST(Signing, LargeBodiesAreReadInParts) {
  Bench bench;
  bench.make("example.org", {KeyType::ed25519});
  std::string large = mail;
  while (large.size() < 3 * ReceivedOctets::read_bytes_max) large += "0123456789 abcdef \r\n";
  const std::string out =
      bench.pass(large, {{.offset = large.size(), .length = 0, .bytes = "end\r\n"}});
  EXPECT_EQ(bench.verify(out), "pass");
  EXPECT_GE(bench.reads, 4U);
}

TEST(Signing, MessagesWithoutBodyOrEmptyLine) {
  Bench bench;
  bench.make("example.org");
  const std::string header = "From: you@example.org\r\nSubject: x\r\n";
  EXPECT_EQ(bench.verify(bench.pass(header)), "pass pass");
  EXPECT_EQ(bench.verify(bench.pass(header + "\r\n")), "pass pass");
  EXPECT_EQ(bench.verify(
                bench.pass("\r\nonly a body\r\n", {{.offset = 0, .length = 0, .bytes = header}})),
            "pass pass");
}

struct Choice {
  const char* what;
  std::string from;    // of the header
  std::string sender;  // of the envelope
  std::string domain;  // d=; empty: unsigned
};

TEST(Signing, TheAuthorsDomainSignsElseTheEnvelopes) {
  Bench bench;
  bench.make("example.org", {KeyType::ed25519});
  bench.make("second.test", {KeyType::ed25519});
  const Choice choices[] = {
      {"ours", "you@example.org", "you@example.org", "example.org"},
      {"upper case", "you@EXAMPLE.org", "x@y.test", "example.org"},
      {"below ours", "you@mail.example.org", "x@y.test", "example.org"},
      {"the author goes first", "you@second.test", "you@example.org", "second.test"},
      {"a foreign author", "a@foreign.test", "you@example.org", "example.org"},
      {"nobody of ours", "a@foreign.test", "a@foreign.test", ""},
      {"a name that only ends alike", "a@notexample.org", "a@foreign.test", ""},
  };
  for (const Choice& choice : choices) {
    bench.transaction.envelope.sender = *message::parse_address(choice.sender);
    const std::string out = bench.pass("From: " + choice.from + "\r\n\r\nx\r\n");
    const bool is_signed = out.find("DKIM-Signature") != std::string::npos;
    EXPECT_EQ(is_signed, !choice.domain.empty()) << choice.what;
    if (choice.domain.empty()) continue;
    EXPECT_NE(out.find("d=" + choice.domain + ";"), std::string::npos) << choice.what;
    EXPECT_EQ(bench.verify(out), "pass") << choice.what;
  }
}

TEST(Signing, AnAuthorThatIsAddedLaterDecides) {
  Bench bench;
  bench.make("example.org", {KeyType::ed25519});
  bench.make("second.test", {KeyType::ed25519});
  const std::string out =
      bench.pass("Subject: x\r\n\r\nbody\r\n",
                 {{.offset = 0, .length = 0, .bytes = "From: you@second.test\r\n"}});
  EXPECT_NE(out.find("d=second.test;"), std::string::npos);
  EXPECT_EQ(bench.verify(out), "pass");
}

TEST(Signing, StrangersAreNeverSignedAndRelaysOnlyForOurAuthors) {
  Bench bench;
  bench.make("example.org", {KeyType::ed25519});
  bench.transaction.login.clear();
  bench.transaction.submission = false;
  bench.transaction.peer = *io::Endpoint::parse("198.51.100.7:1234");
  const auto is_signed = [&](const std::string& text) {
    return bench.pass(text).find("DKIM-Signature") != std::string::npos;
  };
  EXPECT_FALSE(is_signed(mail)) << "a stranger";
  bench.settings->relay_networks = {*io::IpNetwork::parse("198.51.100.0/24")};
  EXPECT_TRUE(is_signed(mail)) << "a network that may relay";
  EXPECT_FALSE(is_signed("From: a@foreign.test\r\n\r\nx\r\n"));
  bench.settings->signing.relay_networks = false;
  EXPECT_FALSE(is_signed(mail));
  bench.transaction.login = "you@example.org";
  EXPECT_TRUE(is_signed(mail));
  bench.settings->signing.on = false;
  EXPECT_FALSE(is_signed(mail));
}

TEST(Signing, FailuresAreToldAndTheMailGoesOn) {
  Bench bench;
  bench.make("example.org", {KeyType::ed25519});
  EXPECT_EQ(bench.pass("From: a@example.org\r\nFrom: b@example.org\r\n\r\nx\r\n").find("DKIM"),
            std::string::npos);
  EXPECT_NE(bench.events.names.find("signing.failed example.org"), std::string::npos);
  bench.events.names.clear();
  bench.disk_fails = true;
  const std::string out =
      bench.pass(mail, {{.offset = mail.size(), .length = 0, .bytes = "more\r\n"}});
  EXPECT_EQ(out, mail + "more\r\n");
  EXPECT_NE(bench.events.names.find("the disk is gone"), std::string::npos);
  bench.events.names.clear();
  ASSERT_TRUE(bench.host.doors().files.remove("/dkim/202611-ed25519._domainkey.example.org.pem"));
  bench.store.load();
  EXPECT_EQ(bench.pass(mail), mail);
  EXPECT_NE(bench.events.names.find("cannot be used"), std::string::npos);
}

TEST(Signing, MailOfTheServerItself) {
  Bench bench;
  const std::string header = "From: MAILER-DAEMON@mx.example.org\r\nSubject: failed\r\n";
  EXPECT_EQ(bench.signing.sign_now(header, "body\r\n"), "") << "no keys yet";
  bench.make("example.org");
  EXPECT_EQ(bench.verify(bench.signing.sign_now(header, "body\r\n") + header + "\r\nbody\r\n"),
            "pass pass");
  EXPECT_EQ(bench.verify(bench.signing.sign_now(header, "body\r\n", "Example.ORG") + header +
                         "\r\nbody\r\n"),
            "pass pass");
  EXPECT_EQ(bench.signing.sign_now(header, "body\r\n", "foreign.test"), "");
  EXPECT_EQ(bench.verify(bench.world.run(bench.signing.sign_text(mail, {})) + mail), "pass pass");
  EXPECT_EQ(bench.verify(bench.world.run(bench.signing.sign_text(header, {})) + header),
            "pass pass");
}

// A stranger's mail to an alias of ours that leads out of the house.
TEST(Signing, ForwardedMailIsSealedWhenSet) {
  Bench bench;
  bench.make("forward.test");
  bench.transaction.login.clear();
  bench.transaction.submission = false;
  bench.transaction.peer = *io::Endpoint::parse("198.51.100.7:1234");
  bench.transaction.envelope.sender = {"a", "foreign.test"};
  message::Recipient recipient;
  recipient.original = {"list", "forward.test"};
  recipient.address = {"friend", "else.test"};
  bench.transaction.envelope.recipients = {recipient};
  bench.arc.emplace();  // no chain yet
  const std::string text = "From: a@foreign.test\r\nSubject: x\r\n\r\nbody\r\n";
  const std::string results = "Authentication-Results: mx.forward.test; spf=pass\r\n";
  EXPECT_EQ(bench.pass(text, {}, results, results), results + text) << "off by default";
  bench.settings->signing.arc_seal = true;
  const std::string out = bench.pass(text, {}, results, results);
  EXPECT_TRUE(out.starts_with("ARC-Seal: i=1;")) << out;
  EXPECT_EQ(out.find("DKIM-Signature"), std::string::npos);
  const auto checked = mailauth::check_message(bench.zone, out, bench.seconds_now());
  EXPECT_EQ(checked.arc.result, mailauth::ArcResult::pass) << checked.arc.problem;
  EXPECT_EQ(bench.pass(text), text) << "without results of ours there is nothing to vouch for";

  bench.transaction.envelope.recipients[0].address = {"you", "forward.test"};
  EXPECT_EQ(bench.pass(text, {}, results, results), results + text) << "stays in the house";
}

}  // namespace
}  // namespace policy
