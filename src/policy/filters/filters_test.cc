// Tests of policy/filters: a chain against milters that play a script, also dying at every octet.
#include "policy/filters/filters.h"

#include <gtest/gtest.h>

#include <map>

#include "directory/snapshot.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "lib/io/task_group.h"
#include "lib/milter/command.h"

namespace policy {
namespace {

using milter::packet;
using std::chrono_literals::operator""s;
using std::string_literals::operator""s;

constexpr std::string_view header = "From: <a@b.test>\r\nSubject: hi\r\nX-Old: 1\r\nX-Old: 2\r\n";
constexpr std::string_view body = "first line\r\nsecond line\r\n";

std::string number(std::uint32_t value) {
  std::string out;
  milter::put_number(out, value);
  return out;
}

// One milter: what it answers by letter, what it heard, and after how many octets it dies.
struct Script {
  std::uint32_t actions = milter::action::all;
  std::uint32_t flags = 0;
  std::map<char, std::string> answers;  // whole packets; 'c' for those not named
  std::size_t octets_max = std::string::npos;
  std::vector<std::string> heard;
  std::size_t said = 0;
  int connections = 0;
};

class Octets final : public ReceivedOctets {
 public:
  [[nodiscard]] std::uint64_t size() const override { return text.size(); }
  io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    co_return text.substr(offset, length);
  }
  std::string text = std::string(header) + "\r\n" + std::string(body);
};

class FiltersTest : public testing::Test {
 protected:
  FiltersTest() {
    directory::Contents contents;
    contents.domains = {"us.test"};
    contents.mailboxes = {"you@us.test", "me@us.test"};
    known = directory::make_snapshot(std::move(contents));
    settings->hostname = "mx.us.test";
    transaction.peer = *io::Endpoint::parse("192.0.2.1:4000");
    transaction.helo = "client.test";
  }
  ~FiltersTest() override {
    tasks.cancel();
    world.run(tasks.join());
  }

  Script& add(FilterDefault default_action = FilterDefault::tempfail) {
    const std::string path = "/run/milter" + std::to_string(scripts.size());
    auto listener = host.doors().network.listen_unix(path, 0600);
    scripts.push_back(std::make_unique<Script>());
    tasks.spawn(serve(this, std::move(*listener), scripts.back().get()));
    MilterSettings milter;
    milter.name = "m" + std::to_string(scripts.size());
    milter.address = *io::ServicePlace::parse("unix:" + path);
    milter.default_action = default_action;
    milter.command_timeout = milter.content_timeout = milter.end_timeout = 10s;
    settings->filters.milters.push_back(milter);
    return *scripts.back();
  }

  static io::Task<void> serve(FiltersTest* test, std::unique_ptr<io::Listener> listener,
                              Script* script) {
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      ++script->connections;
      test->tasks.spawn(play(std::move(*stream), script));
    }
  }

  static io::Task<void> play(std::unique_ptr<io::Stream> stream, Script* script) {
    milter::PacketReader reader;
    std::array<char, 4096> buffer;
    for (;;) {
      const auto bytes = co_await stream->read_some(buffer);
      if (!bytes) co_return;
      reader.feed({buffer.data(), *bytes});
      for (auto got = reader.next(); got && *got; got = reader.next()) {
        std::string reply = answer(*script, **got);
        const bool dies = script->said + reply.size() > script->octets_max;
        if (dies) reply.resize(script->octets_max - script->said);
        script->said += reply.size();
        if (!reply.empty()) (void)co_await stream->write(std::string_view(reply));
        if (dies) co_return;
      }
    }
  }

  static std::string answer(Script& script, const milter::Packet& got) {
    std::string shown = got.payload;
    std::ranges::replace(shown, '\0', '|');
    script.heard.push_back(got.letter + shown);
    if (std::string_view("DAQ").find(got.letter) != std::string_view::npos) return {};
    if (got.letter == 'L' && (script.flags & milter::flag::no_reply_headers) != 0) return {};
    if (const auto found = script.answers.find(got.letter); found != script.answers.end()) {
      return found->second;
    }
    if (got.letter != 'O') return packet('c', {});
    return packet('O', number(6) + number(script.actions) + number(script.flags));
  }

