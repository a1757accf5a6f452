// Tests of load(): values, paths, and every kind of mistake with its line and remedy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

constexpr std::string_view least =
    "hostname = \"mail.example.org\"\n[[listener]]\naddress = \"127.0.0.1:25\"\n";

Config good(std::string_view text) {
  auto config = load(text, "stagepost.toml", "/home/post");
  EXPECT_TRUE(config) << (config ? "" : config.error().detail);
  return config ? std::move(*config) : Config{};
}

std::string mistakes(std::string_view text) {
  auto config = load(text, "stagepost.toml", "/home/post");
  EXPECT_FALSE(config);
  return config ? std::string() : config.error().detail;
}

TEST(Load, LeastFileHasDefaults) {
  const Config config = good(least);
  EXPECT_EQ(config.session.hostname, "mail.example.org");
  EXPECT_EQ(config.policy.hostname, "mail.example.org");
  EXPECT_EQ(config.delivery.hostname, "mail.example.org");
  EXPECT_EQ(config.report.hostname, "mail.example.org");
  ASSERT_EQ(config.session.listeners.size(), 1U);
  EXPECT_EQ(config.session.listeners[0].at.text(), "127.0.0.1:25");
  EXPECT_EQ(config.session.listeners[0].name, "127.0.0.1:25");
  EXPECT_EQ(config.session.listeners[0].role, session::Role::mx);
  EXPECT_EQ(config.session.message_bytes_max, session::Settings{}.message_bytes_max);
  EXPECT_EQ(config.queue.retry_after, queue::Settings{}.retry_after);
  EXPECT_TRUE(config.delivery.routes.empty());
  EXPECT_EQ(config.server.state_folder, "/home/post/state");
  EXPECT_EQ(config.delivery.mail_folder, "/home/post/mail");
  EXPECT_EQ(config.queue.journal_folder, "/home/post/state/journal");
  EXPECT_EQ(config.directory.database_path, "/home/post/state/directory.db");
  EXPECT_EQ(config.trace.folder, "/home/post/state/trace");
  EXPECT_EQ(config.admin.socket_path, "/home/post/state/control.sock");
  EXPECT_EQ(config.trace.log_path, "");
  EXPECT_EQ(config.session.certificate_path, "");
}

constexpr std::string_view everything = R"(
hostname = "MAIL.example.org"
[server]
state_folder = "data"
loops = 4
[[listener]]
name = "in"
address = "[::]:25"
[[listener]]
address = "0.0.0.0:465"
role = "submission"
tls = "implicit"
[tls]
certificate = "/etc/ssl/mail.pem"
key = "keys/mail.key"
[limits]
message_bytes_max = "10MB"
command_timeout = "2m"
[policy]
relay_networks = ["192.0.2.0/24", "2001:db8::1"]
[queue]
journal_folder = "/fast/journal"
retry_after = ["30s", "1h30m"]
expire_after = "2d"
[delivery]
relay_host = "relay.example.net:587"
maildir_file_mode = "0640"
source_ipv6 = "2001:db8::2"
ipv6 = false
[[route]]
domain = ".example.com"
host = "192.0.2.9"
tls = "verified"
user = "me"
password = "secret"
[dns]
servers = "127.0.0.1:5353"
from_system = false
[log]
format = "json"
path = "log/mail.log"
level = "debug"
[http]
addresses = ["127.0.0.1:8025", "[::1]:8025"]
)";

