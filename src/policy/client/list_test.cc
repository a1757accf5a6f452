// Tests of policy/client: what lists answer, and which of them are believed.
#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "policy/client/fixture_test.h"
#include "policy/client/list_codes.h"
#include "policy/client/list_query.h"

namespace policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Standing = ListTest::Standing;
using State = ListFinding::State;

dns::Answer answer_of(const std::vector<std::string>& codes) {
  dns::Answer answer;
  answer.status = dns::Status::ok;
  for (const std::string& code : codes) {
    answer.records.emplace_back();
    answer.records.back().address = ip(code);
  }
  return answer;
}

TEST(ListCodes, MeanWhatTheListsPublish) {
  for (const std::string_view line : base::split(test_data("codes.txt"), '\n')) {
    const auto words = base::words(line);
    if (line.starts_with('#') || words.size() < 3) continue;
    ListSetting list;
    list.zone = words[0];
    const ListReading reading = read_list(list, answer_of({std::string(words[1])}));
    const bool error = words[2] == "error";
    EXPECT_EQ(reading.state, error ? State::error : State::listed) << line;
    EXPECT_EQ(reading.accusation, error) << line;
    EXPECT_EQ(reading.weight, error ? 0 : 10) << line;
    if (words.size() == 3) continue;
    const auto at = static_cast<std::size_t>(words[3].data() - line.data());
    EXPECT_NE(reading.meaning.find(base::trim(line.substr(at))), std::string::npos)
        << line << ": " << reading.meaning;
  }
}

TEST(ListCodes, OfTheSettings) {
  ListSetting list;
  list.zone = "any.test";
  list.codes = {
      {.octets = {{{127, 127}, {0, 0}, {0, 255}, {2, 3}}},
       .weight = 4,
       .meaning = "two",
       .text = {}},
      {.octets = {{{127, 127}, {0, 0}, {0, 0}, {1, 1}}}, .weight = {}, .meaning = {}, .text = {}}};
  const struct {
    std::vector<std::string> codes;
    State state;
    int weight;
  } cases[] = {
      {{"127.0.7.3"}, State::listed, 4},
      {{"127.0.0.1"}, State::listed, 10},  // the operator knows what it means
      {{"127.0.7.3", "127.0.0.1"}, State::listed, 10},
      {{"127.0.0.9"}, State::not_listed, 0},
      {{"127.0.7.3", "127.255.255.254"}, State::error, 0},
  };
  for (const auto& c : cases) {
    const ListReading reading = read_list(list, answer_of(c.codes));
    EXPECT_EQ(reading.state, c.state) << c.codes.front();
    EXPECT_EQ(reading.weight, c.weight) << c.codes.front();
  }
  list.kind = ListSetting::Kind::allow;
  EXPECT_EQ(read_list(list, answer_of({"127.0.7.3"})).weight, -4);
  EXPECT_EQ(read_list(list, answer_of({"127.0.7.3"})).meaning, "two");
}

TEST(ListCodes, NoAnswerIsNoListingAndNoFaultOfTheList) {
  EXPECT_EQ(read_list({}, dns::no_answer("", dns::Status::no_name)).state, State::not_listed);
  EXPECT_EQ(read_list({}, dns::no_answer("", dns::Status::no_data)).state, State::not_listed);
  for (const auto status : {dns::Status::trouble, dns::Status::bogus}) {
    const ListReading reading = read_list({}, dns::no_answer("timeout", status));
    EXPECT_EQ(reading.state, State::error);
    EXPECT_FALSE(reading.accusation);
  }
}

TEST(ListCodes, TheKeyOfASubscriberIsNotTold) {
  EXPECT_EQ(shown_zone("0123abc.zen.dq.spamhaus.net"), "zen.dq.spamhaus.net");
  EXPECT_EQ(shown_zone("zen.dq.spamhaus.net"), "zen.dq.spamhaus.net");
  EXPECT_EQ(shown_zone("bl.example.org"), "bl.example.org");
}