  // A whole session with one message; the first verdict that is no accept, or that of the end.
  Verdict run() {
    chain = filters_maker({host.doors(), zone, nullptr})(transaction, settings);
    Verdict verdict = world.run(chain->at_connect(transaction));
    if (verdict.accepted()) verdict = world.run(chain->at_helo(transaction));
    if (verdict.accepted()) verdict = message();
    world.run(chain->end());
    world.run_for(1s);
    return verdict;
  }

  Verdict message() {
    transaction.envelope.sender = {"a", "b.test"};
    transaction.envelope.recipients.clear();
    transaction.message = {77};
    message::Recipient you;
    you.address = you.original = {"you", "us.test"};
    Verdict verdict = world.run(chain->at_mail(transaction));
    if (verdict.accepted()) verdict = world.run(chain->at_rcpt(transaction, you));
    if (verdict.accepted()) transaction.envelope.recipients.push_back(you);
    if (verdict.accepted()) verdict = world.run(chain->at_data(transaction));
    transaction.header = header;
    transaction.received_bytes = octets.text.size();
    if (verdict.accepted()) {
      verdict.edits = earlier;
      world.run(chain->at_end_of_data({transaction, *known, octets, verdict}));
    }
    findings = chain->findings();
    world.run(chain->abort());
    return verdict;
  }

  std::string result(const Verdict& verdict) const {
    auto content = message::Content::whole(octets.text.size());
    content.apply(verdict.edits);
    return content.assemble(octets.text);
  }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.10"}};
  dns::ZoneResolver zone{"client.test A 192.0.2.1\n1.2.0.192.in-addr.arpa PTR client.test"};
  std::shared_ptr<Settings> settings = std::make_shared<Settings>();
  std::shared_ptr<const directory::Snapshot> known;
  std::vector<std::unique_ptr<Script>> scripts;
  Transaction transaction;
  Octets octets;
  std::vector<message::Edit> earlier;
  std::unique_ptr<FilterChain> chain;
  std::vector<FilterFinding> findings;
  io::TaskGroup tasks;
};

const std::string every_change =
    packet('h', "X-Last\0end\0"s) + packet('i', number(0) + "X-First\0one\n two\0"s) +
    packet('m', number(2) + "x-old\0changed\0"s) + packet('m', number(1) + "Subject\0\0"s) +
    packet('b', "new\n") + packet('p', "") + packet('b', "body\r\n") +
    packet('+', "<me@us.test>\0"s) + packet('+', "<far@away.test>\0"s) +
    packet('+', "<nobody@us.test>\0"s) + packet('e', "<list@us.test>\0"s) + packet('c', "");
constexpr std::string_view changed =
    "X-First: one\r\n two\r\nFrom: <a@b.test>\r\nX-Old: 1\r\nX-old: changed\r\nX-Last: end\r\n"
    "\r\nnew\r\nbody\r\n";

TEST_F(FiltersTest, HearsTheWholeSession) {
  Script& script = add();
  EXPECT_EQ(run().kind, Verdict::Kind::accept);
  std::vector<std::string> without_macros;
  for (const std::string& one : script.heard) {
    if (!one.starts_with('D')) without_macros.push_back(one);
  }
  const std::vector<std::string> want = {"O" + number(6) + number(0x1ff) + number(0x1ff7ff),
                                         "Cclient.test|4\x0f\xa0"
                                         "192.0.2.1|",
                                         "Hclient.test|",
                                         "M<a@b.test>|",
                                         "R<you@us.test>|",
                                         "T",
                                         "LFrom|<a@b.test>|",
                                         "LSubject|hi|",
                                         "LX-Old|1|",
                                         "LX-Old|2|",
                                         "N",
                                         "B" + std::string(body),
                                         "E",
                                         "Q"};
  ASSERT_EQ(without_macros.size(), want.size());
  for (std::size_t i = 1; i < want.size(); ++i) EXPECT_EQ(without_macros[i], want[i]);
  const auto has = [&](std::string_view part) {
    return std::ranges::any_of(script.heard, [&](const std::string& one) {
      return one.starts_with('D') && one.find(part) != std::string::npos;
    });
  };
  EXPECT_TRUE(has("Cj|mx.us.test|"));
  EXPECT_TRUE(has("{client_addr}|192.0.2.1|"));
  EXPECT_TRUE(has("{mail_addr}|a@b.test|"));
  EXPECT_TRUE(has("{rcpt_addr}|you@us.test|"));
  EXPECT_TRUE(has("Ei|"));
}

