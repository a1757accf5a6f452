// Tests of [acme]: its values, and what contradicts itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace config {
namespace {

using testing::HasSubstr;

constexpr std::string_view least =
    "hostname = \"mail.example.org\"\n[[listener]]\naddress = \"127.0.0.1:25\"\n";

base::Result<Config> load_with(std::string_view text) {
  return load(std::string(least) + std::string(text), "stagepost.toml", "/home/post");
}

TEST(Acme, Values) {
  const auto config = load_with(R"(
[tls]
watch_every = "5s"
[acme]
directory_url = "https://ca.example.org/dir"
email = "you@example.org"
domains = ["Mail.example.org", "*.example.org"]
challenge = "dns-01"
dns_server = "192.0.2.53"
tsig_key_name = "key"
tsig_secret_file = "secret"
renew_before = "30d"
rotate_key_after = "365d"
retry_after = "1m"
)");
  ASSERT_TRUE(config) << config.error().detail;
  const server::AcmeSettings& acme = config->server.acme;
  EXPECT_TRUE(acme.on());
  EXPECT_EQ(acme.challenge, server::Challenge::dns_01);
  EXPECT_THAT(acme.domains, testing::ElementsAre("mail.example.org", "*.example.org"));
  EXPECT_EQ(acme.tsig_secret_file, "/home/post/secret");
  EXPECT_EQ(acme.folder, "/home/post/state/acme");
  EXPECT_EQ(acme.renew_before, std::chrono::hours(24 * 30));
  EXPECT_EQ(acme.retry_after.size(), 1U);
  EXPECT_EQ(config->server.tls_watch_every, std::chrono::seconds(5));
}

TEST(Acme, IsOffAndHasItsPorts) {
  const auto config = load_with("");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->server.acme.on());
  ASSERT_EQ(config->server.acme.http_listen.size(), 2U);
  EXPECT_EQ(config->server.acme.http_listen[0].text(), "0.0.0.0:80");
  EXPECT_EQ(config->server.acme.http_listen[1].text(), "[::]:80");
  EXPECT_EQ(config->server.acme.tls_listen[0].text(), "0.0.0.0:443");
}

TEST(Acme, Mistakes) {
  struct Case {
    const char* text;
    const char* complaint;
  };
  const Case cases[] = {
      {"directory_url = \"http://ca.example.org/dir\"", "acme.directory_url: is not a URL"},
      {"domains = [\"*.example.org\"]", "needs challenge = \"dns-01\""},
      {"domains = [\"192.0.2.1 x\"]", "is not a host name"},
      {"challenge = \"dns-01\"", "needs a name server that takes updates"},
      {"dns_server = \"ns.example.org\"", "is not an IP address"},
      {"tsig_key_name = \"k\"", "belong together"},
      {"challenge = \"dns\"", "is none of its words"},
      {"[tls]\ncertificate = \"/a\"\nkey = \"/b\"", "are both set"},
  };
  for (const Case& test : cases) {
    const std::string_view first = test.text;
    const std::string url = first.starts_with("directory_url")
                                ? ""
                                : "directory_url = \"https://ca.example.org/dir\"\n";
    const auto config = load_with("[acme]\n" + url + test.text + "\n");
    ASSERT_FALSE(config) << test.text;
    EXPECT_THAT(config.error().detail, HasSubstr(test.complaint)) << test.text;
  }
}

}  // namespace
}  // namespace config
