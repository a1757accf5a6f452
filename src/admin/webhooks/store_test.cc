// Tests of store.h: order per message, parking, limits.
#include "admin/webhooks/store.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace webhooks {
namespace {

constexpr base::Time start{std::chrono::seconds(1'800'000'000)};
constexpr base::Duration second = std::chrono::seconds(1);

class WebhookStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = std::move(*Store::open(":memory:"));
    Hook hook;
    hook.name = "shop";
    hook.url = "https://example.org/";
    hook.created = start;
    ASSERT_TRUE(store_->add(hook, 10));
  }
  Store::Added add(std::initializer_list<std::pair<std::string, std::string>> events,
                   std::size_t max = 100) {
    std::vector<Store::News> news;
    for (const auto& [id, message] : events) {
      Happening what;
      what.id = id;
      what.message = message;
      what.body = id;
      news.push_back({.hook = "shop", .happening = what});
    }
    return *store_->add(news, max, start);
  }
  std::string due(base::Time now) {
    std::string out;
    for (const Waiting& event : store_->due("shop", now, 100)->events) out += event.id + " ";
    return out;
  }
  Waiting first(base::Time now) { return store_->due("shop", now, 1)->events.front(); }

  std::unique_ptr<Store> store_;
};

TEST_F(WebhookStoreTest, EventsOfOneMessageWaitForEachOther) {
  add({{"a1", "a"}, {"b1", "b"}, {"a2", "a"}, {"r1", ""}, {"r2", ""}});
  EXPECT_EQ(due(start), "a1 b1 r1 r2 ");
  ASSERT_TRUE(store_->put_off(first(start), start + second));
  EXPECT_EQ(due(start), "b1 r1 r2 ");
  EXPECT_EQ(due(start + second), "b1 r1 r2 a1 ");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store_->told(first(start), start));
  EXPECT_EQ(due(start), "");
  ASSERT_TRUE(store_->told(first(start + second), start + second));
  EXPECT_EQ(due(start + second), "a2 ");
  ASSERT_TRUE(store_->told(first(start + second), start + second));
  EXPECT_FALSE(store_->due("shop", start + second, 1)->more);
}

TEST_F(WebhookStoreTest, WhatIsParkedLetsTheNextGoAndComesBack) {
  add({{"a1", "a"}, {"a2", "a"}, {"a3", "a"}});
  ASSERT_TRUE(store_->park(first(start), start));
  EXPECT_EQ(due(start), "a2 ");
  EXPECT_EQ(store_->counts()->at("shop").parked, 1U);
  EXPECT_EQ(*store_->unpark("shop", start), 1U);
  EXPECT_EQ(due(start), "a2 ") << "one at a time";
  ASSERT_TRUE(store_->told(first(start), start));
  EXPECT_EQ(due(start), "a1 ");
  ASSERT_TRUE(store_->park(first(start), start));
  ASSERT_TRUE(store_->told(first(start), start));
  EXPECT_EQ(*store_->unpark("shop", start), 1U);
  EXPECT_EQ(due(start), "a1 ");
  ASSERT_TRUE(store_->park(first(start), start));
  ASSERT_TRUE(store_->expire(start + second));
  EXPECT_TRUE(store_->counts()->empty());
}

TEST_F(WebhookStoreTest, TheSameEventWaitsOnce) {
  EXPECT_EQ(add({{"a1", "a"}, {"a1", "a"}}).added, 1U);
  EXPECT_EQ(add({{"a1", "a"}}).added, 0U);
  ASSERT_TRUE(store_->park(first(start), start));
  EXPECT_EQ(add({{"a1", "a"}}).added, 1U) << "a parked one waits again";
  EXPECT_EQ(due(start), "a1 ");
}

TEST_F(WebhookStoreTest, HasLimits) {
  const auto added = add({{"a", "a"}, {"b", "b"}, {"c", "c"}}, 2);
  EXPECT_EQ(added.added, 2U);
  EXPECT_EQ(added.dropped, 1U);
  Hook hook;
  hook.name = "shop";
  EXPECT_EQ(store_->add(hook, 10).error().kind, base::ErrorKind::exists);
  hook.name = "another";
  EXPECT_EQ(store_->add(hook, 1).error().kind, base::ErrorKind::limit);
  EXPECT_EQ(store_->remove("nobody").error().kind, base::ErrorKind::not_found);
  ASSERT_TRUE(store_->remove("shop"));
  EXPECT_TRUE(store_->counts()->empty()) << "what waited for it goes, too";
}

TEST(WebhookStore, AFileOfBeforeFormatsWereCountedIsOpened) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("webhook_store_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "webhooks.db").string();
  Hook hook;
  hook.name = "shop";
  ASSERT_TRUE(Store::open(path).value()->add(hook, 10));
  ASSERT_TRUE(directory::Database::open(path).value()->execute("PRAGMA user_version = 0"));
  EXPECT_EQ(Store::open(path).value()->hooks().value().size(), 1U);
  ASSERT_TRUE(directory::Database::open(path).value()->execute("PRAGMA user_version = 2"));
  EXPECT_EQ(Store::open(path).error().kind, base::ErrorKind::unsupported);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace webhooks
