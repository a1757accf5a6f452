// Tests of machine_checks.h and traffic_checks.h.
#include "admin/doctor/machine_checks.h"

#include "admin/doctor/fixture_test.h"
#include "admin/doctor/traffic_checks.h"
#include "admin/second_factor.h"

namespace doctor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr base::Duration hour = std::chrono::hours(1);

TEST_F(DoctorTest, Clock) {
  EXPECT_EQ(said(run(check_clock)), "ok: it is kept right");
  machine.clock->synchronised = false;
  EXPECT_EQ(said(run(check_clock)), "warning: nothing keeps it right");
  machine.clock.reset();
  EXPECT_THAT(said(run(check_clock)), StartsWith("unknown: "));
  history.samples.push_back({.when = world.wall() + hour});
  EXPECT_THAT(said(run(check_clock)), HasSubstr("the clock went back"));
}

TEST_F(DoctorTest, Disk) {
  ASSERT_TRUE(host.doors().files.make_directories("/state"));
  const std::uint64_t free = *host.doors().files.free_bytes("/state");
  machine.disk_bytes = free;
  config.queue.disk_reserve_bytes = 1;
  EXPECT_THAT(said(run(check_disk_space)), StartsWith("ok: "));
  machine.disk_bytes = free * 15;
  EXPECT_THAT(said(run(check_disk_space)), StartsWith("warning: "));
  config.queue.disk_reserve_bytes = free;
  EXPECT_THAT(said(run(check_disk_space)), StartsWith("mend: "));

  EXPECT_THAT(said(run(check_disk_days)), StartsWith("unknown: "));
  const base::Time now = world.wall();
  history.samples = {{.when = now - 24 * hour, .state_free = free + free / 2},
                     {.when = now, .state_free = free}};
  EXPECT_THAT(said(run(check_disk_days)), HasSubstr("it is full in 2 days"));
  EXPECT_THAT(said(run(check_disk_days)), StartsWith("mend: "));
  history.samples.front().state_free = free;
  EXPECT_EQ(said(run(check_disk_days)), "ok: free disk does not shrink");
}

TEST_F(DoctorTest, RightsOfFiles) {
  write("/state/dkim/our.test.pem", "key");
  write("/state/directory.db", "sqlite");
  EXPECT_THAT(said(run(check_key_files)), StartsWith("ok: "));
  machine.files["/state/dkim/our.test.pem"] = {.mode = 0640};
  const Findings findings = run(check_key_files);
  EXPECT_EQ(said(findings), "mend: its mode is 0640: its group may read it");
  EXPECT_EQ(findings.front().paste, "chmod 600 /state/dkim/our.test.pem");
  config.session.key_path = "/tls/key.pem";
  machine.files = {{"/tls/key.pem", {.mode = 0640}}};
  EXPECT_THAT(said(run(check_key_files)), StartsWith("ok: ")) << "as ssl-cert has it";
  machine.files = {{"/tls/key.pem", {.mode = 0644}}};
  EXPECT_EQ(said(run(check_key_files)), "mend: its mode is 0644: everybody may read it");
  EXPECT_THAT(said(run(check_state_files)), StartsWith("ok: "));
  machine.files = {{"/state/directory.db", {.mode = 0644}}};
  EXPECT_EQ(said(run(check_state_files)), "mend: its mode is 0644: everybody may read it");
  machine.files = {{"/state", {.mode = 0777, .directory = true}}};
  EXPECT_EQ(said(run(check_state_files)), "mend: its mode is 0777: everybody may change it");
}

TEST_F(DoctorTest, ConfigurationFile) {
  EXPECT_EQ(said(run(check_settings)), "nothing") << "made by no file";
  config.server.config_path = "/etc/stagepost.toml";
  config.server.home = "/home";
  EXPECT_THAT(said(run(check_settings)), StartsWith("mend: not found"));
  write("/etc/stagepost.toml", config::example_config({}));
  EXPECT_EQ(said(run(check_settings)), "ok: it has no mistake");
  machine.files = {{"/etc/stagepost.toml", {.mode = 0644}}};
  EXPECT_THAT(said(run(check_config_file)), StartsWith("ok: "));
  config.delivery.routes.emplace_back().password = "secret";
  EXPECT_EQ(said(run(check_config_file)),
            "mend: its mode is 0644: everybody may read it, and there are passwords in it");
  after_restart = {"privacy.local_parts", "[[listener]]"};
  EXPECT_EQ(said(run(check_settings)),
            "warning: the server has read it, but not put in force yet: privacy.local_parts, "
            "[[listener]]");
  write("/etc/stagepost.toml", "hostnam = \"a.test\"\n");
  EXPECT_THAT(said(run(check_settings)), HasSubstr("/etc/stagepost.toml:1: hostnam"));
}

