// Tests of move.h: pieces of main.cf and master.cf, and what becomes of them.
#include "import/postfix/move.h"

#include "directory/names.h"
#include "import/postfix/fixture_test.h"

namespace postfix {
namespace {

struct Case {
  std::string_view main;
  std::string_view what;
  std::string_view note;  // how the note begins
  std::string_view line;  // of stagepost.toml; empty: not looked for
};

constexpr auto cases = std::to_array<Case>({
    {"myhostname = MX.Example.ORG\n", "myhostname", "taken: as hostname",
     "hostname = \"MX.Example.ORG\""},
    {"myhostname = no name\n", "myhostname", "by_hand: hostname", "hostname = \"mail.invalid\""},
    {"message_size_limit = 20480000\n", "message_size_limit", "taken: as limits.message_bytes_max",
     "message_bytes_max = 20480000"},
    {"message_size_limit = 0\n", "message_size_limit", "taken:", "message_bytes_max = \"1TiB\""},
    {"message_size_limit = many\n", "message_size_limit", "by_hand: is no number", ""},
    {"message_size_limit = 5\n", "message_size_limit", "by_hand: limits.message_bytes_max", ""},
    {"maximal_queue_lifetime = 5\n", "maximal_queue_lifetime", "same: queue.expire_after", ""},
    {"maximal_queue_lifetime = 36h\n", "maximal_queue_lifetime",
     "taken:", "expire_after = \"1d12h\""},
    {"maximal_queue_lifetime = 100d\n", "maximal_queue_lifetime", "by_hand: queue.expire_after",
     ""},
    {"minimal_backoff_time = 10m\nmaximal_backoff_time = 1h\n", "minimal_backoff_time",
     "taken:", "retry_after = [\"10m\", \"20m\", \"40m\", \"1h\"]"},
    {"mynetworks = 10.0.0.0/8, [::1]/128 [::ffff:127.0.0.0]/104 127.0.0.0/8\n", "mynetworks",
     "taken:", "relay_networks = [\"10.0.0.0/8\", \"::1/128\", \"127.0.0.0/8\"]"},
    {"mynetworks = 0.0.0.0/0\n", "mynetworks: 0.0.0.0/0", "by_hand: would let the whole world", ""},
    {"mynetworks = !10.1.1.1\n", "mynetworks: !10.1.1.1", "by_hand: exceptions", ""},
    {"mynetworks_style = subnet\n", "mynetworks_style",
     "by_hand:", "relay_networks = [\"127.0.0.0/8\", \"::1/128\"]"},
    {"mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = permit_sasl_authenticated, reject\n",
     "mynetworks", "different: no restriction", ""},
    {"relayhost = [smtp.isp.example]:2525\n", "relayhost", "taken: as [[route]] domain = \"*\"",
     "host = \"smtp.isp.example\""},
    {"relayhost = isp.example\n", "relayhost",
     "taken: as [[route]] domain = \"*\", host = \"isp.example\", port = 25, tls = "
     "\"opportunistic\"; isp.example itself",
     ""},
    {"relayhost = [isp.example]:nowhere\n", "relayhost", "by_hand:", ""},
    {"relayhost =\n", "relayhost", "same:", ""},
    {"smtp_tls_security_level = encrypt\n", "smtp_tls_security_level",
     "taken:", "mx_tls = \"required\""},
    {"smtp_tls_security_level = may\n", "smtp_tls_security_level", "same:", ""},
    {"smtp_tls_security_level = dane\n", "smtp_tls_security_level", "same: delivery.mx_tls", ""},
    {"smtp_use_tls = yes\n", "smtp_use_tls", "same:", ""},
    {"smtpd_tls_cert_file = /a.pem\n", "smtpd_tls_cert_file", "by_hand: not usable", ""},
    {"smtpd_tls_cert_file = /etc/ssl/certs/ssl-cert-snakeoil.pem\n", "smtpd_tls_cert_file",
     "same: a certificate that nobody knows", ""},
    {"smtpd_recipient_restrictions = reject_rbl_client bl.example\n",
     "smtpd_recipient_restrictions: reject_rbl_client bl.example", "taken: as [[list]]",
     "zone = \"bl.example\""},
    {"smtpd_recipient_restrictions = reject_rbl_client bl.example=127.0.0.[2;4]\n",
     "smtpd_recipient_restrictions: reject_rbl_client bl.example=127.0.0.[2;4]",
     "taken:", "codes = [\"127.0.0.2 = 10\", \"127.0.0.4 = 10\"]"},
    {"smtpd_sender_restrictions = reject_rhsbl_sender dbl.example\n",
     "smtpd_sender_restrictions: reject_rhsbl_sender dbl.example", "taken:", "of = \"sender\""},
    {"smtpd_recipient_restrictions = permit_dnswl_client wl.example\n",
     "smtpd_recipient_restrictions: permit_dnswl_client wl.example", "taken:", "kind = \"allow\""},
    {"smtpd_recipient_restrictions = reject_rbl_client not_a..zone\n",
     "smtpd_recipient_restrictions: reject_rbl_client not_a..zone", "by_hand:", ""},
    {"smtpd_client_restrictions = reject_unknown_client_hostname\n",
     "smtpd_client_restrictions: reject_unknown_client_hostname",
     "taken:", "iprev_missing = \"defer\""},
    {"smtpd_helo_restrictions = reject_non_fqdn_helo_hostname\n",
     "smtpd_helo_restrictions: reject_non_fqdn_helo_hostname",
     "taken:", "helo_invalid = \"reject\""},
    {"smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:10023\n",
     "smtpd_recipient_restrictions: check_policy_service inet:127.0.0.1:10023",
     "taken: as greylist.on", "on = true"},
    {"smtpd_recipient_restrictions = check_policy_service { inet:host:9, timeout=10s }\n",
     "smtpd_recipient_restrictions: check_policy_service { inet:host:9, timeout=10s }",
     "by_hand:", ""},
    {"smtpd_recipient_restrictions = check_sender_access hash:/etc/postfix/x, reject\n",
     "smtpd_recipient_restrictions: check_sender_access hash:/etc/postfix/x", "by_hand:", ""},
    {"smtpd_recipient_restrictions = mine\nsmtpd_restriction_classes = mine\nmine = permit\n",
     "smtpd_recipient_restrictions: mine", "by_hand: a class of your own", ""},
    {"smtpd_milters = inet:localhost:8891\n", "smtpd_milters",
     "taken:", "address = \"127.0.0.1:8891\""},
    {"smtpd_milters = unix:milter/x\nmilter_default_action = accept\n", "milter_default_action",
     "taken:", "address = \"unix:/var/spool/postfix/milter/x\""},
    {"smtpd_milters = { unix:/run/x, default_action=accept, command_timeout=90 }\n",
     "smtpd_milters", "taken:", "command_timeout = \"1m30s\""},
    {"smtpd_milters = what\n", "smtpd_milters",
     "taken:", "address = \"unix:/var/spool/postfix/what\""},
    {"header_checks = pcre:/etc/postfix/h\n", "header_checks", "by_hand: mail is not searched", ""},
    {"home_mailbox = Maildir/\n", "home_mailbox", "by_hand: mailboxes are DOMAIN/LOCAL/", ""},
    {"virtual_transport = lmtp:inet:127.0.0.1:24\n", "virtual_transport",
     "taken:", "lmtp = \"127.0.0.1:24\""},
    {"mailbox_transport = lmtp:unix:private/dovecot-lmtp\n", "mailbox_transport",
     "taken:", "lmtp = \"unix:/var/spool/postfix/private/dovecot-lmtp\""},
    {"virtual_transport = dovecot\n", "virtual_transport", "by_hand:", ""},
    {"relay_domains = a.example\n", "relay_domains", "taken: as [[backup]] domain = \"a.example\"",
     "domain = \"a.example\""},
    {"relay_domains = $mydestination\n", "relay_domains", "same: only mail for our own", ""},
    {"inet_protocols = ipv4\n", "inet_protocols", "taken:", "ipv6 = false"},
    {"postscreen_greet_action = enforce\n", "postscreen_greet_action",
     "different: strangers are looked at", ""},
    {"recipient_delimiter = -\n", "recipient_delimiter", "by_hand:", ""},
    {"soft_bounce = no\n", "soft_bounce", "same: is off", ""},
    {"soft_bounce = yes\n", "soft_bounce", "by_hand:", ""},
    {"smtpd_sasl_auth_enable = yes\n", "smtpd_sasl_auth_enable",
     "by_hand: people log in on port 25", ""},
    {"nonsense = 1\n", "nonsense", "by_hand: no setting that is known", ""},
    {"own = may\nsmtp_tls_security_level = $own\n", "own", "taken: wherever", ""},
    {"biff = no\nbiff = yes\n", "biff", "same:", ""},
});

TEST(Move, SettingsAndWhatBecomesOfThem) {
  for (const Case& one : cases) {
    const Plan plan = plan_of(std::string(one.main));
    EXPECT_TRUE(notes_about(plan, one.what).starts_with(one.note))
        << one.main << "→ " << notes_about(plan, one.what);
    if (!one.line.empty()) {
      EXPECT_TRUE(has_line(plan, one.line)) << one.main << plan.config;
    }
  }
}

TEST(Move, ServicesBecomeListeners) {
  Texts texts;
  const Plan plan = plan_of(texts, "inet_interfaces = 192.0.2.1, [2001:db8::1]\n",
                            "smtp inet n - y - - smtpd\n"
                            "submission inet n - y - - smtpd -o syslog_name=postfix/submission\n"
                            "465 inet n - y - - smtpd -o smtpd_tls_wrappermode=yes\n"
                            "127.0.0.1:10025 inet n - y - - smtpd -o content_filter=\n"
                            "[::1]:2525 inet n - y - - smtpd -o smtpd_tls_security_level=none\n"
                            "tinyd inet n - n - - spawn\n"
                            "mystery inet n - n - - smtpd\n"
                            "smtp unix - - y - - smtp\n");
  const auto config = config::load(plan.config, "t", "/home");
  ASSERT_TRUE(config);
  std::string seen;
  for (const auto& one : config->session.listeners) {
    seen += fmt::format("{} {} {} {}\n", one.name, one.at.text(), static_cast<int>(one.role),
                        static_cast<int>(one.tls));
  }
  EXPECT_EQ(config->session.listeners.size(), 7U) << seen;
  EXPECT_TRUE(has_line(plan, "address = \"[2001:db8::1]:587\"")) << plan.config;
  EXPECT_TRUE(has_line(plan, "address = \"[::1]:2525\"")) << plan.config;
  EXPECT_TRUE(has_line(plan, "tls = \"implicit\"")) << plan.config;
  EXPECT_TRUE(has_line(plan, "tls = \"none\"")) << plan.config;
  EXPECT_TRUE(notes_about(plan, "mystery inet smtpd").starts_with("by_hand:"));
  EXPECT_TRUE(notes_about(plan, "127.0.0.1:10025 inet smtpd").starts_with("different:"));
  EXPECT_TRUE(notes_about(plan, "smtp unix smtp").starts_with("same:"));
}

TEST(Move, ARelayHostThatLogsInHasTls) {
  Texts texts;
  texts.files["/etc/postfix/sasl"] = "isp.example me:pass\"word\n";
  const Plan plan = plan_of(
      texts,
      "relayhost = [isp.example]\nsmtp_sasl_auth_enable = yes\nsmtp_tls_security_level = may\n"
      "smtp_sasl_password_maps = hash:/etc/postfix/sasl\n");
  EXPECT_TRUE(plan.is_secret);
  EXPECT_TRUE(has_line(plan, "tls = \"required\"")) << plan.config;
  EXPECT_TRUE(has_line(plan, "password = \"pass\\\"word\"")) << plan.config;
  // Postfix shows it to a host whose certificate it does not verify; mail must go on.
  EXPECT_TRUE(has_line(plan, "plain_auth = \"encrypted\"")) << plan.config;
  for (const Note& note : plan.notes) {
    EXPECT_EQ(note.words.find("pass\""), std::string::npos) << note.words;
  }
}

TEST(Move, SendersHaveRelayHostsAndLogInsOfTheirOwn) {
  Texts texts;
  texts.files["/r"] =
      "@shop.example [smtp.shop.example]:587\nbo@shop.example DUNNO\nwho [x.example]\n"
      "<> [reports.example]:465\nbad@x.example [no:port\n";
  texts.files["/p"] =
      "an@shop.example an:one\n@shop.example shop:two\n[isp.example]:587 us:three\n"
      "cy@far.example cy:four\n[unused.example] x:y\n";
  texts.files["/t"] = "first.example smtp:[in.example]\n";
  texts.files["/l"] = "[smtp.shop.example]:587 secure\n[isp.example]:587 encrypt\n";
  const Plan plan = plan_of(
      texts,
      "relayhost = [isp.example]:587\nsmtp_sasl_auth_enable = yes\ntransport_maps = hash:/t\n"
      "sender_dependent_relayhost_maps = hash:/r\nsmtp_sender_dependent_authentication = yes\n"
      "smtp_sasl_password_maps = hash:/p\nsmtp_tls_policy_maps = hash:/l\n");
  const auto config = config::load(plan.config, "t", "/home");
  ASSERT_TRUE(config);
  std::string seen;
  for (const auto& route : config->delivery.routes) {
    seen += fmt::format("{} [{}] {}:{} {}/{} {}\n", route.domain, fmt::join(route.senders, " "),
                        route.host, route.port, route.user, route.password,
                        static_cast<int>(route.tls));
  }
  EXPECT_EQ(seen,
            "first.example [] in.example:25 / 1\n"
            "* [bo@shop.example] isp.example:587 shop/two 2\n"
            "* [<>] reports.example:465 / 1\n"
            "* [an@shop.example] smtp.shop.example:587 an/one 3\n"
            "* [cy@far.example] isp.example:587 cy/four 2\n"
            "* [@shop.example] smtp.shop.example:587 shop/two 3\n"
            "* [] isp.example:587 us/three 2\n");
  EXPECT_TRUE(notes_about(plan, "sender_dependent_relayhost_maps").starts_with("taken: as 5"));
  EXPECT_TRUE(notes_about(plan, "smtp_sender_dependent_authentication").starts_with("taken:"));
  EXPECT_TRUE(notes_about(plan, "who").starts_with("by_hand: write a [[route]]"));
  EXPECT_TRUE(notes_about(plan, "bad@x.example").starts_with("by_hand: bad@x.example: its host"));
  EXPECT_TRUE(notes_about(plan, "[unused.example]").starts_with("by_hand: no route leads there"));
  EXPECT_TRUE(notes_about(plan, "[isp.example]:587").starts_with("taken:"));
  EXPECT_EQ(notes_about(plan, "[isp.example]:587").find("no route"), std::string::npos);
}

TEST(Move, APasswordOfASenderIsForRelayHostsAlone) {
  Texts texts;
  texts.files["/p"] = "an@shop.example an:one\n";
  const Plan plan = plan_of(texts,
                            "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/p\n"
                            "smtp_sender_dependent_authentication = yes\n");
  EXPECT_EQ(plan.config.find("[[route]]"), std::string::npos);
  EXPECT_NE(notes_about(plan, "an@shop.example").find("no relay host for it"), std::string::npos);
}

TEST(Move, TheRouteForAllComesLast) {
  Texts texts;
  texts.files["/t"] = "* smtp:[all.example]\na.example relay:[b.example]:26\n";
  texts.files["/r"] =
      "/@c\\.example$/ smtp:[d.example]\n/\\.c\\.example$/ smtp:\n/^e\\.example$/ smtp:\n";
  texts.files["/p"] = "bank.example secure\n";
  const Plan plan = plan_of(texts,
                            "transport_maps = hash:/t, pcre:/r\nsmtp_tls_policy_maps = hash:/p\n"
                            "relayhost = [never.example]\n");
  std::string domains;
  const auto config = config::load(plan.config, "t", "/home");
  ASSERT_TRUE(config);
  for (const auto& route : config->delivery.routes) domains += route.domain + " ";
  EXPECT_EQ(domains, "a.example c.example .c.example * ") << plan.config;
  EXPECT_TRUE(notes_about(plan, "e.example").starts_with("different:"));
  EXPECT_TRUE(notes_about(plan, "bank.example").starts_with("different: mail goes to the relay"));
  EXPECT_TRUE(notes_about(plan, "relayhost").starts_with("by_hand:"));
}

TEST(Move, AGoodCertificateIsTaken) {
  Texts texts;
  texts.problem.clear();
  const Plan plan = plan_of(texts, "smtpd_tls_cert_file = /c.pem\nsmtpd_tls_key_file = /k.pem\n");
  EXPECT_TRUE(has_line(plan, "certificate = \"/c.pem\"")) << plan.config;
  EXPECT_TRUE(has_line(plan, "key = \"/k.pem\"")) << plan.config;
}

TEST(Move, AliasesStandInTheOrderOfTheirTargets) {
  Texts texts;
  texts.files["/v"] =
      "a@x.example b@x.example\nb@x.example c@x.example\nc@x.example me@y.example\n"
      "loop1@x.example loop2@x.example\nloop2@x.example loop1@x.example\n"
      "gone@x.example nobody@x.example\nsome@x.example nobody@x.example c@x.example\n"
      "twice@x.example c@x.example\ntwice@x.example a@x.example\nself@x.example self@x.example\n";
  const Plan plan =
      plan_of(texts, "virtual_alias_domains = x.example\nvirtual_alias_maps = hash:/v\n");
  std::vector<std::string> order;
  for (const Alias& one : plan.aliases) order.push_back(one.address);
  EXPECT_EQ(order, (std::vector<std::string>{"c@x.example", "some@x.example", "twice@x.example",
                                             "b@x.example", "a@x.example"}));
  EXPECT_NE(notes_about(plan, "loop1@x.example").find("by_hand"), std::string::npos);
  EXPECT_NE(notes_about(plan, "gone@x.example: nobody@x.example").find("by_hand"),
            std::string::npos);
}

std::vector<std::string> aliases_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const Alias& one : plan.aliases) {
    out.push_back(fmt::format("{} {}", one.address, fmt::join(one.targets, " ")));
  }
  return out;
}

