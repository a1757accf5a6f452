// Whole configurations of tests/data/import: each must become a configuration that is right, and
// every line of main.cf and master.cf must have its note.
#include <fstream>
#include <iterator>
#include <set>

#include "import/postfix/fixture_test.h"
#include "import/postfix/lines.h"

namespace postfix {
namespace {

// The root of a copied system.
class Folder final : public Texts {
 public:
  explicit Folder(std::string root) : root_(std::move(root)) {}

  [[nodiscard]] base::Result<Text> read(const std::string& name) const override {
    std::ifstream in(root_ + name);
    if (!in) return base::fail(base::ErrorKind::not_found, "no " + name);
    return Text{.file = name, .text = {std::istreambuf_iterator<char>(in), {}}};
  }

 private:
  std::string root_;
};

class Sample {
 public:
  explicit Sample(const std::string& name) : folder_("tests/data/import/" + name) {
    const auto made = make_plan(folder_, {.folder = "/etc/postfix",
                                          .host_name = "old.example.org",
                                          .passwd_file = "/etc/dovecot/users"});
    EXPECT_TRUE(made.has_value());
    if (made) plan = *made;
    const auto config = config::load(plan.config, name, "/home");
    EXPECT_TRUE(config.has_value()) << config.error().detail << "\n" << plan.config;
    every_line_has_a_note("/etc/postfix/main.cf");
    every_line_has_a_note("/etc/postfix/master.cf");
  }

  [[nodiscard]] std::string about(std::string_view what) const { return notes_about(plan, what); }

  // "a@b.example → c@d.example e@f.example"
  [[nodiscard]] std::string alias(std::string_view address) const {
    for (const Alias& one : plan.aliases) {
      if (one.address == address) return fmt::format("{}", fmt::join(one.targets, " "));
    }
    return {};
  }
  [[nodiscard]] std::string mailboxes() const {
    std::string out;
    for (const Mailbox& one : plan.mailboxes) out += one.address + " ";
    return out;
  }

  Plan plan;

 private:
  void every_line_has_a_note(const std::string& file) const {
    std::set<int> noted;
    for (const Note& note : plan.notes) {
      EXPECT_FALSE(note.words.empty()) << note_line(note);
      if (note.place.file == file) noted.insert(note.place.line);
    }
    const auto text = folder_.read(file);
    ASSERT_TRUE(text);
    for (const Line& line : logical_lines(text->text)) {
      EXPECT_TRUE(noted.contains(line.number)) << file << ":" << line.number << ": " << line.text;
    }
  }

