// Tests of doctor.h: what is kept, told once, and counted.
#include "admin/doctor/doctor.h"

#include "admin/doctor/fixture_test.h"

namespace doctor {
namespace {

using testing::HasSubstr;

struct EventTexts final : base::EventSink {
  std::vector<std::string> texts;
  void emit(const base::Event& event) override {
    texts.push_back(std::string(event.name));
    for (const auto& [key, value] : event.fields) texts.back() += " " + value;
  }
};

struct OneDirectory final : directory::Directory {
  std::shared_ptr<const directory::Snapshot> known;
  [[nodiscard]] std::shared_ptr<const directory::Snapshot> snapshot() const override {
    return known;
  }
};

class DoctorRunTest : public DoctorTest {
 protected:
  DoctorRunTest() {
    people.known =
        directory::make_snapshot({.domains = {"our.test"}, .mailboxes = {"you@our.test"}});
    config.admin.doctor.public_addresses = addresses;
    config.admin.doctor.probe_domain.clear();
    (void)host.doors().files.make_directories("/state");
  }
  std::unique_ptr<Doctor> make() {
    return std::make_unique<Doctor>(Parts{.doors = host.doors(),
                                          .resolver = *resolver,
                                          .view = view,
                                          .machine = machine,
                                          .directory = people,
                                          .events = events,
                                          .metrics = metrics},
                                    config);
  }

  OneDirectory people;
  EventTexts events;
  base::Metrics metrics;
};

const Finding* find(const Examination& examination, std::string_view id) {
  const auto at = std::ranges::find(examination.findings, id, &Finding::id);
  return at == examination.findings.end() ? nullptr : &*at;
}

constexpr std::string_view without_mx =
    "mail.our.test A 198.51.100.9\n9.100.51.198.in-addr.arpa PTR mail.our.test\n"
    "our.test TXT \"v=spf1 a:mail.our.test -all\"\nmail.our.test TXT \"v=spf1 a -all\"\n"
    "_dmarc.our.test TXT \"v=DMARC1; p=reject; rua=mailto:you@our.test\"\n";
constexpr std::string_view mx = "our.test MX 10 mail.our.test\n";

TEST_F(DoctorRunTest, TellsWhatIsNewOnceAndWhatWasMended) {
  publish(without_mx);
  auto doctor = make();
  auto first = world.run(doctor->examine());
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->compared) << "there is nothing to compare with";
  ASSERT_NE(find(*first, "mx"), nullptr);
  EXPECT_EQ(find(*first, "mx")->severity, Severity::mend);
  EXPECT_EQ(first->findings.front().severity, Severity::mend) << "the gravest first";
  EXPECT_THAT(events.texts,
              testing::Contains("doctor.finding mx our.test mend there is no MX record"));
  const std::size_t told = events.texts.size();

  auto second = world.run(doctor->examine());
  ASSERT_TRUE(second);
  EXPECT_EQ(events.texts.size(), told) << "once";
  ASSERT_TRUE(second->compared);
  EXPECT_TRUE(second->changes.empty());

  doctor = make();  // a restart remembers
  resolver->add(mx).value();
  for (const auto& [server, zone] : view.servers) zone->add(mx).value();
  auto third = world.run(doctor->examine());
  ASSERT_TRUE(third);
  EXPECT_EQ(find(*third, "mx")->severity, Severity::ok);
  ASSERT_EQ(third->changes.size(), 1U);
  EXPECT_EQ(to_string(third->changes[0].kind), "mended");
  EXPECT_EQ(events.texts.size(), told + 1);
  EXPECT_EQ(events.texts.back(), "doctor.mended mx our.test there is no MX record");
}

TEST_F(DoctorRunTest, CountsBySeverity) {
  publish(without_mx);
  auto doctor = make();
  const auto seen = world.run(doctor->examine());
  ASSERT_TRUE(seen);
  EXPECT_THAT(metrics.prometheus(),
              HasSubstr(fmt::format("stagepost_doctor_findings{{severity=\"mend\"}} {}",
                                    seen->count(Severity::mend))));
  EXPECT_GE(seen->findings.size(), 28U);
  EXPECT_TRUE(world.run(doctor->kept()));
}

TEST_F(DoctorRunTest, OneDomainAloneIsNotKept) {
  publish(without_mx);
  auto doctor = make();
  const auto seen = world.run(doctor->examine("our.test"));
  ASSERT_TRUE(seen);
  EXPECT_EQ(find(*seen, "ptr"), nullptr);
  EXPECT_NE(find(*seen, "mx"), nullptr);
  EXPECT_FALSE(world.run(doctor->kept()));
  EXPECT_TRUE(events.texts.empty());
}

TEST_F(DoctorRunTest, AnothersDomainIsNotLookedAt) {
  publish(without_mx);
  auto doctor = make();
  const auto seen = world.run(doctor->examine("elsewhere.test"));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().kind, base::ErrorKind::not_found);
  EXPECT_THAT(seen.error().detail, HasSubstr("stagepost domain add elsewhere.test"));
  EXPECT_TRUE(world.run(doctor->examine("our.test"))) << "the next one goes on";
}

TEST_F(DoctorRunTest, AHistoryThatCannotBeReadIsBegunAnew) {
  write("/state/doctor.json", "{");
  publish(std::string(without_mx) + std::string(mx));
  auto doctor = make();
  EXPECT_TRUE(world.run(doctor->examine()));
  EXPECT_THAT(events.texts.front(), HasSubstr("doctor.history_lost /state/doctor.json"));
  EXPECT_TRUE(world.run(make()->kept()));
}

TEST_F(DoctorRunTest, LooksByItself) {
  publish(without_mx);
  auto doctor = make();
  io::TaskGroup tasks;
  tasks.spawn(doctor->run());
  world.run_for(std::chrono::minutes(4));
  EXPECT_TRUE(events.texts.empty());
  world.run_for(std::chrono::minutes(3));
  EXPECT_FALSE(events.texts.empty());
  world.run(tasks.stop());
}

}  // namespace
}  // namespace doctor