TEST_F(DoctorTest, SecondFactors) {
  directory::Contents contents{.domains = {"our.test"},
                               .mailboxes = {"an@our.test", "you@our.test"},
                               .logins = {{"an@our.test", ""}, {"you@our.test", ""}},
                               .administrators = {"an@our.test", "you@our.test"}};
  known = directory::make_snapshot(contents);
  EXPECT_EQ(said(run(check_second_factors)), "nothing") << "nobody can log in";
  config.admin.api.http = {*io::Endpoint::parse("127.0.0.1:8026")};
  EXPECT_EQ(run(check_second_factors).size(), 2U);
  EXPECT_EQ(said(run(check_second_factors)), "note: is an administrator by the password alone");
  config.admin.api.https = {*io::Endpoint::parse("192.0.2.1:443")};
  EXPECT_EQ(said(run(check_second_factors)), "warning: is an administrator by the password alone");
  write("/state/second-factors.json", "{");
  EXPECT_THAT(said(run(check_second_factors)), StartsWith("unknown: "));
  const admin::SecondFactor factor{
      .secret = "12345678901234567890", .enrolled = {}, .recovery = {}};
  write("/state/second-factors.json",
        admin::write_second_factors({{"an@our.test", factor}, {"you@our.test", factor}}));
  EXPECT_EQ(said(run(check_second_factors)), "ok: no administrator is without");
}

TEST_F(DoctorTest, Program) {
  EXPECT_THAT(said(run(check_program)), StartsWith("ok: stagepost "));
  machine.replaced = true;
  EXPECT_THAT(said(run(check_program)), StartsWith("warning: "));
}

TEST_F(DoctorTest, Bounces) {
  EXPECT_THAT(said(run(check_bounces)), HasSubstr("too few to judge"));
  const base::Time now = world.wall();
  history.samples = {{.when = now - 30 * hour, .delivered = 0, .failed = 1'000},
                     {.when = now - hour, .delivered = 90, .failed = 10}};
  EXPECT_EQ(said(run(check_bounces)),
            "warning: 10 of 100 recipients at other servers failed within a day (10.0 %)");
  history.samples.back().failed = 30;
  EXPECT_THAT(said(run(check_bounces)), StartsWith("mend: "));
  EXPECT_EQ(said(run(check_complaints)), "nothing") << "there are no reports here";
}

// A queue that says what the test wants.
class Waiting final : public admin::Queues {
 public:
  io::Task<std::vector<queue::Summary>> list(queue::Filter /*f*/, std::size_t /*max*/) override {
    co_return std::vector<queue::Summary>();
  }
  io::Task<std::size_t> count(queue::Filter /*filter*/) override { co_return 0; }
  io::Task<admin::QueueCensus> census() override { co_return admin::QueueCensus(); }
  io::Task<queue::SearchPage> search(queue::Search /*search*/) override {
    co_return queue::SearchPage();
  }
  io::Task<std::vector<queue::DestinationSummary>> destinations() override { co_return lines; }
  io::Task<base::Result<std::size_t>> operate(queue::Operation /*o*/, queue::Filter /*f*/,
                                              std::string /*r*/, bool /*dry_run*/) override {
    co_return std::size_t{0};
  }
  io::Task<std::string> trouble() override { co_return why; }

  std::vector<queue::DestinationSummary> lines;
  std::string why;
};

TEST_F(DoctorTest, Queue) {
  Waiting queue;
  const auto check = [&](HostCheck one) {
    Ground now = ground();
    now.queues = &queue;
    return world.run(one(now));
  };
  EXPECT_THAT(said(check(check_queue_trouble)), StartsWith("ok: "));
  EXPECT_EQ(said(check(check_queue_age)), "ok: nothing waits for long");
  EXPECT_EQ(said(check(check_queue_size)), "ok: 0 wait for 0 destinations, 0 of them held");
  queue.why = "the disk is full";
  EXPECT_EQ(said(check(check_queue_trouble)), "mend: the disk is full");
  base::IdMaker ids(1);
  queue::DestinationSummary line;
  line.key = "mx:far.test";
  line.messages = 3;
  line.held = 1;
  line.oldest = ids.message(world.wall() - 30 * hour);
  line.last_reply = "451 later";
  queue.lines = {line};
  EXPECT_EQ(said(check(check_queue_age)),
            "warning: the oldest of 3 messages waits for 1d6h: 451 later");
  EXPECT_THAT(said(check(check_queue_size)), StartsWith("note: 3 wait for 1 destinations"));
  queue.lines.front().held = 3;
  EXPECT_EQ(said(check(check_queue_age)), "ok: nothing waits for long");
  EXPECT_EQ(said(check(check_relay_login)), "ok: no relay host refuses us");
  queue.lines.front().last_reply = "451 4.7.8 it refuses this server's log-in: 535 wrong";
  EXPECT_EQ(said(check(check_relay_login)), "ok: no relay host refuses us") << "of no relay host";
  queue.lines.front().key = "relay:mx.isp.test:587";
  EXPECT_THAT(said(check(check_relay_login)), StartsWith("mend: 3 messages wait: 451 4.7.8 "));
}

}  // namespace
}  // namespace doctor