TEST_F(FiltersTest, DoesEveryChange) {
  add().answers['E'] = every_change;
  const Verdict verdict = run();
  EXPECT_EQ(verdict.kind, Verdict::Kind::accept);
  std::string got = result(verdict);
  EXPECT_EQ(got.replace(got.find("x-old"), 1, "X"), changed);
  EXPECT_EQ(verdict.sender->text(), "list@us.test");
  ASSERT_EQ(verdict.recipients_added.size(), 2);
  EXPECT_EQ(verdict.recipients_added[1].address.text(), "far@away.test");
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].filter, "m1");
  EXPECT_EQ(findings[0].edits, 9);
  EXPECT_NE(findings[0].words.find("nobody@us.test"), std::string::npos);
}

// What the milter says in all is cut after each of its octets: all of its changes, or none.
TEST_F(FiltersTest, DyingAnywhereChangesNothing) {
  for (const FilterDefault action :
       {FilterDefault::tempfail, FilterDefault::accept, FilterDefault::reject}) {
    settings->filters.milters.clear();
    Script& script = add(action);
    script.answers['E'] = every_change;
    ASSERT_EQ(run().kind, Verdict::Kind::accept);
    const std::size_t whole = script.said;
    for (std::size_t octet = 0; octet < whole; ++octet) {
      script.said = 0;
      script.octets_max = octet;
      const Verdict verdict = run();
      const auto want = action == FilterDefault::tempfail ? Verdict::Kind::defer
                        : action == FilterDefault::reject ? Verdict::Kind::reject
                                                          : Verdict::Kind::accept;
      ASSERT_EQ(verdict.kind, want) << octet;
      EXPECT_TRUE(verdict.edits.empty()) << octet;
      EXPECT_TRUE(verdict.recipients_added.empty()) << octet;
      EXPECT_FALSE(verdict.sender) << octet;
      ASSERT_FALSE(findings.empty()) << octet;
      EXPECT_EQ(findings.back().action, "trouble");
    }
    script.said = 0;
    script.octets_max = whole;
    EXPECT_FALSE(run().edits.empty());
  }
}

TEST_F(FiltersTest, GivesTheirAnswersWhereTheyAreGiven) {
  const struct {
    char letter;
    std::string answer;
    Verdict::Kind kind;
    int code;
  } cases[] = {
      {'C', packet('r', ""), Verdict::Kind::reject, 554},
      {'C', packet('4', ""), Verdict::Kind::defer, 421},
      {'H', packet('t', ""), Verdict::Kind::defer, 451},
      {'M', packet('y', "552 5.3.4 big\0"s), Verdict::Kind::reject, 552},
      {'R', packet('y', "450 4.2.1 slow\0"s), Verdict::Kind::defer, 450},
      {'R', packet('d', ""), Verdict::Kind::discard, 0},
      {'T', packet('r', ""), Verdict::Kind::reject, 550},
      {'L', packet('r', ""), Verdict::Kind::reject, 550},
      {'N', packet('d', ""), Verdict::Kind::discard, 0},
      {'B', packet('t', ""), Verdict::Kind::defer, 451},
      {'E', packet('y', "554 5.7.0 no\0"s), Verdict::Kind::reject, 554},
      {'E', packet('q', "why\0"s) + packet('c', ""), Verdict::Kind::hold, 0},
      {'E', packet('-', "you@us.test\0"s) + packet('c', ""), Verdict::Kind::discard, 0},
      {'E', packet('h', "A\0b\0"s) + packet('r', ""), Verdict::Kind::reject, 550},
      {'M', packet('a', ""), Verdict::Kind::accept, 0},
      // Where they may not come: trouble, and that is tempfail.
      {'M', packet('h', "A\0b\0"s), Verdict::Kind::defer, 451},
      {'M', packet('p', ""), Verdict::Kind::defer, 451},
      {'M', packet('s', ""), Verdict::Kind::defer, 451},
      {'E', packet('s', ""), Verdict::Kind::defer, 451},
      {'E', packet('f', ""), Verdict::Kind::defer, 451},
      {'E', packet('+', "nonsense\0"s) + packet('c', ""), Verdict::Kind::defer, 451},
      {'E', packet('!', ""), Verdict::Kind::defer, 451},
      {'E', "", Verdict::Kind::defer, 451},  // silence
      {'O', packet('c', ""), Verdict::Kind::defer, 451},
  };
  for (const auto& c : cases) {
    settings->filters.milters.clear();
    add().answers[c.letter] = c.answer;
    const Verdict verdict = run();
    EXPECT_EQ(verdict.kind, c.kind) << c.letter << c.answer;
    EXPECT_EQ(verdict.reply.code, c.code) << c.letter << c.answer;
    EXPECT_TRUE(verdict.edits.empty());
    EXPECT_EQ(verdict.rule.empty(), c.kind == Verdict::Kind::accept) << c.letter;
  }
}

