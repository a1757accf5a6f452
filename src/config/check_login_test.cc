// Tests of check.h: [oauth] and policy.auth_mechanisms.
#include <gtest/gtest.h>

#include "config/config.h"

namespace config {
namespace {

std::string mistakes(std::string_view text) {
  const std::string head =
      "hostname = \"mail.example.org\"\n[[listener]]\naddress = \"127.0.0.1:25\"\n";
  const auto loaded = load(head + std::string(text), "stagepost.toml", "/home");
  return loaded ? "" : loaded.error().detail;
}

TEST(CheckLogin, Mistakes) {
  struct Case {
    const char* text;
    const char* mistake;  // "": none
  };
  const Case cases[] = {
      {"[oauth]\nissuer = \"i\"\naudience = \"a\"\njwks_url = \"https://id.example/keys\"\n", ""},
      {"[oauth]\nintrospection_url = \"http://127.0.0.1:9000/x\"\n", ""},
      {"[policy]\nauth_mechanisms = [\"SCRAM-SHA-256\", \"PLAIN\"]\n", ""},
      {"[oauth]\nissuer = \"i\"\njwks_url = \"https://id.example/keys\"\n", "oauth.audience"},
      {"[oauth]\naudience = \"a\"\njwks_url = \"https://id.example/keys\"\n", "oauth.issuer"},
      {"[oauth]\nissuer = \"i\"\n", "oauth.introspection_url"},
      {"[oauth]\nintrospection_url = \"http://id.example/x\"\n", "https://"},
      {"[oauth]\nintrospection_url = \"http://localhost.example/x\"\n", "https://"},
      {"[oauth]\nintrospection_url = \"id.example\"\n", "https://"},
      {"[policy]\nauth_mechanisms = [\"CRAM-MD5\"]\n", "CRAM-MD5"},
      {"[policy]\nauth_mechanisms = [\"XOAUTH2\"]\n", "no way to log in"},
      {"[policy]\npassword_cache_time = \"2h\"\n", "password_cache_time"},
      {"[limits]\nfailed_logins_max = 0\n", "failed_logins_max"},
  };
  for (const Case& test : cases) {
    const std::string found = mistakes(test.text);
    if (*test.mistake == '\0') {
      EXPECT_EQ(found, "") << test.text;
    } else {
      EXPECT_TRUE(found.contains(test.mistake)) << test.text << found;
    }
  }
}

}  // namespace
}  // namespace config
