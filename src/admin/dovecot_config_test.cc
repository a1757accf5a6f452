// Tests of admin/dovecot_config.h and toml_edit.h: structure; Dovecot itself reads it in tests/e2e.
#include "admin/dovecot_config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "admin/toml_edit.h"

namespace admin {
namespace {

using Version = DovecotPlan::Version;

DovecotPlan plan_of(Version version) {
  DovecotPlan plan;
  plan.version = version;
  plan.output_folder = "/etc/stagepost/dovecot";
  plan.run_folder = "/run/stagepost-dovecot";
  plan.state_folder = "/var/lib/stagepost/dovecot";
  plan.database_path = "/var/lib/stagepost/state/directory.db";
  plan.mail_folder = "/var/mail/stagepost";
  plan.hostname = "mail.example.org";
  plan.certificate_path = "/etc/ssl/mail.crt";
  plan.key_path = "/etc/ssl/mail.key";
  plan.socket_user = "stagepost";
  return plan;
}

std::string main_text(const DovecotPlan& plan) { return dovecot_files(plan).front().text; }

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(DovecotConfig, EveryPlaceIsFilledAndEveryBraceClosed) {
  for (const Version version : {Version::v2_3, Version::v2_4}) {
    ASSERT_TRUE(check_dovecot_plan(plan_of(version)));
    for (const TextFile& file : dovecot_files(plan_of(version))) {
      EXPECT_TRUE(file.path.starts_with('/')) << file.path;
      if (file.path.ends_with(".sieve")) continue;
      for (const char* name : {"@OUTPUT@", "@RUN@", "@HOSTNAME@", "@MAIL", "@AUTH_USER@"}) {
        EXPECT_FALSE(holds(file.text, name)) << name;
      }
      EXPECT_EQ(std::ranges::count(file.text, '{'), std::ranges::count(file.text, '}'));
    }
  }
}

TEST(DovecotConfig, SyntaxOfTheVersion) {
  const std::string old = main_text(plan_of(Version::v2_3));
  const std::string fresh = main_text(plan_of(Version::v2_4));
  EXPECT_FALSE(holds(old, "dovecot_config_version"));
  EXPECT_TRUE(fresh.starts_with("dovecot_config_version = 2.4.0\ndovecot_storage_version ="));
  EXPECT_TRUE(holds(old, "ssl_cert = </etc/ssl/mail.crt\nssl_key = </etc/ssl/mail.key\n"));
  EXPECT_TRUE(holds(fresh, "ssl_server_cert_file = /etc/ssl/mail.crt\n"));
  EXPECT_TRUE(holds(old, "auth_username_format = %Lu\n"));
  EXPECT_TRUE(holds(fresh, "auth_username_format = %{user | lower}\n"));
  EXPECT_FALSE(holds(fresh, "plugin {"));
  EXPECT_FALSE(holds(fresh, "mail_location"));
  EXPECT_TRUE(holds(fresh, "passdb sql {"));
  EXPECT_EQ(dovecot_files(plan_of(Version::v2_3)).size(), 3U);
  EXPECT_EQ(dovecot_files(plan_of(Version::v2_4)).size(), 2U);
}

TEST(DovecotConfig, SaysWhatBothVersionsMust) {
  for (const Version version : {Version::v2_3, Version::v2_4}) {
    const std::string text = main_text(plan_of(version));
    for (const char* part :
         {"ssl = required", "scram-sha-256", "special_use = \\Junk", "special_use = \\Drafts",
          "special_use = \\Sent", "special_use = \\Trash", "service quota-status",
          "executable = quota-status -p postfix", "unix_listener lmtp",
          "quota_status_overquota = 552 5.2.2", "recipient_delimiter =\n",
          "base_dir = /run/stagepost-dovecot\n", "user = stagepost\n"}) {
      EXPECT_TRUE(holds(text, part)) << part;
    }
    EXPECT_FALSE(holds(text, "/etc/dovecot"));
    EXPECT_FALSE(holds(text, "!include"));
  }
}

TEST(DovecotConfig, FollowsThePlan) {
  DovecotPlan plan = plan_of(Version::v2_3);
  EXPECT_TRUE(holds(main_text(plan), "service auth-worker {\n  user = root\n}"));
  EXPECT_FALSE(holds(main_text(plan), "chroot ="));
  EXPECT_FALSE(holds(main_text(plan), "log_path"));
  plan.database_group = "mailread";
  plan.quota_bytes = 5000;
  plan.imaps_port = 2993;
  plan.log_path = "/var/log/dovecot.log";
  plan.listen = {"127.0.0.1", "::1"};
  std::string text = main_text(plan);
  EXPECT_TRUE(holds(text, "  user = dovecot\n  group = mailread\n"));
  EXPECT_TRUE(holds(text, "quota_rule = *:bytes=5000\n"));
  EXPECT_TRUE(holds(text, "port = 2993\n"));
  EXPECT_TRUE(holds(text, "log_path = /var/log/dovecot.log\n"));
  EXPECT_TRUE(holds(text, "listen = 127.0.0.1, ::1\n"));
  plan.unprivileged = true;
  EXPECT_TRUE(holds(main_text(plan), "  chroot =\n"));
  plan.version = Version::v2_4;
  EXPECT_TRUE(holds(main_text(plan), "quota_storage_size = 5000B\n"));
}

TEST(DovecotConfig, RefusesWhatTheSyntaxCannotCarry) {
  const auto refused = [](auto change) {
    DovecotPlan plan = plan_of(Version::v2_3);
    change(plan);
    return !check_dovecot_plan(plan).has_value();
  };
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.mail_folder = "/var/my mail"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.mail_folder = "/var/it's"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.database_path = "/a\nb"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.key_path = "relative"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.output_folder.clear(); }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.mail_user = "a b"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.hostname = "a%u"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.log_path = "log"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.database_group = "a}"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.listen = {"* # all"}; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.run_folder = "/" + std::string(90, 'r'); }));
}

