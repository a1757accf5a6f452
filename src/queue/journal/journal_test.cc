// Tests of journal.h: what was committed is found again; streams; sizes.
#include "queue/journal/journal.h"

#include <gtest/gtest.h>

#include "lib/io/task_group.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;

TEST(Journal, AnEmptyFolder) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  EXPECT_TRUE(machine.found.empty());
  EXPECT_EQ(machine.journal->trouble(), "");
  EXPECT_EQ(machine.body(1).error().kind, base::ErrorKind::not_found);
  EXPECT_EQ(machine.read(1).error().kind, base::ErrorKind::not_found);
  machine.restart();
  EXPECT_TRUE(machine.segments().empty()) << "nothing written, nothing left";
}

TEST(Journal, RoundTrip) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  const std::vector<std::size_t> sizes = {0, 1, 100, 1024, 1025, 5000, 30'000};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_TRUE(machine.commit(i + 1, make_body(i, sizes[i]), 2)) << sizes[i];
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const auto body = machine.body(i + 1);
      ASSERT_TRUE(body) << body.error().text();
      EXPECT_EQ(*body, make_body(i, sizes[i]));
      const auto stored = machine.read(i + 1);
      ASSERT_TRUE(stored) << stored.error().text();
      EXPECT_EQ(stored->info.envelope, make_info(i + 1, 2).envelope);
      EXPECT_EQ(stored->info.received_bytes, sizes[i]);
      EXPECT_EQ(stored->info.content.assemble(*body),
                "Received: from a.example by b.example\r\n" + *body);
    }
    machine.restart();
    EXPECT_EQ(machine.found.size(), sizes.size());
    EXPECT_EQ(machine.report.messages, sizes.size());
    EXPECT_EQ(machine.found.at(3).info.envelope, make_info(3, 2).envelope);
    EXPECT_TRUE(machine.found.at(3).info.content.pieces().empty()) << "read() gives it";
    EXPECT_EQ(machine.report.torn_bytes, 0U);
    EXPECT_TRUE(machine.report.damages.empty());
  }
}

TEST(Journal, SpansOfABody) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  const std::string body = make_body(1, 5000);
  ASSERT_TRUE(machine.commit(1, body));
  for (const std::uint64_t offset :
       {0U, 1U, 1023U, 1024U, 1025U, 4095U, 4096U, 4999U, 5000U, 9000U}) {
    for (const std::uint64_t length : {0U, 1U, 1024U, 3000U, 9000U}) {
      const auto span = machine.world.run(machine.journal->read_body({1}, offset, length));
      ASSERT_TRUE(span);
      const std::string expected = offset < body.size() ? body.substr(offset, length) : "";
      EXPECT_EQ(span->view(), expected) << offset << " " << length;
    }
  }
}

TEST(Journal, WhatIsBeingReadOutlivesItsMessage) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, make_body(1, 5000)));
  const auto part = machine.world.run(machine.journal->read_body({1}, 1000, 3000));
  ASSERT_TRUE(part);
  machine.journal->forget_body({1});
  ASSERT_TRUE(machine.finish(1));
  EXPECT_EQ(part->view(), make_body(1, 5000).substr(1000, 3000));
}

TEST(Journal, BodiesStayInMemoryUntilTheFirstAttempt) {
  Machine machine;
  machine.settings.body_memory_bytes_max = 1500;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, make_body(1, 900)));
  ASSERT_TRUE(machine.commit(2, make_body(2, 900)));  // beyond the budget
  const auto before = machine.disk().operations();
  EXPECT_EQ(machine.body(1), make_body(1, 900));
  EXPECT_EQ(machine.disk().operations(), before);
  EXPECT_EQ(machine.body(2), make_body(2, 900));
  EXPECT_GT(machine.disk().operations(), before);
  ASSERT_TRUE(machine.defer(make_defer(1, 1)));
  const auto after = machine.disk().operations();
  EXPECT_EQ(machine.body(1), make_body(1, 900));
  EXPECT_GT(machine.disk().operations(), after);
  ASSERT_TRUE(machine.commit(3, make_body(3, 900)));  // there is room again
  const auto last = machine.disk().operations();
  EXPECT_EQ(machine.body(3), make_body(3, 900));
  EXPECT_EQ(machine.disk().operations(), last);
}

