// Tests of key_store.h, key_index.h and key_ring.h: keys on a disk that may fail.
#include "policy/signing/key_store.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/mailauth/dkim_key.h"

namespace policy {
namespace {

using mailauth::KeyType;

const base::Time november = *base::parse_time("2026-11-23T10:00:00.000Z");

struct Keys {
  Keys() : host(world, {"192.0.2.1"}), store(host.doors().files, "/state/dkim") { store.load(); }

  std::vector<KeyRecord> make(std::vector<KeyType> types = {KeyType::ed25519},
                              std::string selector = "") {
    auto made = store.generate({.domain = "Example.ORG",
                                .selector = std::move(selector),
                                .types = std::move(types),
                                .rsa_bits = 1024},
                               november);
    EXPECT_TRUE(made) << made.error().text();
    return made.value_or(std::vector<KeyRecord>());
  }
  std::string states() {
    std::string out;
    for (const KeyRecord& record : store.ring()->records()) {
      out += record.selector + ":" + std::string(to_string(record.state)) + " ";
    }
    return out;
  }

  io::sim::World world{1};
  io::sim::Host host;
  KeyStore store;
};

TEST(KeyIndex, RoundTripAndDamage) {
  KeyRecord record{.domain = "example.org",
                   .selector = "s\"1",
                   .type = KeyType::rsa,
                   .bits = 2048,
                   .state = KeyState::retired,
                   .created = november,
                   .activated = november,
                   .retired = november,
                   .public_text = "v=DKIM1; k=rsa; p=AA"};
  KeyRecord fresh = record;
  fresh.state = KeyState::pending;
  fresh.activated = fresh.retired = {};
  const std::vector<KeyRecord> records = {record, fresh};
  EXPECT_EQ(read_key_index(write_key_index(records)), records);
  EXPECT_EQ(read_key_index(write_key_index({})), std::vector<KeyRecord>());

  for (const char* text :
       {"", "[]", "{}", R"({"version": 0, "keys": []})", R"({"version": 1})",
        R"({"version": 1, "keys": [1]})", R"({"version": 1, "keys": [{"domain": "a"}]})",
        R"({"version":1,"keys":[{"domain":"a","selector":"b","type":"dsa","bits":1,)"
        R"("state":"active","record":"x"}]})",
        R"({"version":1,"keys":[{"domain":"a","selector":"b","type":"rsa","bits":-1,)"
        R"("state":"active","record":"x"}]})",
        R"({"version":1,"keys":[{"domain":"a","selector":"b","type":"rsa","bits":1,)"
        R"("state":"active","record":"x","created":"yesterday"}]})"}) {
    EXPECT_EQ(read_key_index(text).error().kind, base::ErrorKind::corrupt) << text;
  }
  EXPECT_EQ(read_key_index(R"({"version": 2, "keys": []})").error().kind,
            base::ErrorKind::unsupported);
}

TEST(KeyStore, NewKeysWaitAndAreUsedOnlyAfterTheSwitch) {
  Keys keys;
  const auto made = keys.make({KeyType::rsa, KeyType::ed25519});
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0].dns_name(), "202611-rsa._domainkey.example.org");
  EXPECT_EQ(made[0].bits, 1024U);
  EXPECT_EQ(made[1].dns_name(), "202611-ed25519._domainkey.example.org");
  EXPECT_EQ(keys.store.ring()->find("example.org"), nullptr);

  const auto change = keys.store.switch_pending("example.org", november);
  ASSERT_TRUE(change) << change.error().text();
  EXPECT_EQ(change->activated.size(), 2U);
  EXPECT_TRUE(change->retired.empty());
  const auto ring = keys.store.ring();
  const DomainKeys* found = ring->find("example.org");
  ASSERT_NE(found, nullptr);
  ASSERT_EQ(found->active.size(), 2U);
  EXPECT_EQ(found->active[0].record.type, KeyType::rsa);
  EXPECT_EQ(ring->find("mail.example.org"), found) << "a domain above has keys";
  EXPECT_EQ(ring->find("example.com"), nullptr);
  EXPECT_EQ(ring->find("org"), nullptr);
  EXPECT_EQ(ring->find(""), nullptr);
}

TEST(KeyStore, ARotationRetiresKeysOfTheSameType) {
  Keys keys;
  keys.make({KeyType::rsa, KeyType::ed25519});
  ASSERT_TRUE(keys.store.switch_pending("example.org", november));
  const auto next = keys.make({KeyType::ed25519});
  EXPECT_EQ(next[0].selector, "202611b-ed25519");
  ASSERT_TRUE(keys.store.switch_pending("example.org", november));
  EXPECT_EQ(keys.states(), "202611-rsa:active 202611-ed25519:retired 202611b-ed25519:active ");
  EXPECT_EQ(keys.store.switch_pending("example.org", november).error().kind,
            base::ErrorKind::not_found);
}