  Folder folder_;
};

TEST(Samples, DebianAsItComes) {
  const Sample sample("debian");
  EXPECT_EQ(sample.plan.domains, std::vector<std::string>{"bookworm.example.org"});
  EXPECT_EQ(sample.mailboxes(), "admin@bookworm.example.org ");
  EXPECT_FALSE(sample.plan.is_secret);
  EXPECT_TRUE(has_line(sample.plan, "address = \"0.0.0.0:25\"")) << sample.plan.config;
  EXPECT_TRUE(has_line(sample.plan, "address = \"[::]:25\"")) << sample.plan.config;
  // postmaster → root, who has no mailbox: it is known all the same.
  EXPECT_TRUE(sample.plan.aliases.empty());
}

TEST(Samples, AHomeServer) {
  const Sample sample("home");
  EXPECT_EQ(sample.plan.domains, (std::vector<std::string>{"doe.example", "doe.test",
                                                           "mail.doe.example", "old-doe.example"}));
  EXPECT_EQ(sample.mailboxes(), "jane@doe.example john@doe.example ");
  EXPECT_EQ(sample.alias("root@doe.example"), "jane@doe.example");
  EXPECT_EQ(sample.alias("family@doe.example"),
            "jane@doe.example john@doe.example grandma.doe@mail.example");
  EXPECT_EQ(sample.alias("johnny@doe.example"), "john@doe.example");
  EXPECT_EQ(sample.alias("club@doe.example"), "jane@doe.example bill@club.example");
  EXPECT_EQ(sample.alias("@old-doe.example"), "@doe.example");
  EXPECT_EQ(sample.alias("@doe.test"), "@doe.example");
  EXPECT_EQ(sample.alias("@doe.example"), "jane@doe.example");
  EXPECT_EQ(sample.alias("ghost@doe.example"), "");
  EXPECT_NE(sample.about("print: |/usr/local/bin/print-mail --tray 2").find("by_hand"),
            std::string::npos);
  EXPECT_TRUE(has_line(sample.plan, "tls = \"implicit\""));
  EXPECT_FALSE(sample.plan.config.contains("[::]"));
  EXPECT_TRUE(has_line(sample.plan, "codes = [\"127.0.0.2-11 = 10\"]")) << sample.plan.config;
}

TEST(Samples, VirtualDomainsWithDovecot) {
  const Sample sample("virtual");
  EXPECT_EQ(sample.plan.domains, (std::vector<std::string>{"shop.example", "bakery.example",
                                                           "club.example", "alt.example"}));
  EXPECT_EQ(sample.mailboxes(),
            "sales@shop.example ann@shop.example bob@bakery.example new@shop.example ");
  EXPECT_EQ(sample.alias("info@shop.example"), "sales@shop.example ann@shop.example");
  EXPECT_EQ(sample.alias("@alt.example"), "@shop.example");
  EXPECT_EQ(sample.alias("ann@alt.example"), "");
  EXPECT_EQ(sample.alias("@club.example"), "bob@bakery.example");
  EXPECT_EQ(sample.alias("@bakery.example"), "bob@bakery.example");
  EXPECT_EQ(sample.alias("abuse@shop.example"), "ann@shop.example");
  EXPECT_EQ(sample.alias("who@shop.example"), "");
  ASSERT_EQ(sample.plan.grants.size(), 1U);
  EXPECT_EQ(sample.plan.grants[0].what, "press@shop.example");
  EXPECT_TRUE(has_line(sample.plan, "lmtp = \"unix:/var/spool/postfix/private/dovecot-lmtp\""));
  EXPECT_TRUE(has_line(sample.plan, "submissions = false")) << sample.plan.config;
  EXPECT_TRUE(has_line(sample.plan, "address = \"unix:/run/opendkim/opendkim.sock\""));
  EXPECT_EQ(sample.plan.mailboxes[0].password, "correct horse 7");
  EXPECT_FALSE(sample.plan.mailboxes[1].verifier.empty());
  EXPECT_EQ(sample.plan.mailboxes[1].full_name, "Ann Baker");
  EXPECT_TRUE(sample.plan.mailboxes[2].verifier.empty());
  EXPECT_NE(sample.about("bob@bakery.example").find("SHA512-CRYPT"), std::string::npos);
}

TEST(Samples, ASatellite) {
  const Sample sample("satellite");
  EXPECT_TRUE(sample.plan.is_secret);
  EXPECT_TRUE(has_line(sample.plan, "user = \"web3@isp.example\"")) << sample.plan.config;
  EXPECT_TRUE(has_line(sample.plan, "password = \"s3cr:et \\\"quoted\\\" \\\\pass\""));
  EXPECT_TRUE(has_line(sample.plan, "address = \"127.0.0.1:25\""));
  EXPECT_TRUE(has_line(sample.plan, "host = \"10.1.2.3\"")) << sample.plan.config;
  EXPECT_NE(sample.about("bad.example").find("by_hand"), std::string::npos);
  EXPECT_NE(sample.about("web3.example.com").find("is a domain of ours"), std::string::npos);
}

TEST(Samples, ACompany) {
  const Sample sample("company");
  EXPECT_EQ(sample.mailboxes(), "eve@corp.example adam@corp.example ");
  EXPECT_EQ(sample.alias("ceo@corp.example"), "eve@corp.example");
  EXPECT_EQ(sample.alias("@corp.test"), "@corp.example");
  EXPECT_TRUE(has_line(sample.plan, "mail_folder = \"/srv/mail\"")) << sample.plan.config;
  EXPECT_TRUE(has_line(sample.plan, "reject_score = 3"));
  EXPECT_TRUE(has_line(sample.plan, "greeting_delay = \"6s\"")) << sample.plan.config;
  EXPECT_TRUE(has_line(sample.plan, "codes = [\"127.0.*.0 = 2\", \"127.0.*.1-3 = 4\"]"))
      << sample.plan.config;
  EXPECT_TRUE(has_line(sample.plan,
                       "relay_networks = [\"127.0.0.0/8\", \"10.0.0.0/8\", \"172.16.5.0/24\"]"))
      << sample.plan.config;
  EXPECT_NE(
      sample.about("proxy:mysql:/etc/postfix/mysql-aliases.cf").size() +
          sample.about("virtual_alias_maps: proxy:mysql:/etc/postfix/mysql-aliases.cf").size(),
      0U);
  EXPECT_NE(sample.about("no_such_parameter_at_all").find("by_hand"), std::string::npos);
  EXPECT_TRUE(has_line(sample.plan, "implicit_tls = true")) << sample.plan.config;
}

}  // namespace
}  // namespace postfix