TEST(Move, AWholeDomainIsAnotherNameOfOne) {
  Texts texts;
  texts.files["/v"] =
      "boss@y.example me@old.example\n@old.example @Y.example\nme@y.example me@far.example\n"
      "own@old.example me@far.example\n@older.example @old.example\n";
  const Plan plan = plan_of(texts,
                            "virtual_alias_domains = y.example old.example older.example\n"
                            "virtual_alias_maps = hash:/v\n");
  EXPECT_EQ(aliases_of(plan), (std::vector<std::string>{
                                  "@old.example @y.example", "@older.example @old.example",
                                  "me@y.example me@far.example", "own@old.example me@far.example",
                                  "boss@y.example me@old.example"}));
  EXPECT_TRUE(notes_about(plan, "@old.example").starts_with("taken: as another name of y.example"));
}

TEST(Move, DomainsThatCannotBeJoinedAreNamed) {
  Texts texts;
  texts.files["/v"] =
      "@a.example @b.example\n@b.example @a.example\n@c.example @far.example\n"
      "@d.example @a.example, x@far.example\n@e.example @e.example\n";
  const Plan plan =
      plan_of(texts,
              "virtual_alias_domains = a.example b.example c.example d.example e.example\n"
              "virtual_alias_maps = hash:/v\n");
  EXPECT_EQ(aliases_of(plan), std::vector<std::string>{"@a.example @b.example"});
  EXPECT_NE(notes_about(plan, "@b.example").find("names of each other"), std::string::npos);
  EXPECT_NE(notes_about(plan, "@c.example").find("by_hand: leads to a whole domain that is not"),
            std::string::npos);
  EXPECT_NE(notes_about(plan, "@d.example").find("by_hand: leads to more"), std::string::npos);
  EXPECT_NE(notes_about(plan, "@e.example").find("by_hand"), std::string::npos);
}