TEST(DovecotConfig, SaysWhatWeNeed) {
  DovecotPlan plan = plan_of(Version::v2_3);
  const auto needs = dovecot_needs(plan);
  ASSERT_EQ(needs.size(), 2U);
  EXPECT_EQ(needs[0].value, "\"unix:/run/stagepost-dovecot/lmtp\"");
  EXPECT_EQ(needs[1].section, "policy");
  EXPECT_EQ(needs[1].value, "\"unix:/run/stagepost-dovecot/quota-status\"");
  plan.lmtp = false;
  EXPECT_EQ(dovecot_needs(plan)[0].value, "\"\"");
}

TEST(TomlEdit, SetsOneKey) {
  const TomlKey lmtp{.table = "delivery", .key = "lmtp"};
  const struct {
    const char* before;
    const char* after;
  } cases[] = {
      {"", "\n[delivery]\nlmtp = 1\n"},
      {"a = 1", "a = 1\n\n[delivery]\nlmtp = 1\n"},
      {"[delivery]\nx = 2\n", "[delivery]\nlmtp = 1\nx = 2\n"},
      {"[delivery] # out\nlmtp = \"old\" # why\ny = 2\n", "[delivery] # out\nlmtp = 1\ny = 2\n"},
      {"[other]\nlmtp = 2\n[delivery]\n", "[other]\nlmtp = 2\n[delivery]\nlmtp = 1\n"},
      {"[delivery]\nlmtp = [\n  2,\n]\nz = 3\n", "[delivery]\nlmtp = 1\nz = 3\n"},
      {"[[delivery]]\nlmtp = 2\n", "[[delivery]]\nlmtp = 2\n\n[delivery]\nlmtp = 1\n"},
      {"[delivery]\n#lmtp = 2\n", "[delivery]\nlmtp = 1\n#lmtp = 2\n"},
      {"[delivery]", "[delivery]\nlmtp = 1\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(with_setting(c.before, lmtp, "1"), c.after) << c.before;
}

}  // namespace
}  // namespace admin
