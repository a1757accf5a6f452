// Tests of check.h: [[listener]], and who stands in front of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace config {
namespace {

base::Result<Config> loaded(std::string_view text) {
  return load("hostname = \"mail.example.org\"\n" + std::string(text), "stagepost.toml", "/home");
}

TEST(CheckListener, Mistakes) {
  struct Case {
    const char* text;
    const char* mistake;  // "": none
  };
  const Case cases[] = {
      {"[[listener]]\naddress = \"0.0.0.0:25\"\nproxy_protocol = [\"10.0.0.5\"]\n", ""},
      {"[[listener]]\naddress = \"0.0.0.0:25\"\nxclient = [\"10.0.0.0/24\", \"::1\"]\n", ""},
      {"[[listener]]\naddress = \"0.0.0.0:25\"\nclients = [\"10.0.0.0/24\"]\n", ""},
      {"[[listener]]\naddress = \"127.0.0.1:24\"\nprotocol = \"lmtp\"\n", ""},
      {"[[listener]]\naddress = \"0.0.0.0:24\"\nprotocol = \"lmtp\"\nclients = [\"10.0.0.5\"]\n",
       ""},
      {"[[listener]]\naddress = \"unix:/run/x/lmtp\"\nprotocol = \"lmtp\"\nsocket_mode = "
       "\"0666\"\n",
       ""},
      {"[[listener]]\naddress = \"0.0.0.0:25\"\nproxy_protocol = [\"0.0.0.0/0\"]\n",
       "name the proxies alone"},
      {"[[listener]]\naddress = \"0.0.0.0:25\"\nxclient = [\"::/0\"]\n", "listener[1].xclient"},
      {"[[listener]]\naddress = \"0.0.0.0:25\"\nproxy_protocol = [\"proxy.example\"]\n",
       "proxy.example"},
      {"[[listener]]\naddress = \"unix:/run/x/smtp\"\n", "needs protocol = \"lmtp\""},
      {"[[listener]]\naddress = \"unix:run/lmtp\"\nprotocol = \"lmtp\"\n", "absolute path"},
      {"[[listener]]\naddress = \"unix:/run/x/lmtp\"\nprotocol = \"lmtp\"\nxclient = [\"::1\"]\n",
       "socket_mode"},
      {"[[listener]]\naddress = \"unix:/run/x/lmtp\"\nprotocol = \"lmtp\"\ntls = \"implicit\"\n",
       "implicit"},
      {"[[listener]]\naddress = \"127.0.0.1:24\"\nprotocol = \"lmtp\"\nrole = \"submission\"\n",
       "nobody logs in"},
      {"[[listener]]\naddress = \"127.0.0.1:25\"\nprotocol = \"lmtp\"\n", "RFC 2033"},
      {"[[listener]]\naddress = \"0.0.0.0:24\"\nprotocol = \"lmtp\"\n", "unchecked from everybody"},
      {"[[listener]]\naddress = \"unix:/run/x/l\"\nprotocol = \"lmtp\"\n"
       "[[listener]]\naddress = \"unix:/run/x/l\"\nprotocol = \"lmtp\"\n",
       "is taken by listener[1]"},
  };
  for (const Case& test : cases) {
    const auto config = loaded(test.text);
    const std::string found = config ? "" : config.error().detail;
    if (*test.mistake == '\0') {
      EXPECT_EQ(found, "") << test.text;
    } else {
      EXPECT_THAT(found, testing::HasSubstr(test.mistake)) << test.text;
    }
  }
}

TEST(CheckListener, AUnixSocketIsAnAddress) {
  const auto config = loaded("[[listener]]\naddress = \"unix:/run/x/lmtp\"\nprotocol = \"lmtp\"\n");
  ASSERT_TRUE(config);
  const session::ListenerSetting& listener = config->session.listeners.front();
  EXPECT_EQ(listener.socket_path, "/run/x/lmtp");
  EXPECT_EQ(listener.name, "unix:/run/x/lmtp");
  EXPECT_EQ(listener.protocol, session::Protocol::lmtp);
}

}  // namespace
}  // namespace config