TEST(ListQuery, Names) {
  EXPECT_EQ(subject_of(ip("192.0.2.9")).label, "9.2.0.192");
  EXPECT_EQ(subject_of(ip("2001:db8::1")).label,
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2");
  EXPECT_EQ(subject_of("example.org").label, "example.org");
}

class ListTestOfZone : public ClientTest {
 protected:
  ListTest test(const std::string& zone_name, ListPoints points) {
    ListSetting list;
    list.zone = zone_name;
    return world.run(test_list(zone, list, points));
  }
};

TEST_F(ListTestOfZone, TestEntries) {
  const struct {
    const char* zone;
    ListPoints points;
    Standing standing;
    const char* why;
  } cases[] = {
      {"block.test", ListPoints::ipv4, Standing::good, ""},
      {"block.test", ListPoints::ipv6, Standing::good, ""},
      {"small.test", ListPoints::ipv4, Standing::good, ""},
      {"small.test", ListPoints::ipv6, Standing::none, "no test entry"},
      {"domains.test", ListPoints::domain, Standing::good, ""},
      {"block.test", ListPoints::domain, Standing::faulty, "not listed"},
      {"all.test", ListPoints::ipv4, Standing::faulty, "list everything"},
      {"public.test", ListPoints::ipv4, Standing::faulty, "public resolvers"},
      {"parked.test", ListPoints::ipv4, Standing::faulty, "203.0.113.5"},
      {"gone.test", ListPoints::ipv4, Standing::faulty, "not listed"},
      {"silent.test", ListPoints::ipv4, Standing::faulty, "no answer"},
      {"trouble.test", ListPoints::ipv4, Standing::faulty, "not listed"},
  };
  for (const auto& c : cases) {
    const ListTest result = test(c.zone, c.points);
    EXPECT_EQ(result.standing, c.standing) << c.zone << to_string(c.points) << result.why;
    EXPECT_NE(result.why.find(c.why), std::string::npos) << c.zone << ": " << result.why;
  }
}

class ListWatchTest : public ClientTest {
 protected:
  ListWatchTest() {
    add_list("block.test");
    connect();
    watching.spawn(memory.lists.run(zone, host.doors().clock));
  }
  ~ListWatchTest() override { world.run(watching.stop()); }
  Standing standing(ListPoints points = ListPoints::ipv4) {
    return memory.lists.standing(settings.client.lists.front(), points).standing;
  }
  io::TaskGroup watching;
};

TEST_F(ListWatchTest, IsTestedAtOnceAndHourly) {
  sleep(seconds(1));
  EXPECT_EQ(standing(), Standing::good);
  EXPECT_EQ(standing(ListPoints::ipv6), Standing::good);
  EXPECT_TRUE(events.names.empty());
  const std::size_t queries = zone.queries();
  sleep(minutes(59));
  EXPECT_EQ(zone.queries(), queries);
  zone.remove("2.0.0.127.block.test");
  sleep(minutes(2));
  EXPECT_EQ(standing(), Standing::faulty);
  ASSERT_EQ(events.names.size(), 1U);
  EXPECT_TRUE(events.names.front().starts_with("list.faulty block.test IPv4")) << events.names[0];
  ASSERT_TRUE(zone.add("2.0.0.127.block.test A 127.0.0.2"));
  sleep(minutes(2));
  EXPECT_EQ(standing(), Standing::good);
  ASSERT_EQ(events.names.size(), 2U);
  EXPECT_EQ(events.names.back(), "list.recovered block.test IPv4");
}

TEST_F(ListWatchTest, AnAccusedListIsSetAsideUntilItPassesItsTest) {
  sleep(seconds(1));
  memory.lists.accuse(settings.client.lists.front(), ListPoints::ipv4, "it says no",
                      host.doors().clock.wall());
  EXPECT_EQ(standing(), Standing::faulty);
  EXPECT_EQ(standing(ListPoints::ipv6), Standing::good);
  sleep(seconds(50));
  EXPECT_EQ(standing(), Standing::faulty);
  sleep(seconds(15));
  EXPECT_EQ(standing(), Standing::good);
}

TEST_F(ListWatchTest, OneTroubleIsNoFaultButBringsATest) {
  sleep(seconds(1));
  sleep(minutes(5));
  const std::size_t queries = zone.queries();
  memory.lists.doubt(settings.client.lists.front(), ListPoints::ipv4);
  EXPECT_EQ(standing(), Standing::good);
  sleep(seconds(5));
  EXPECT_EQ(zone.queries(), queries + 2);
}

TEST_F(ListWatchTest, ReloadedListsKeepTheirStanding) {
  sleep(seconds(1));
  add_list("small.test");
  memory.lists.set_lists(settings.client.lists);
  EXPECT_EQ(standing(), Standing::good);
  ASSERT_EQ(memory.lists.all().size(), 4U);
  settings.client.lists.pop_back();
  memory.lists.set_lists(settings.client.lists);
  EXPECT_EQ(memory.lists.all().size(), 2U);
}

}  // namespace
}  // namespace policy