TEST(Journal, StateOfAMessageThatWaits) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "x", 3));
  Finish partial{{1}, {{1, RecipientState::delivered}}, false, ""};
  ASSERT_TRUE(machine.finish({partial}));
  ASSERT_TRUE(machine.defer(make_defer(1, 1)));
  Defer held = make_defer(1, 2);
  held.hold = true;
  held.hold_reason = "by root";
  ASSERT_TRUE(machine.defer(held));
  partial.ends = {{2, RecipientState::failed}};
  ASSERT_TRUE(machine.finish({partial}));
  for (int round = 0; round < 4; ++round) {
    const auto stored = round == 0 ? *machine.read(1) : machine.found.at(1);
    EXPECT_EQ(stored.states, (std::vector{RecipientState::pending, RecipientState::delivered,
                                          RecipientState::failed}));
    EXPECT_EQ(stored.attempts, 2U);
    EXPECT_EQ(stored.last_reply, held.last_reply);
    EXPECT_EQ(stored.next_attempt, held.next_attempt);
    EXPECT_TRUE(stored.hold);
    EXPECT_EQ(stored.hold_reason, "by root");
    if (round % 2 == 0) {
      machine.restart();
    } else {
      machine.crash();
      ASSERT_TRUE(machine.start());
    }
    EXPECT_EQ(machine.read(1)->attempts, 2U);
  }
}

TEST(Journal, AWholeDestinationIsOneRecord) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  Defer defer = make_defer(0, 1);
  defer.destination = "mx:example.org";
  ASSERT_TRUE(machine.defer(defer));
  defer.attempts = 2;
  ASSERT_TRUE(machine.defer(defer));
  Defer past = defer;
  past.destination = "mx:past.example";
  past.next_attempt = machine.world.wall() - 1s;
  ASSERT_TRUE(machine.defer(past));
  for (std::uint64_t id = 1; id < 40; ++id) {  // several segments later
    ASSERT_TRUE(machine.commit(id, make_body(id, 1000)));
    ASSERT_TRUE(machine.finish(id));
    machine.world.run_for(2s);
  }
  for (int round = 0; round < 3; ++round) {
    machine.restart();
    ASSERT_EQ(machine.report.destinations.size(), 1U);
    EXPECT_EQ(machine.report.destinations[0].destination, "mx:example.org");
    EXPECT_EQ(machine.report.destinations[0].attempts, 2U);
    ASSERT_TRUE(machine.commit(100U + static_cast<unsigned>(round), "x"));
  }
}

// They are said again at the beginning of each segment, however many there are.
TEST(Journal, ManyDestinationsLeaveRoomForMail) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  for (std::uint32_t i = 0; i < 40; ++i) {
    Defer defer = make_defer(0, 1);
    defer.destination = "mx:" + std::to_string(i) + ".example";
    defer.last_reply = std::string(2000, 'x');
    ASSERT_TRUE(machine.defer(defer));
  }
  const std::size_t before = machine.segments().size();
  const Ids kept = commit_some(machine, 1, 61);
  EXPECT_LE(machine.segments().size(), before + 6);
  const auto writes = machine.disk().writes();
  machine.world.run_for(1min);
  EXPECT_LE(machine.disk().writes(), writes + 20) << "compaction comes to an end";
  machine.restart();
  EXPECT_EQ(machine.report.destinations.size(), 40U);
  EXPECT_EQ(found_ids(machine), kept);
}

TEST(Journal, AQueueThatGrowsKeepsFewFilesOpen) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  const Ids kept = commit_some(machine, 1, 1600);
  EXPECT_GT(machine.segments().size(), 90U);
  EXPECT_LE(machine.disk().files_open(), 70U);
  for (const std::uint64_t id : kept) ASSERT_EQ(machine.body(id), make_body(id, 900));
  EXPECT_LE(machine.disk().files_open(), 70U);
}