TEST(Move, LocalDomainsAreNamesOfTheFirst) {
  Texts texts;
  texts.files["/etc/aliases"] = "info: ann\n";
  texts.files["/etc/passwd"] = "ann:x:1000:1000:Ann:/home/ann:/bin/sh\n";
  const std::string domains = "mydestination = a.example, b.example\nmyorigin = a.example\n";
  const std::string file = domains + "alias_maps = hash:/etc/aliases\n";
  EXPECT_EQ(aliases_of(plan_of(texts, file)),
            (std::vector<std::string>{"@b.example @a.example", "info@a.example ann@a.example"}));
  // Unknown names of both go to Ann: once is enough.
  EXPECT_EQ(aliases_of(plan_of(texts, file + "luser_relay = ann\n")),
            (std::vector<std::string>{"@b.example @a.example", "info@a.example ann@a.example",
                                      "@a.example ann@a.example"}));
  // The first has a catch-all that is not the other's: its names one by one.
  texts.files["/v"] = "@a.example ann@a.example\n";
  EXPECT_EQ(
      aliases_of(plan_of(texts, file + "virtual_alias_maps = hash:/v\n")),
      (std::vector<std::string>{"@a.example ann@a.example", "info@a.example ann@a.example",
                                "ann@b.example ann@a.example", "info@b.example info@a.example"}));
}

