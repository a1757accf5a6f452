// Tests of config/: [client], [[list]] and [greylist].
#include <gtest/gtest.h>

#include "config/config.h"

namespace config {
namespace {

constexpr std::string_view head =
    "hostname = \"mx.home.test\"\n[[listener]]\naddress = \"0.0.0.0:25\"\n";

base::Result<Config> load_with(std::string_view text) {
  return load(std::string(head) + std::string(text), "f.toml", "/home");
}

TEST(ClientSettings, NothingIsAskedByDefault) {
  const auto config = load_with("");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_TRUE(config->policy.client.lists.empty());
  EXPECT_FALSE(config->policy.client.greylist.on);
  EXPECT_EQ(config->policy.client.helo_forged, policy::ClientFault::reject);
  EXPECT_EQ(config->policy.client.iprev_missing, policy::ClientFault::accept);
}

TEST(ClientSettings, Lists) {
  const auto config = load_with(
      "[[list]]\nzone = \"Zen.Example.org\"\ncodes = [\"127.0.0.2-9\", \"127.0.*.10 = 4 end "
      "users\"]\n[[list]]\nzone = \"dom.example.org\"\nkind = \"allow\"\nof = \"sender\"\n"
      "weight = 3\n");
  ASSERT_TRUE(config) << config.error().detail;
  const auto& lists = config->policy.client.lists;
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_EQ(lists[0].zone, "zen.example.org");
  EXPECT_EQ(lists[0].weight, 10U);
  ASSERT_EQ(lists[0].codes.size(), 2U);
  EXPECT_EQ(lists[0].codes[0].octets[3].first, 2);
  EXPECT_EQ(lists[0].codes[0].octets[3].last, 9);
  EXPECT_FALSE(lists[0].codes[0].weight);
  EXPECT_EQ(lists[0].codes[1].octets[2].last, 255);
  EXPECT_EQ(lists[0].codes[1].weight, 4U);
  EXPECT_EQ(lists[0].codes[1].meaning, "end users");
  EXPECT_EQ(lists[1].kind, policy::ListSetting::Kind::allow);
  EXPECT_EQ(lists[1].of, policy::ListSetting::Of::sender);
}

TEST(ClientSettings, MistakesAreNamed) {
  const struct {
    const char* text;
    const char* words;
  } cases[] = {
      {"[[list]]\nweight = 3\n", "list[1].zone: is missing"},
      {"[[list]]\nzone = \"a.test\"\n[[list]]\nzone = \"a.test\"\n", "asked by list[1] already"},
      {"[[list]]\nzone = \"a.test\"\ncodes = \"126.0.0.2\"\n", "are no return codes"},
      {"[[list]]\nzone = \"a.test\"\ncodes = \"127.0.0\"\n", "are no return codes"},
      {"[[list]]\nzone = \"a.test\"\ncodes = \"127.0.0.9-2\"\n", "are no return codes"},
      {"[[list]]\nzone = \"a.test\"\ncodes = \"127.0.0.256\"\n", "are no return codes"},
      {"[[list]]\nzone = \"a.test\"\ncodes = \"127.0.0.2 = many\"\n", "are no return codes"},
      {"[client]\ndefer_score = 10\n", "less than client.reject_score"},
      {"[client]\nhelo_forged = \"hang\"\n", "client.helo_forged"},
      {"[greylist]\nwait = \"2d\"\n", "greylist.wait"},
  };
  for (const auto& c : cases) {
    const auto config = load_with(c.text);
    ASSERT_FALSE(config) << c.text;
    EXPECT_NE(config.error().detail.find(c.words), std::string::npos) << config.error().detail;
  }
}

}  // namespace
}  // namespace config