TEST(KeyStore, Refusals) {
  Keys keys;
  keys.make({KeyType::ed25519}, "mail");
  const auto refused = [&](NewKeys wanted) {
    return keys.store.generate(std::move(wanted), november).error().kind;
  };
  EXPECT_EQ(refused({.domain = "example.org", .selector = "x", .types = {KeyType::ed25519}}),
            base::ErrorKind::busy)
      << "one waits already";
  EXPECT_EQ(refused({.domain = "../etc", .selector = "x", .types = {KeyType::ed25519}}),
            base::ErrorKind::invalid);
  EXPECT_EQ(refused({.domain = "example.net", .selector = "a/b", .types = {KeyType::ed25519}}),
            base::ErrorKind::invalid);
  EXPECT_EQ(
      refused({.domain = "example.net", .selector = "x", .types = {KeyType::rsa}, .rsa_bits = 512}),
      base::ErrorKind::invalid);
  ASSERT_TRUE(keys.store.switch_pending("example.org", november));
  EXPECT_EQ(refused({.domain = "example.org", .selector = "mail", .types = {KeyType::ed25519}}),
            base::ErrorKind::exists);
  EXPECT_EQ(keys.store.remove("example.org", "mail", false).error().kind, base::ErrorKind::busy);
  EXPECT_EQ(keys.store.remove("example.org", "other", true).error().kind,
            base::ErrorKind::not_found);
}

TEST(KeyStore, AnotherRunFindsTheKeysAndRemovingTakesTheFile) {
  Keys keys;
  keys.make({KeyType::ed25519}, "mail");
  ASSERT_TRUE(keys.store.switch_pending("example.org", november));
  KeyStore later(keys.host.doors().files, "/state/dkim");
  later.load();
  EXPECT_EQ(later.ring()->records(), keys.store.ring()->records());
  ASSERT_NE(later.ring()->find("example.org"), nullptr);
  ASSERT_TRUE(later.remove("example.org", "mail", true));
  EXPECT_TRUE(later.ring()->empty());
  EXPECT_EQ(
      keys.host.doors().files.info("/state/dkim/mail._domainkey.example.org.pem").error().kind,
      base::ErrorKind::not_found);
}

TEST(KeyStore, AKeyThatCannotBeReadIsToldAndTheOthersSign) {
  Keys keys;
  keys.make({KeyType::rsa, KeyType::ed25519});
  ASSERT_TRUE(keys.store.switch_pending("example.org", november));
  auto& files = keys.host.doors().files;
  const std::string path = "/state/dkim/202611-rsa._domainkey.example.org.pem";
  for (const std::string& text : {std::string("no key"), std::string()}) {
    ASSERT_TRUE(io::write_file(files, path, text));
    keys.store.load();
    const auto ring = keys.store.ring();
    EXPECT_NE(ring->trouble().find("202611-rsa._domainkey.example.org"), std::string::npos);
    ASSERT_NE(ring->find("example.org"), nullptr);
    EXPECT_EQ(ring->find("example.org")->active.size(), 1U);
  }
  // Somebody else's key would make signatures that nobody can verify.
  ASSERT_TRUE(
      io::write_file(files, path, mailauth::PrivateKey::generate(KeyType::rsa, 1024)->pem()));
  keys.store.load();
  EXPECT_NE(keys.store.ring()->trouble().find("another key"), std::string::npos);
}

TEST(KeyStore, ADamagedIndexIsNeverOverwritten) {
  Keys keys;
  auto& files = keys.host.doors().files;
  ASSERT_TRUE(files.make_directories("/state/dkim"));
  ASSERT_TRUE(io::write_file(files, "/state/dkim/keys.json", "{\"version\": 1, \"keys\": [{"));
  keys.store.load();
  EXPECT_FALSE(keys.store.ring()->trouble().empty());
  EXPECT_EQ(keys.store
                .generate({.domain = "example.org", .selector = "", .types = {KeyType::ed25519}},
                          november)
                .error()
                .kind,
            base::ErrorKind::corrupt);
  EXPECT_EQ(*io::read_file(files, "/state/dkim/keys.json", 1000), "{\"version\": 1, \"keys\": [{");
}

TEST(KeyStore, APowerCutLeavesWholeKeys) {
  Keys keys;
  keys.make({KeyType::ed25519}, "mail");
  keys.host.crash();
  auto doors = keys.host.restart();
  KeyStore later(doors.files, "/state/dkim");
  later.load();
  ASSERT_TRUE(later.switch_pending("example.org", november));
  EXPECT_NE(later.ring()->find("example.org"), nullptr);
}

}  // namespace
}  // namespace policy
