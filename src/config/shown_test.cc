// Tests of shown.h: values, defaults, elements, and what is never shown.
#include "config/shown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "config/table.h"

namespace config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* file = R"(
hostname = "mail.example.org"
[server]
state_folder = "/srv/post"
[queue]
expire_after = "3d"
retry_jitter_percent = 20
[[listener]]
address = "127.0.0.1:25"
[[listener]]
address = "127.0.0.1:587"
role = "submission"
[[route]]
domain = "example.net"
host = "relay.example.net"
user = "us"
password = "hunter2-hunter2"
tls = "verified"
[rspamd]
url = "http://127.0.0.1:11333"
password = "another-word"
)";

std::map<std::string, ShownSetting> shown() {
  auto config = load(file, "stagepost.toml", "/home/post");
  EXPECT_TRUE(config) << (config ? "" : config.error().detail);
  std::map<std::string, ShownSetting> out;
  config->server.home = "/home/post";
  for (ShownSetting& one : shown_settings(*config)) out[one.name] = std::move(one);
  return out;
}

TEST(ShownSettings, ValuesAndWhetherTheyAreTheDefault) {
  auto all = shown();
  EXPECT_EQ(all["hostname"].value, "\"mail.example.org\"");
  EXPECT_TRUE(all["hostname"].changed);
  EXPECT_EQ(all["queue.expire_after"].value, "\"3d\"");
  EXPECT_EQ(all["queue.expire_after"].default_text, "\"5d\"");
  EXPECT_TRUE(all["queue.expire_after"].changed);
  EXPECT_FALSE(all["queue.retry_jitter_percent"].changed) << "set, and to the default";
  EXPECT_TRUE(all["server.state_folder"].changed);
  EXPECT_EQ(all["trace.folder"].value, "\"/srv/post/trace\"");
  EXPECT_FALSE(all["trace.folder"].changed) << "it only lies in another state folder";
  EXPECT_EQ(all["listener[1].address"].value, "\"127.0.0.1:25\"");
  EXPECT_FALSE(all["listener[1].role"].changed);
  EXPECT_EQ(all["listener[2].role"].value, "\"submission\"");
  EXPECT_TRUE(all["listener[2].role"].changed);
  EXPECT_EQ(all.count("listener[3].role"), 0U);
  EXPECT_EQ(unit_of(all["queue.expire_after"].kind), "time");
  EXPECT_EQ(unit_of(all["trace.bytes_max"].kind), "octets");
}

TEST(ShownSettings, AFileThatSetsNothingHasChangedNothing) {
  const auto config = load("hostname = \"a.example\"\n[[listener]]\naddress = \"127.0.0.1:25\"\n",
                           "stagepost.toml", "/home/post");
  ASSERT_TRUE(config);
  Config at_home = *config;
  at_home.server.home = "/home/post";
  for (const ShownSetting& one : shown_settings(at_home)) {
    const bool set = one.name == "hostname" || one.name.starts_with("listener[1].");
    EXPECT_TRUE(set || !one.changed) << one.name << " = " << one.value;
  }
}

TEST(ShownSettings, NoSecretIsShown) {
  for (const auto& [name, one] : shown()) {
    EXPECT_THAT(one.value, Not(HasSubstr("hunter2"))) << name;
    EXPECT_THAT(one.value, Not(HasSubstr("another-word"))) << name;
  }
  auto all = shown();
  EXPECT_TRUE(all["route[1].password"].secret);
  EXPECT_TRUE(all["route[1].password"].changed) << "that there is one may be known";
  EXPECT_TRUE(all["rspamd.password"].secret);
  EXPECT_EQ(all["route[1].user"].value, "\"us\"");
}

TEST(ShownSettings, EverySettingCanBeShown) {
  for (const Section& section : sections()) {
    for (const Setting& one : section.settings) {
      EXPECT_TRUE(one.show) << path_of(section, one.key);
    }
    EXPECT_EQ(section.repeated(), bool(section.size) && bool(section.keep)) << section.name;
  }
}

TEST(ShownSettings, WhatASecretIsCalled) {
  for (const char* const key : {"password", "bind_password", "secret", "api_token", "headers"}) {
    EXPECT_TRUE(is_secret(key)) << key;
  }
  for (const char* const key :
       {"password_file", "password_cache_time", "tsig_secret_file", "key"}) {
    EXPECT_FALSE(is_secret(key)) << key;
  }
}

TEST(ShownSettings, LogInsOfUrls) {
  EXPECT_EQ(without_logins("\"https://us:word@idp.example/x\""), "\"https://…@idp.example/x\"");
  EXPECT_EQ(without_logins("[\"ldap://a@b.example\", \"ldap://c.example\"]"),
            "[\"ldap://…@b.example\", \"ldap://c.example\"]");
  EXPECT_EQ(without_logins("\"http://127.0.0.1:11333/a@b\""), "\"http://127.0.0.1:11333/a@b\"");
  EXPECT_EQ(without_logins("\"://\""), "\"://\"");
}

}  // namespace
}  // namespace config