TEST(Load, EveryKindOfValue) {
  const Config config = good(everything);
  EXPECT_EQ(config.session.hostname, "mail.example.org");
  EXPECT_EQ(config.server.loops, 4U);
  ASSERT_EQ(config.session.listeners.size(), 2U);
  EXPECT_EQ(config.session.listeners[0].name, "in");
  EXPECT_EQ(config.session.listeners[1].role, session::Role::submission);
  EXPECT_EQ(config.session.listeners[1].tls, session::Tls::implicit);
  EXPECT_EQ(config.session.certificate_path, "/etc/ssl/mail.pem");
  EXPECT_EQ(config.session.key_path, "/home/post/keys/mail.key");
  EXPECT_EQ(config.session.message_bytes_max, 10'000'000U);
  EXPECT_EQ(config.session.command_timeout, minutes(2));
  ASSERT_EQ(config.policy.relay_networks.size(), 2U);
  EXPECT_EQ(config.policy.relay_networks[0].text(), "192.0.2.0/24");
  EXPECT_EQ(config.queue.journal_folder, "/fast/journal");
  EXPECT_EQ(config.queue.retry_after,
            (std::vector<base::Duration>{std::chrono::seconds(30), minutes(90)}));
  EXPECT_EQ(config.queue.expire_after, hours(48));
  EXPECT_EQ(config.directory.database_path, "/home/post/data/directory.db");
  EXPECT_EQ(config.delivery.maildir_file_mode, 0640U);
  EXPECT_EQ(config.delivery.source_ipv6->text(), "2001:db8::2");
  EXPECT_FALSE(config.delivery.ipv6);
  ASSERT_EQ(config.delivery.routes.size(), 2U);
  EXPECT_EQ(config.delivery.routes[0].domain, ".example.com");
  EXPECT_EQ(config.delivery.routes[0].host, "[192.0.2.9]");
  EXPECT_EQ(config.delivery.routes[0].tls, delivery::TlsDemand::verified);
  EXPECT_EQ(config.delivery.routes[1].domain, "*");
  EXPECT_EQ(config.delivery.routes[1].host, "relay.example.net");
  EXPECT_EQ(config.delivery.routes[1].port, 587);
  EXPECT_EQ(config.server.dns_servers, std::vector<std::string>{"127.0.0.1:5353"});
  EXPECT_FALSE(config.server.dns_from_system);
  EXPECT_EQ(config.trace.log_format, trace::LogFormat::json);
  EXPECT_EQ(config.trace.log_path, "/home/post/log/mail.log");
  EXPECT_EQ(config.trace.log_level, "debug");
  EXPECT_EQ(config.admin.http.size(), 2U);
}

TEST(Load, RelayHosts) {
  struct Case {
    std::string_view written;
    std::string_view host;
    std::uint16_t port;
  };
  for (const auto& [written, host, port] :
       {Case{"relay.example.org", "relay.example.org", 25},
        Case{"relay.example.org:2525", "relay.example.org", 2525},
        Case{"127.0.0.1:2526", "[127.0.0.1]", 2526}, Case{"[192.0.2.1]:26", "[192.0.2.1]", 26},
        Case{"[2001:db8::1]:26", "[2001:db8::1]", 26}, Case{"2001:db8::1", "[2001:db8::1]", 25}}) {
    const Config config = good(fmt::format("{}[delivery]\nrelay_host = \"{}\"\n", least, written));
    ASSERT_EQ(config.delivery.routes.size(), 1U) << written;
    EXPECT_EQ(config.delivery.routes[0].host, host);
    EXPECT_EQ(config.delivery.routes[0].port, port);
  }
  EXPECT_TRUE(
      good(fmt::format("{}[delivery]\nrelay_host = \"\"\n", least)).delivery.routes.empty());
}

struct Mistake {
  std::string_view text;  // after `least`, so its first line is line 4
  std::string_view message;
};

constexpr Mistake values[] = {
    {"[queue]\nretry_aftr = [\"1m\"]",
     "stagepost.toml:5: queue.retry_aftr: there is no such setting; did you mean "
     "queue.retry_after?"},
    {"[queue]\nrelay_host = \"a\"",
     "stagepost.toml:5: queue.relay_host: there is no such setting; did you mean "
     "delivery.relay_host?"},
    {"[queue]\nxyzzy = 1",
     "stagepost.toml:5: queue.xyzzy: there is no such setting; remove it, or see "
     "docs/settings.md"},
    {"[qeue]\nexpire_after = \"1d\"",
     "stagepost.toml:4: qeue: there is no such section; did you mean [queue]?"},
    {"[listener]\naddress = \"x\"", "stagepost.toml:4:"},
    {"[queue]\nexpire_after = 5",
     "stagepost.toml:5: queue.expire_after: is a whole number; write a duration with its unit, "
     "such "
     "as \"30s\", \"5m\" or \"4h\""},
    {"[queue]\nexpire_after = \"5 days\"",
     "stagepost.toml:5: queue.expire_after: \"5 days\" is not a duration; write a number with "
     "its "
     "unit, such as 30s, 5m, 4h, 5d or 1h30m"},
    {"[queue]\nexpire_after = \"1s\"",
     "stagepost.toml:5: queue.expire_after: 1s is out of range; write 1m to 30d"},
    {"[queue]\nretry_after = []",
     "stagepost.toml:5: queue.retry_after: has 0 items; write 1 to 1000 of them"},
    {"[limits]\nrecipients_max = 5",
     "stagepost.toml:5: limits.recipients_max: 5 is out of range; write 100 to 100000"},
    {"[limits]\nrecipients_max = -5", "limits.recipients_max: -5 is out of range"},
    {"[limits]\nrecipients_max = \"many\"",
     "limits.recipients_max: is a text in quotes; write a whole number"},
    {"[limits]\nmessage_bytes_max = \"50\"",
     "limits.message_bytes_max: \"50\" is not a size; write a number with its unit"},
    {"[limits]\nmessage_bytes_max = true",
     "limits.message_bytes_max: is true or false; write a size such as \"50MB\" or \"64MiB\""},
    {"[policy]\nrelay_networks = [\"everybody\"]",
     "policy.relay_networks: \"everybody\" is not an IP network; write it as in "
     "\"192.0.2.0/24\""},
    {"[delivery]\nmx_tls = \"always\"",
     "delivery.mx_tls: \"always\" is none of its words; write one of \"none\", "
     "\"opportunistic\", "
     "\"required\", \"verified\""},
    {"[delivery]\nrelay_host = \"a b\"", "delivery.relay_host: \"a b\" is neither a host name nor"},
    {"[delivery]\nrelay_host = \"a.example:99999\"",
     "delivery.relay_host: \"a.example:99999\" has no"},
    {"[delivery]\nmaildir_file_mode = \"0777\"",
     "delivery.maildir_file_mode: \"0777\" is not a mode"},
    {"[delivery]\nsource_ipv4 = \"::1\"", "delivery.source_ipv4: \"::1\" is not an IPv4 address"},
};