TEST(Journal, AbandonedDraftsLeaveNothing) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  {
    auto draft = machine.journal->open_draft();
    ASSERT_TRUE(machine.world.run(draft->append(make_body(1, 20'000))));
    EXPECT_EQ(draft->size(), 20'000U);
  }
  auto kept = machine.journal->open_draft();
  ASSERT_TRUE(machine.world.run(kept->append(make_body(2, 5000))));
  ASSERT_TRUE(machine.commit(3, "x"));
  machine.stop();
  kept.reset();  // later than the journal
  ASSERT_TRUE(machine.start());
  EXPECT_EQ(machine.found.size(), 1U);
  machine.world.run_for(5s);
  EXPECT_LE(machine.segments().size(), 1U) << "dead chunks are given back";
}

TEST(Journal, StreamsWhenTheNumberOfLoopsChanges) {
  Machine machine;
  std::vector<std::unique_ptr<Journal>> journals;
  const auto settings = std::make_shared<const Settings>(machine.settings);
  std::set<std::uint64_t> expected;
  std::uint64_t next_id = 1;
  for (const unsigned loops : {1U, 4U, 2U, 3U, 1U, 5U, 1U}) {
    const auto existing = list_streams(machine.host.doors().files, machine.settings.journal_folder);
    ASSERT_TRUE(existing);
    std::set<std::uint64_t> found;
    for (unsigned loop = 0; loop < loops; ++loop) {
      journals.push_back(
          Journal::make(machine.host.doors(), settings, claim_streams(*existing, loop, loops)));
      auto& journal = *journals.back();
      std::vector<std::uint64_t> here;
      ASSERT_TRUE(machine.world.run(journal.load([&](const Stored& stored) {
        EXPECT_TRUE(found.insert(stored.info.id.value).second);
        here.push_back(stored.info.id.value);
      })));
      for (const std::uint64_t id : here) {
        EXPECT_EQ(machine.world.run(journal.read_body({id}, 0, 9999))->view(), make_body(id, 700));
        if (id % 3 != 0) continue;
        expected.erase(id);  // its end goes to its home stream, whoever has that now
        ASSERT_TRUE(machine.world.run(journal.finish({make_end(id)}, {})));
      }
      for (int i = 0; i < 10; ++i) {
        const std::uint64_t id = next_id++;
        expected.insert(id);
        ASSERT_TRUE(
            machine.world.run(commit_message(journal, make_info(id), make_body(id, 700), 700)));
      }
      const auto ended = std::ranges::count_if(here, [](auto id) { return id % 3 == 0; });
      std::set<std::uint64_t> live;
      journal.each_live([&live](MessageId id) { EXPECT_TRUE(live.insert(id.value).second); });
      EXPECT_EQ(live.size(), here.size() - static_cast<std::size_t>(ended) + 10);
      EXPECT_EQ(journal.live_count(), live.size());
    }
    std::set<std::uint64_t> before = expected;
    for (const std::uint64_t id : before) {
      if (id < next_id - (10U * loops)) EXPECT_TRUE(found.contains(id)) << id;
    }
    for (auto& journal : journals) machine.world.run(journal->close());
    journals.clear();
  }
  ASSERT_TRUE(machine.start(claim_streams(
      *list_streams(machine.host.doors().files, machine.settings.journal_folder), 0, 1)));
  std::set<std::uint64_t> found;
  for (const auto& [id, stored] : machine.found) found.insert(id);
  EXPECT_EQ(found, expected);
  for (const std::uint64_t id : found) ASSERT_TRUE(machine.finish(id));
  machine.world.run_for(10s);
  const auto left = list_streams(machine.host.doors().files, machine.settings.journal_folder);
  EXPECT_EQ(*left, (std::vector<std::uint32_t>{0})) << "adopted streams disappear with their mail";
}

TEST(Journal, ClaimsCoverEveryStreamOnce) {
  const std::vector<std::uint32_t> existing = {0, 1, 2, 3, 7, 9};
  for (unsigned loops = 1; loops < 12; ++loops) {
    std::multiset<std::uint32_t> claimed;
    for (unsigned loop = 0; loop < loops; ++loop) {
      const Claim claim = claim_streams(existing, loop, loops);
      EXPECT_EQ(claim.own, loop);
      claimed.insert(claim.own);
      claimed.insert(claim.adopted.begin(), claim.adopted.end());
    }
    for (const std::uint32_t stream : existing) EXPECT_EQ(claimed.count(stream), 1U);
  }
}

TEST(Journal, AGroupLargerThanASegment) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "x"));
  std::vector<NewMessage> fresh;
  for (std::uint64_t id = 2; id < 12; ++id) fresh.push_back({make_info(id), make_body(id, 9000)});
  ASSERT_TRUE(machine.finish({make_end(1)}, fresh));
  ASSERT_TRUE(machine.commit(20, "y"));
  machine.restart();
  EXPECT_EQ(machine.found.size(), 11U);
  EXPECT_EQ(machine.body(11), make_body(11, 9000));
}

TEST(Journal, EndsOfUnknownMessagesAreNothing) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  EXPECT_TRUE(machine.finish(77));
  EXPECT_TRUE(machine.defer(make_defer(77, 1)));
  ASSERT_TRUE(machine.commit(1, "x"));
  ASSERT_TRUE(machine.finish({make_end(1), make_end(1), make_end(77)}));
  EXPECT_TRUE(machine.finish(1));
  machine.restart();
  EXPECT_TRUE(machine.found.empty());
}