TEST_F(FiltersTest, DoesOnlyWhatWasAgreedOn) {
  Script& script = add();
  script.actions = milter::action::quarantine;
  script.answers['E'] = every_change;
  EXPECT_EQ(run().kind, Verdict::Kind::defer);
}

TEST_F(FiltersTest, ShowsEachWhatTheOneBeforeChanged) {
  add().answers['E'] = every_change;
  Script& second = add();
  second.flags = milter::flag::no_reply_headers | milter::flag::header_leading_space;
  second.answers['E'] = packet('m', number(1) + "X-Last\0 again\0"s) + packet('c', "");
  const Verdict verdict = run();
  EXPECT_NE(std::ranges::find(second.heard, "LX-First| one\n two|"), second.heard.end());
  EXPECT_NE(std::ranges::find(second.heard, "Bnew\r\nbody\r\n"), second.heard.end());
  EXPECT_EQ(std::ranges::find(second.heard, "LSubject| hi|"), second.heard.end());
  EXPECT_NE(result(verdict).find("X-Last: again\r\n\r\nnew\r\n"), std::string::npos);
}

TEST_F(FiltersTest, ForgetsTheFirstOnesChangesWhenTheSecondRefuses) {
  add().answers['E'] = every_change;
  add().answers['E'] = packet('t', "");
  const Verdict verdict = run();
  EXPECT_EQ(verdict.kind, Verdict::Kind::defer);
  EXPECT_TRUE(verdict.edits.empty());
  EXPECT_EQ(verdict.rule, "filter m2");
  EXPECT_EQ(findings.size(), 2);
}

TEST_F(FiltersTest, SeesEarlierEditsAndKeepsThem) {
  // Somebody has cut X-Old: 1 and recoded the body's first word.
  const std::size_t old = header.find("X-Old");
  earlier = {{old, 10, ""}, {header.size() + 2, 5, "FIRST"}, {header.size(), 0, "Date: x\r\n"}};
  Script& script = add();
  script.answers['E'] = packet('h', "A\0b\0"s) + packet('c', "");
  const std::string want =
      "From: <a@b.test>\r\nSubject: hi\r\nX-Old: 2\r\nDate: x\r\nA: b\r\n"
      "\r\nFIRST line\r\nsecond line\r\n";
  EXPECT_EQ(result(run()), want);
  EXPECT_NE(std::ranges::find(script.heard, "LDate|x|"), script.heard.end());
  EXPECT_NE(std::ranges::find(script.heard, "BFIRST line\r\nsecond line\r\n"), script.heard.end());
}

TEST_F(FiltersTest, FindsALostOneAgain) {
  Script& script = add();
  script.answers['M'] = packet('!', "");
  chain = filters_maker({host.doors(), zone, nullptr})(transaction, settings);
  (void)world.run(chain->at_connect(transaction));
  EXPECT_EQ(message().kind, Verdict::Kind::defer);
  script.answers.erase('M');
  EXPECT_EQ(message().kind, Verdict::Kind::accept);
  EXPECT_EQ(message().kind, Verdict::Kind::accept);
  EXPECT_EQ(script.connections, 2);
  world.run(chain->end());
}

TEST_F(FiltersTest, LeavesSubmissionsAloneWhenTold) {
  Script& script = add();
  settings->filters.milters[0].submissions = false;
  transaction.login = "you@us.test";
  script.answers['M'] = packet('r', "");
  EXPECT_EQ(run().kind, Verdict::Kind::accept);
}

}  // namespace
}  // namespace policy
