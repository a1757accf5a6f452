// Tests of update.h: messages as RFC 2136 and RFC 8945 write them, and replies of all kinds.
#include "lib/dns/update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/dns/packet.h"
#include "lib/io/digest.h"

namespace dns {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

const base::Time at_second_1000 = base::Time(std::chrono::seconds(1000));
const TsigKey key{.name = "k.test", .secret = "secret"};

Update one_record(bool removes = false) {
  Change change = add_text("_acme-challenge.example.org", "text");
  if (removes) change.kind = Change::Kind::remove;
  return {.id = 0x1234, .zone = "example.org", .ttl_seconds = 60, .changes = {change}};
}

TEST(Update, AddsOneRecord) {
  const auto written = write_update(one_record(), std::nullopt, at_second_1000);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->mac, "");
  EXPECT_EQ(base::hex(written->octets),
            "1234"
            "2800"
            "0001"
            "0000"
            "0001"
            "0000"
            "076578616d706c65036f726700"
            "0006"
            "0001"
            "0f5f61636d652d6368616c6c656e6765076578616d706c65036f726700"
            "0010"
            "0001"
            "0000003c"
            "0005"
            "0474657874");
}

TEST(Update, DeletesThisRecordOnly) {
  const auto written = write_update(one_record(true), std::nullopt, at_second_1000);
  EXPECT_TRUE(base::hex(written->octets).ends_with("001000fe0000000000050474657874"));
}

TEST(Update, NamesThatAreNone) {
  Update update = one_record();
  update.zone = "example..org";
  EXPECT_FALSE(write_update(update, std::nullopt, at_second_1000));
  update = one_record();
  update.changes[0].name = std::string(64, 'x') + ".org";
  EXPECT_FALSE(write_update(update, std::nullopt, at_second_1000));
  update = one_record();
  update.changes.assign(changes_max + 1, add_text("a.org", "t"));
  EXPECT_FALSE(write_update(update, std::nullopt, at_second_1000));
  EXPECT_FALSE(write_update(one_record(), TsigKey{.name = "a..b", .secret = "s"}, at_second_1000));
}

std::string tsig_variables(std::uint16_t error = 0) {
  std::string out = "\x01k\x04test\0"s + "\0\xff\0\0\0\0"s + "\x0bhmac-sha256\0"s;
  out += "\0\0\0\0\x03\xe8"s + "\x01\x2c"s;
  put16(out, error);
  put16(out, 0);
  return out;
}

TEST(Update, IsSigned) {
  const auto bare = write_update(one_record(), std::nullopt, at_second_1000);
  const auto with_key = write_update(one_record(), key, at_second_1000);
  ASSERT_TRUE(with_key);
  EXPECT_EQ(with_key->mac, io::hmac_sha256("secret", bare->octets + tsig_variables()));
  EXPECT_EQ(with_key->octets[11], 1);
  EXPECT_TRUE(with_key->octets.contains(with_key->mac));
  EXPECT_TRUE(with_key->octets.ends_with("\x12\x34\0\0\0\0"s));
}

std::string reply_of(std::uint16_t rcode) {
  std::string out = "\x12\x34"s;
  put16(out, static_cast<std::uint16_t>(0xa800U | rcode));
  return out + "\0\x01\0\0\0\0\0\0"s +
         "\x07"
         "example\x03org\0\0\x06\0\x01"s;
}

// As a server that knows the key signs it.
std::string signed_reply(std::uint16_t rcode, const std::string& request_mac,
                         std::string_view secret = "secret", std::uint16_t error = 0) {
  std::string out = reply_of(rcode);
  std::string before;
  put16(before, static_cast<std::uint16_t>(request_mac.size()));
  const std::string mac =
      io::hmac_sha256(secret, before + request_mac + out + tsig_variables(error));
  out[11] = 1;
  std::string data = "\x0bhmac-sha256\0\0\0\0\0\x03\xe8\x01\x2c\0\x20"s + mac + "\x12\x34"s;
  put16(data, error);
  put16(data, 0);
  out += "\x01k\x04test\0\0\xfa\0\xff\0\0\0\0"s;
  put16(out, static_cast<std::uint16_t>(data.size()));
  return out + data;
}

SentUpdate sent(std::optional<TsigKey> with, std::string mac = "mac of the request") {
  return {.id = 0x1234, .mac = std::move(mac), .key = std::move(with), .now = at_second_1000};
}

TEST(UpdateReply, Well) {
  EXPECT_TRUE(read_update_reply(reply_of(0), sent(std::nullopt)));
  EXPECT_TRUE(read_update_reply(signed_reply(0, "mac of the request"), sent(key)));
  EXPECT_TRUE(read_update_reply(signed_reply(0, "mac of the request"), sent(std::nullopt)));
}

TEST(UpdateReply, RefusedInWords) {
  const auto why = [](std::uint16_t rcode) {
    return read_update_reply(reply_of(rcode), sent(std::nullopt)).error().detail;
  };
  EXPECT_THAT(why(5), HasSubstr("REFUSED"));
  EXPECT_THAT(why(9), HasSubstr("NOTAUTH"));
  EXPECT_THAT(why(10), HasSubstr("NOTZONE"));
  EXPECT_THAT(why(11), HasSubstr("rcode 11"));
  EXPECT_THAT(read_update_reply(signed_reply(9, "", "secret", 17), sent(key)).error().detail,
              HasSubstr("BADKEY"));
}

TEST(UpdateReply, ForgedOrMalformed) {
  const auto fails = [](const std::string& reply, std::string_view words) {
    const auto read = read_update_reply(reply, sent(key));
    ASSERT_FALSE(read) << words;
    EXPECT_THAT(read.error().detail, HasSubstr(std::string(words)));
  };
  const std::string good = signed_reply(0, "mac of the request");
  fails(reply_of(0), "not signed");
  fails(signed_reply(0, "mac of the request", "another"), "not signed");
  fails(signed_reply(0, "mac of another request"), "not signed");
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_FALSE(read_update_reply(good.substr(0, bytes), sent(key))) << bytes;
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    // The case of names does not count; nothing else may change.
    EXPECT_FALSE(read_update_reply(changed, sent(key))) << at;
  }
  std::string other = good;
  other[2] = static_cast<char>(0x28);
  fails(other, "something else");
  SentUpdate late = sent(key);
  late.now = at_second_1000 + std::chrono::minutes(6);
  EXPECT_FALSE(read_update_reply(good, late));
}

}  // namespace
}  // namespace dns