constexpr Mistake contexts[] = {
    {"[dns]\nservers = [\"dns.example.org\"]",
     "dns.servers: \"dns.example.org\" is not an IP address"},
    {"[log]\npath = \"a\\u0000b\"", "log.path: contains a control character; remove it"},
    {"[http]\naddresses = [\"8025\"]", "http.addresses: \"8025\" is not an address with a port"},
    {"[api]\naddresses = [\"0.0.0.0:8026\"]",
     "stagepost.toml:5: api.addresses: 0.0.0.0:8026 is not of this host alone"},
    {"[[listener]]\nname = \"x\"",
     "stagepost.toml:4: listener[2].address: is missing; write where to listen"},
    {"[[listener]]\naddress = \"127.0.0.1:25\"",
     "stagepost.toml:5: listener[2].address: 127.0.0.1:25 is taken by listener[1]; give each its "
     "own"},
    {"[[listener]]\naddress = \"127.0.0.1:26\"\nrole = \"mta\"",
     "stagepost.toml:6: listener[2].role: \"mta\" is none of its words"},
    {"[tls]\nkey = \"a\"", "stagepost.toml:5: tls.key: is set without tls.certificate; set both"},
    {"[[route]]\nhost = \"a.example\"", "stagepost.toml:4: route[1].domain: is missing"},
    {"[[route]]\ndomain = \"*\"\nhost = \"a.example\"\nuser = \"u\"\npassword = \"p\"",
     "stagepost.toml:7: route[1].user: would be sent without encryption; add tls = \"verified\""},
    {"[[route]]\ndomain = \"*\"\nhost = \"a.example\"\ntls = \"verified\"\nuser = \"u\"",
     "stagepost.toml:8: route[1].user: user and password belong together"},
    {"[[route]]\ndomain = \"*\"\nsenders = [\"an\"]",
     "stagepost.toml:6: route[1].senders: \"an\" is no sender; write \"an@example.org\""},
    {"[[route]]\ndomain = \"*\"\nsenders = [\"a b@x.example\"]",
     "stagepost.toml:6: route[1].senders: \"a b@x.example\" is no sender"},
    {"[[route]]\ndomain = \".b.example\"\n[[route]]\ndomain = \"a.b.example\"\nsenders = [\"<>\"]",
     "stagepost.toml:8: route[2].senders: nothing comes here: route[1] takes this mail of all"},
    {"[[alias_file]]\ndomains = [\"a.example\"]",
     "stagepost.toml:4: alias_file[1].path: is missing; write where it is"},
    {"[[alias_file]]\npath = \"aliases\"",
     "stagepost.toml:5: alias_file[1].path: is not an absolute path; write it like"},
    {"[forwarding]\nrewrite_sender = \"yes\"",
     "stagepost.toml:5: forwarding.rewrite_sender: \"yes\" is none of its words"},
    {"[[route]]\ndomain = \"*\"\nhost = \"a.example\"\npassword_file = \"/p\"",
     "stagepost.toml:7: route[1].password_file: user and password belong together"},
    {"[[route]]\ndomain = \"*\"\nhost = \"a.example\"\ntls = \"verified\"\nuser = \"u\"\n"
     "password = \"p\"\npassword_file = \"/p\"",
     "stagepost.toml:10: route[1].password_file: there is a password already"},
    {"[[queue]]\nexpire_after = \"1d\"",
     "stagepost.toml:4: queue: is not a section; write [queue] on a line of its own, once"},
    {"[trace]\nbytes_max = \"2MiB\"", "stagepost.toml:5: trace.bytes_max: is less than"},
    {"[queue\n", "stagepost.toml:4: this is not TOML:"},
    {"[log]\n# f\u00fcr \"\"\"\n\u00fc = 1", "stagepost.toml:6: this is not TOML: there is a char"},
    {"[log]\npath = \"\\\"\u00fc\" \u00fc", "stagepost.toml:5: this is not TOML: there is a char"},
    {"[log]\npath = '\u00fc\\'\nlevel = 1", "stagepost.toml:6: log.level: is a whole number"},
    {"[log]\npath = \"\"\"a\"\"\"", "stagepost.toml:5: this is not TOML: a text goes over several"},
    {"[log]\nlevel = a\"b\"", "stagepost.toml:5: this is not TOML: a quote stands in the middle"},
    {"[[# no name]]\n", "stagepost.toml:4: this is not TOML:"},
    {"[queue]\n\"a\\nb\" = 1", "queue.a\\nb: there is no such setting"},
};