TEST(Move, RelayDomainsAreBackups) {
  Texts texts;
  texts.files["/etc/postfix/relays"] = "Branch.example OK\ncity.example OK\nmx OK\n";
  texts.files["/etc/postfix/people"] =
      "Jane@branch.example OK\njoe@branch.example OK\n@city.example OK\n";
  const Plan plan = plan_of(texts,
                            "relay_domains = hash:/etc/postfix/relays, far.example\n"
                            "relay_recipient_maps = hash:/etc/postfix/people\n");
  const auto config = config::load(plan.config, "stagepost.toml", "/home");
  ASSERT_TRUE(config.has_value()) << config.error().detail;
  const auto& backups = config->policy.backups;
  ASSERT_EQ(backups.size(), 3U);
  EXPECT_EQ(backups[0].domain, "branch.example");
  EXPECT_EQ(backups[0].recipients, (std::vector<std::string>{"jane", "joe"}));
  EXPECT_EQ(backups[1].domain, "city.example");
  EXPECT_TRUE(backups[1].recipients.empty()) << "everybody";
  EXPECT_EQ(backups[2].domain, "far.example");
}

TEST(Move, WithoutMainCfThereIsNoPlan) {
  const Texts texts;
  const auto plan = make_plan(texts, {.folder = "/x", .host_name = {}, .passwd_file = {}});
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().detail.find("name the folder"), std::string::npos);
}

}  // namespace
}  // namespace postfix
