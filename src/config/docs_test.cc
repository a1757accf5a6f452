// Tests of the table, its documentation and the example configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/config.h"
#include "config/suggest.h"
#include "config/table.h"

namespace config {
namespace {

using testing::HasSubstr;

TEST(Table, EverySettingIsWhole) {
  std::set<std::string> paths;
  for (const Section& section : sections()) {
    EXPECT_TRUE(section.text.ends_with('.')) << section.name;
    for (const Setting& one : section.settings) {
      const std::string path = path_of(section, one.key);
      EXPECT_TRUE(paths.insert(path).second) << path;
      EXPECT_FALSE(one.kind.empty()) << path;
      EXPECT_TRUE(one.text.ends_with('.')) << path;
      EXPECT_TRUE(one.set) << path;
    }
  }
  EXPECT_TRUE(paths.contains("queue.retry_after"));
  EXPECT_TRUE(paths.contains("listener[].address"));
  EXPECT_TRUE(paths.contains("hostname"));
}

// What the docs call the default can be written, and changes nothing.
TEST(Table, DefaultsCanBeWritten) {
  for (const Section& section : sections()) {
    if (section.name.empty() || section.repeated()) continue;
    for (const Setting& one : section.settings) {
      // Half of a certificate is a mistake of its own.
      if (section.name == "tls") continue;
      const std::string text = fmt::format(
          "hostname = \"a.example\"\n[[listener]]\naddress = \"127.0.0.1:25\"\n[{}]\n{} = {}\n",
          section.name, one.key, one.default_text);
      const auto config = load(text, "default.toml", "/home");
      EXPECT_TRUE(config) << text << (config ? "" : config.error().detail);
    }
  }
}

TEST(Docs, NameEverySettingWithItsDefault) {
  const std::string text = settings_markdown();
  for (const Section& section : sections()) {
    for (const Setting& one : section.settings) {
      EXPECT_THAT(text, HasSubstr(fmt::format("| `{}` |", one.key)));
    }
  }
  EXPECT_THAT(text, HasSubstr("## `[[listener]]`"));
  EXPECT_THAT(text, HasSubstr("`\"5d\"`"));
  EXPECT_THAT(text, HasSubstr("`\"STATE/journal\"`"));
}

TEST(Example, DemoLoads) {
  const auto config =
      load(example_config({.hostname = "demo.test", .smtp_port = 4025}), "stagepost.toml", "/home");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->session.hostname, "demo.test");
  ASSERT_EQ(config->session.listeners.size(), 3U);
  EXPECT_EQ(config->session.listeners[0].name, "smtp");
  EXPECT_EQ(config->session.listeners[0].at.text(), "127.0.0.1:4025");
  EXPECT_EQ(config->session.listeners[1].at.text(), "127.0.0.1:2587");
  EXPECT_EQ(config->session.listeners[2].at.text(), "127.0.0.1:2465");
  EXPECT_EQ(config->session.listeners[2].tls, session::Tls::implicit);
  EXPECT_EQ(config->admin.http.at(0).text(), "127.0.0.1:8025");
  EXPECT_EQ(config->admin.api.http.at(0).text(), "127.0.0.1:8026");
  EXPECT_TRUE(config->admin.api.web);
  EXPECT_EQ(config->session.certificate_path, "");
}

TEST(Example, ProductionLoads) {
  const auto config = load(example_config({.hostname = "mail.example.org",
                                           .demo = false,
                                           .certificate_path = "/etc/ssl/a \"b\".pem",
                                           .key_path = "/etc/ssl/a.key"}),
                           "stagepost.toml", "/home");
  ASSERT_TRUE(config) << config.error().detail;
  ASSERT_EQ(config->session.listeners.size(), 6U);
  EXPECT_EQ(config->session.listeners[0].at.text(), "0.0.0.0:25");
  EXPECT_EQ(config->session.listeners[1].at.text(), "[::]:25");
  EXPECT_EQ(config->session.certificate_path, "/etc/ssl/a \"b\".pem");
}

TEST(Suggest, Distance) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", "acb"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Suggest, Nearest) {
  const std::vector<std::string> names = {"queue.expire_after", "delivery.relay_host", "hostname"};
  EXPECT_EQ(nearest("queue.expireafter", names), "queue.expire_after");
  EXPECT_EQ(nearest("hostnmae", names), "hostname");
  EXPECT_EQ(nearest("relay_host", names), "delivery.relay_host");
  EXPECT_EQ(nearest("zzz", names), "");
  EXPECT_EQ(nearest(std::string(1'000, 'a'), names), "");
}

}  // namespace
}  // namespace config