TEST(Journal, ANewerFormatIsNotTouched) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "x"));
  machine.stop();
  const std::string name = machine.settings.journal_folder + "/" + machine.segments().at(0);
  SegmentHeader header = *decode_segment_header(machine.disk().content(name));
  header.version = format_version + 1;
  const std::string bytes = encode(header);
  const std::string_view piece = bytes;
  auto file = machine.host.doors().files.open(name, io::OpenMode::write);
  ASSERT_TRUE((*file)->write_at(0, std::span(&piece, 1)));
  const auto started = machine.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, base::ErrorKind::unsupported);
}

TEST(Journal, Version1IsReadAndGoesOn) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "x"));
  machine.stop();
  const std::string name = machine.settings.journal_folder + "/" + machine.segments().at(0);
  SegmentHeader header = *decode_segment_header(machine.disk().content(name));
  header.version = 1;
  const std::string bytes = encode(header);
  const std::string_view piece = bytes;
  {
    auto file = machine.host.doors().files.open(name, io::OpenMode::write);
    ASSERT_TRUE((*file)->write_at(0, std::span(&piece, 1)));
    ASSERT_TRUE((*file)->sync());
  }
  ASSERT_TRUE(machine.start());
  EXPECT_EQ(machine.found.size(), 1U);
  ASSERT_TRUE(machine.commit(2, "y"));
  machine.restart();
  EXPECT_EQ(machine.found.size(), 2U);
}

// The rule of docs/journal.md: a start reads a tenth of the bytes at most.
TEST(Journal, AStartReadsATenth) {
  Machine machine;
  machine.settings.segment_bytes = 4 << 20;
  machine.settings.draft_chunk_bytes = 256 << 10;
  ASSERT_TRUE(machine.start());
  constexpr std::uint64_t messages = 10'000;
  std::size_t done = 0;
  io::TaskGroup group;
  for (std::uint64_t id = 1; id <= messages; ++id) {
    group.spawn([](Store* store, std::uint64_t number, std::size_t* count) -> io::Task<void> {
      auto info = make_info(number, 2);
      if (co_await commit_message(*store, info, make_body(number, 4096), 4096)) ++*count;
    }(machine.journal.get(), id, &done));
  }
  machine.world.run(group.join());
  ASSERT_EQ(done, messages);
  machine.restart();
  EXPECT_EQ(machine.found.size(), messages);
  const std::uint64_t bytes = machine.journal->usage().bytes;
  EXPECT_GT(bytes, messages * 4096);
  EXPECT_LT(machine.report.bytes_read * 10, bytes);
}

}  // namespace
}  // namespace queue::journal