void expect_messages(std::span<const Mistake> cases) {
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(mistakes(fmt::format("{}{}\n", least, text)), HasSubstr(message)) << text;
  }
}

TEST(Load, MistakesInValues) { expect_messages(values); }
TEST(Load, MistakesInTheirContext) { expect_messages(contexts); }

TEST(Load, WhatIsMissingHasARemedy) {
  const std::string both = mistakes("");
  EXPECT_THAT(both,
              HasSubstr("stagepost.toml: hostname: is missing; set it to this server's full name"));
  EXPECT_THAT(both,
              HasSubstr("stagepost.toml: listener: is missing, so nobody could connect; add"));
  EXPECT_THAT(
      mistakes("hostname = \"-\"\n[listener]\naddress = \"0.0.0.0:25\"\n"),
      HasSubstr("stagepost.toml:2: listener: there may be several of these; write [[listener]]"));
  EXPECT_THAT(
      mistakes("hostname = \"192.0.2.1\""),
      HasSubstr("stagepost.toml:1: hostname: \"192.0.2.1\" is not a host name; write the full"));
}

TEST(Load, AllMistakesAtOnceInTheOrderOfTheFile) {
  const std::string text = mistakes(
      "[log]\nlevel = \"loud\"\n[queue]\nexpire_after = 1\n[[listener]]\naddress = \"25\"\n");
  const auto log = text.find(":2: log.level");
  const auto queue = text.find(":4: queue.expire_after");
  const auto listener = text.find(":6: listener[1].address");
  const auto hostname = text.find("hostname: is missing");
  EXPECT_LT(log, queue);
  EXPECT_LT(queue, listener);
  EXPECT_LT(listener, hostname);
  EXPECT_NE(hostname, std::string::npos);
}

TEST(Load, ManyMistakesAreCounted) {
  std::string text(least);
  text += "[queue]\n";
  for (int i = 0; i < 60; ++i) text += fmt::format("wrong{} = 1\n", i);
  EXPECT_THAT(mistakes(text), HasSubstr("stagepost.toml: and 10 more"));
}

TEST(Load, ANewerFormatIsRefusedBeforeItsMistakesAreCounted) {
  EXPECT_EQ(good(std::string("format = 1\n") + std::string(least)).session.hostname,
            "mail.example.org");
  const auto newer = load("format = 2\nno_such_setting = 1\n", "stagepost.toml", "/home");
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, base::ErrorKind::unsupported);
  EXPECT_THAT(newer.error().detail,
              HasSubstr("stagepost.toml:1: the configuration has format 2, this program knows 1"));
  EXPECT_THAT(newer.error().detail, testing::Not(HasSubstr("no_such_setting")));
}

TEST(Load, TooLargeIsRefused) {
  EXPECT_THAT(mistakes(std::string(file_bytes_max + 1, '#')), HasSubstr("is it the right file?"));
}

}  // namespace
}  // namespace config
