// Tests of tsig_key.h: files of the usual tools.
#include "lib/dns/tsig_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dns {
namespace {

using testing::HasSubstr;

constexpr const char* well[] = {
    "key \"Mail.Test.\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0\";\n};\n",
    "# a comment\nkey mail.test { algorithm HMAC-SHA256; secret c2VjcmV0; };",
    "key \"mail.test\" {secret \"c2VjcmV0\"; algorithm hmac-sha256;}; // the end",
    "hmac-sha256:mail.test:c2VjcmV0\n",
    "mail.test:c2VjcmV0",
    "key:\n  - id: mail.test\n    algorithm: hmac-sha256\n    secret: c2VjcmV0\n",
};

TEST(TsigKey, FilesOfTheUsualTools) {
  for (const char* text : well) {
    const auto key = parse_tsig_key(text);
    ASSERT_TRUE(key) << text << key.error().detail;
    EXPECT_EQ(key->name, "mail.test") << text;
    EXPECT_EQ(key->secret, "secret") << text;
  }
}

TEST(TsigKey, WhatIsNoneIsToldWithTheRemedy) {
  const struct {
    const char* text;
    const char* words;
  } cases[] = {
      {"", "holds no key"},
      {"c2VjcmV0", "holds no key"},
      {"key \"a\" { algorithm hmac-sha256; };", "is not base64"},
      {"key \"a\" { secret \"%%\"; };", "is not base64"},
      {"key \"\" { secret \"c2VjcmV0\"; };", "holds no key"},
      {"hmac-md5:a:c2VjcmV0", "only hmac-sha256"},
      {"key \"a\" { algorithm hmac-sha512; secret \"c2VjcmV0\"; };", "only hmac-sha256"},
      {"::c2VjcmV0", "only hmac-sha256"},
      {":c2VjcmV0", "no name"},
  };
  for (const auto& one : cases) {
    const auto key = parse_tsig_key(one.text);
    ASSERT_FALSE(key) << one.text;
    EXPECT_THAT(key.error().detail, HasSubstr(one.words)) << one.text;
    EXPECT_THAT(key.error().detail, HasSubstr("tsig-keygen")) << one.text;
  }
}

}  // namespace
}  // namespace dns
