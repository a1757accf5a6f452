// Tests of key_book.h: what a crash at each instant leaves.
#include "admin/sending/key_book.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace sending {
namespace {

constexpr base::Time start{std::chrono::seconds(1'800'000'000)};
constexpr base::MessageId message{0x1234567890};

class KeyBookTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("key_book_" + std::to_string(::getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<KeyBook> open(std::size_t keys_max = 100, base::Time now = start) {
    auto book = KeyBook::open((folder_ / "keys.db").string(), keys_max, now);
    EXPECT_TRUE(book) << book.error().text();
    return std::move(*book);
  }
  static KeyBook::Row row(std::string name) {
    return {.name = std::move(name), .asked = "this", .message = message, .answer = "{}"};
  }

  std::filesystem::path folder_;
};

TEST_F(KeyBookTest, WhatWasSettledIsAnsweredAgain) {
  ASSERT_TRUE(open()->note(row("a"), start));
  ASSERT_TRUE(open()->settle("a"));
  auto book = open();
  ASSERT_TRUE(book->end_replay());
  const auto found = book->find("a", start);
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE((*found)->settled);
  EXPECT_EQ((*found)->asked, "this");
  EXPECT_EQ((*found)->message, message);
}

TEST_F(KeyBookTest, AMessageThatWasNeverCommittedIsForgotten) {
  ASSERT_TRUE(open()->note(row("a"), start));
  auto book = open();
  EXPECT_FALSE((*book->find("a", start))->settled);
  book->replayed({7});  // another one
  ASSERT_TRUE(book->end_replay());
  EXPECT_FALSE(*book->find("a", start));
}

TEST_F(KeyBookTest, AMessageThatTheQueueStillHasWasSent) {
  ASSERT_TRUE(open()->note(row("a"), start));
  {
    auto book = open();
    book->replayed(message);
    // Killed again before the replay ends: it is settled already.
  }
  auto book = open();
  ASSERT_TRUE(book->end_replay());
  EXPECT_TRUE((*book->find("a", start))->settled);
}

TEST_F(KeyBookTest, KeysAreForgottenAfterADay) {
  auto book = open();
  ASSERT_TRUE(book->note(row("a"), start));
  EXPECT_TRUE(*book->find("a", start + KeyBook::keep_for));
  EXPECT_FALSE(*book->find("a", start + KeyBook::keep_for + std::chrono::seconds(1)));
}

TEST_F(KeyBookTest, HasItsLimit) {
  auto book = open(2);
  ASSERT_TRUE(book->note(row("a"), start));
  ASSERT_TRUE(book->note(row("b"), start));
  const auto third = book->note(row("c"), start);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, base::ErrorKind::limit);
  EXPECT_TRUE(book->note(row("c"), start + std::chrono::hours(25)));
}

TEST_F(KeyBookTest, AFileOfBeforeFormatsWereCountedIsOpened) {
  ASSERT_TRUE(open()->note(row("a"), start));
  const std::string path = (folder_ / "keys.db").string();
  ASSERT_TRUE(directory::Database::open(path).value()->execute("PRAGMA user_version = 0"));
  EXPECT_TRUE(open()->find("a", start).value());
  EXPECT_EQ(directory::Database::open(path).value()->number("PRAGMA user_version").value(), 1);
}

}  // namespace
}  // namespace sending
