// Tests of draft.h: what has arrived is read back before it is committed, memory and disk alike.
#include "queue/journal/draft.h"

#include <gtest/gtest.h>

#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

io::Task<base::Result<std::unique_ptr<Draft>>> filled(Store* store, std::string body,
                                                      std::size_t step) {
  auto draft = store->open_draft();
  for (std::size_t at = 0; at < body.size(); at += step) {
    auto done = co_await draft->append(body.substr(at, step));
    if (!done) co_return std::unexpected(done.error());
  }
  co_return draft;
}

io::Task<base::Result<>> commit_read(Store* store, std::unique_ptr<Draft> draft, std::string body) {
  MessageInfo info = make_info(1);
  info.content = message::Content::whole(body.size());
  co_return co_await store->commit(std::move(draft), std::move(info));
}

// Chunks of 1024 octets: spans within one, across borders, across several, and beyond the end.
TEST(Draft, ReadsAnySpanOfWhatHasCome) {
  for (const std::size_t size : {0U, 1U, 1023U, 1024U, 1025U, 2048U, 2500U, 5000U}) {
    for (const std::size_t step : {1U, 100U, 1024U, 3000U, 100'000U}) {
      Machine machine;
      ASSERT_TRUE(machine.start());
      const std::string body = make_body(1, size);
      auto draft = machine.world.run(filled(machine.journal.get(), body, step));
      ASSERT_TRUE(draft);
      EXPECT_EQ((*draft)->size(), size);
      for (const std::uint64_t offset :
           {0U, 1U, 1022U, 1023U, 1024U, 1025U, 2047U, 2048U, 2400U, 4096U, 4999U, 5000U, 9999U}) {
        for (const std::uint64_t length :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1024},
              std::uint64_t{1025}, std::uint64_t{4000}, UINT64_MAX}) {
          const auto span = machine.world.run((*draft)->read(offset, length));
          ASSERT_TRUE(span) << span.error().text();
          EXPECT_EQ(*span, offset < size ? body.substr(offset, length) : "")
              << size << " in steps of " << step << ": " << offset << "+" << length;
        }
      }
    }
  }
}

TEST(Draft, ReadingChangesNothing) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  const std::string body = make_body(1, 5000);
  auto draft = machine.world.run(filled(machine.journal.get(), body, 700));
  ASSERT_TRUE(draft);
  EXPECT_EQ(machine.world.run((*draft)->read(0, body.size())), body);
  ASSERT_TRUE(machine.world.run(commit_read(machine.journal.get(), std::move(*draft), body)));
  machine.restart();
  EXPECT_EQ(machine.body(1), body);
}

// More than a segment holds: its first chunks lie in a segment that is full already.
TEST(Draft, LargerThanASegment) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  const std::string body = make_body(1, 100'000);
  auto draft = machine.world.run(filled(machine.journal.get(), body, 16'000));
  ASSERT_TRUE(draft);
  std::string read;
  for (std::uint64_t at = 0; at < body.size(); at += 3'333) {
    auto span = machine.world.run((*draft)->read(at, 3'333));
    ASSERT_TRUE(span) << span.error().text();
    read += *span;
  }
  EXPECT_EQ(read, body);
}

io::Task<base::Result<>> commit_draft(Store* store, std::unique_ptr<Draft> draft,
                                      std::uint64_t id) {
  MessageInfo info = make_info(id);
  info.content = message::Content::whole(draft->size());
  co_return co_await store->commit(std::move(draft), std::move(info));
}

// However many arrive at once, what they hold in memory stays small, and nothing of it is lost.
TEST(Draft, ManyAtOnceShareTheirMemory) {
  constexpr std::uint64_t count = 20;
  constexpr std::size_t bytes = 60'000;
  Machine machine;
  machine.settings.segment_bytes = 1ULL << 20U;
  machine.settings.draft_chunk_bytes = 64ULL << 10U;
  machine.settings.draft_memory_bytes_max = 100'000;
  ASSERT_TRUE(machine.start());
  std::vector<std::unique_ptr<Draft>> drafts;
  std::uint64_t in_memory = 0;
  for (std::uint64_t id = 1; id <= count; ++id) {
    auto draft = machine.world.run(filled(machine.journal.get(), make_body(id, bytes), 1'000));
    ASSERT_TRUE(draft);
    auto& ours = static_cast<JournalDraft&>(**draft);
    in_memory += ours.tail().size();
    EXPECT_EQ(ours.chunks().empty(), id == 1) << id;
    EXPECT_EQ(machine.world.run(ours.read(0, bytes)), make_body(id, bytes));
    drafts.push_back(std::move(*draft));
  }
  EXPECT_LE(in_memory, 100'000 + count * crowded_draft_bytes_max);
  for (std::uint64_t id = 1; id <= count; ++id) {
    ASSERT_TRUE(
        machine.world.run(commit_draft(machine.journal.get(), std::move(drafts[id - 1]), id)));
  }
  // Room again: one that comes now is kept whole.
  auto later = machine.world.run(filled(machine.journal.get(), make_body(99, bytes), 1'000));
  ASSERT_TRUE(later);
  EXPECT_TRUE(static_cast<JournalDraft&>(**later).chunks().empty());
  later->reset();
  machine.restart();
  for (std::uint64_t id = 1; id <= count; ++id) {
    EXPECT_EQ(machine.body(id), make_body(id, bytes)) << id;
  }
}

TEST(Draft, AFailedDraftIsNotRead) {
  Machine machine;
  machine.settings.disk_reserve_bytes = UINT64_MAX;
  ASSERT_TRUE(machine.start());
  auto draft = machine.journal->open_draft();
  const auto failed = machine.world.run(draft->append(make_body(1, 5000)));
  if (failed) GTEST_FAIL() << "a full disk was not noticed";
  EXPECT_EQ(machine.world.run(draft->read(0, 1)).error().kind, base::ErrorKind::no_space);
}

}  // namespace
}  // namespace queue::journal
