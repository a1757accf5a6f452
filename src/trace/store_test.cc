// Tests of the trace store and its reader: finding, rotating, forgetting, crashes, full disks.
#include "trace/store.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "trace/reader.h"

namespace trace {
namespace {

using Names = std::vector<std::string>;

class TraceStoreTest : public testing::Test {
 protected:
  TraceStoreTest() {
    settings_.folder = "/state/trace";
    open();
  }
  void open() {
    auto store = TraceStore::open(files(), settings_);
    ASSERT_TRUE(store) << store.error().text();
    store_ = std::move(*store);
  }
  [[nodiscard]] io::Files& files() { return host_.doors().files; }

  void emit(std::string_view name, std::uint64_t session, std::uint64_t message,
            std::vector<std::pair<std::string_view, std::string>> fields = {}) {
    base::Event event;
    event.name = name;
    now_ += std::chrono::milliseconds(1);
    event.time = now_;
    event.session = {session};
    event.message = {message};
    event.fields = std::move(fields);
    store_->emit(event);
  }
  // Session 1 brings messages 11 and 12, session 2 message 21.
  void emit_a_day() {
    emit("session.connect", 1, 0, {{"peer", "192.0.2.1"}});
    emit("recipient.refused", 1, 0, {{"from", "a@x.test"}, {"to", "nobody@demo.test"}});
    emit("message.accepted", 1, 11, {{"from", "A@x.test"}, {"to", "you@demo.test,an@demo.test"}});
    emit("session.connect", 2, 0);
    emit("recipient.delivered", 0, 11, {{"to", "you@demo.test"}});
    emit("message.accepted", 2, 21, {{"from", "b@x.test"}, {"to", "an@demo.test"}});
    emit("session.command_refused", 1, 0, {{"command", "VRFY"}});
    emit("message.accepted", 1, 12, {{"from", "c@x.test"}, {"to", "<you@demo.test>"}});
    emit("session.end", 1, 0);
    emit("message.done", 0, 11);
  }
  [[nodiscard]] Names find(std::string_view what, std::size_t max = 100) {
    return names(store_->find(what, max, now_));
  }
  // As the command line does while no server runs.
  [[nodiscard]] Names find_alone(std::string_view what) {
    return names(find_events(files(), settings_.folder, std::vector{std::string(what)}, 100));
  }
  static Names names(const base::Result<std::vector<StoredEvent>>& events) {
    if (!events) return {events.error().text()};
    Names out;
    for (const auto& event : *events) out.push_back(event.name);
    return out;
  }
  static std::string id(std::uint64_t message) { return base::MessageId{message}.text(); }
  static std::string session(std::uint64_t value) { return base::SessionId{value}.text(); }
  [[nodiscard]] std::size_t file_count() {
    return trace_files(files(), settings_.folder).value().size();
  }

  io::sim::World world_{1};
  io::sim::Host host_{world_, {"192.0.2.1"}};
  Settings settings_;
  base::Time now_ = base::parse_time("2026-11-23T14:00:00.000Z").value();
  std::unique_ptr<TraceStore> store_;
};

const Names of_message_11 = {"session.connect", "message.accepted", "recipient.delivered",
                             "message.done"};

TEST_F(TraceStoreTest, FindsInMemoryInFilesAndWithoutAServer) {
  emit_a_day();
  const auto check = [](const auto& look) {
    EXPECT_EQ(look(id(11)), of_message_11);
    EXPECT_EQ(look(id(12)),
              (Names{"session.connect", "session.command_refused", "message.accepted"}));
    EXPECT_EQ(look(session(2)), (Names{"session.connect", "message.accepted"}));
    EXPECT_EQ(look("  NOBODY@demo.test "), Names{"recipient.refused"});
    EXPECT_EQ(look("a@X.test"), (Names{"session.connect", "recipient.refused", "message.accepted",
                                       "recipient.delivered", "message.done"}));
    EXPECT_EQ(look("<an@demo.test>").size(), 6U);
    EXPECT_EQ(look("nobody@example.net"), Names{});
    EXPECT_EQ(look(id(99)), Names{});
  };
  check([this](const auto& what) { return find(what); });
  check([this](const auto& what) { return find_alone(what); });
  store_->close(now_);
  EXPECT_EQ(files().list(settings_.folder)->size(), 2U);  // with its index
  check([this](const auto& what) { return find(what); });
  check([this](const auto& what) { return find_alone(what); });
}

TEST_F(TraceStoreTest, WordsThatAreNoIds) {
  EXPECT_EQ(
      find("hello")[0],
      "invalid: \"hello\" is neither a message id (13 letters and digits) nor a session id (s "
      "and 13) nor an address");
}

TEST_F(TraceStoreTest, NoFolderIsNoTrace) {
  EXPECT_EQ(names(find_events(files(), "/nowhere", std::vector<std::string>{"a@x.test"}, 10)),
            Names{});
}

TEST_F(TraceStoreTest, TheNewestOfTooMany) {
  for (std::uint64_t i = 1; i <= 20; ++i) emit("message.accepted", 0, i, {{"to", "you@demo.test"}});
  const auto events = store_->find("you@demo.test", 5, now_);
  ASSERT_EQ(events->size(), 5U);
  EXPECT_EQ(events->back().message.value, 20U);
}

TEST_F(TraceStoreTest, DebugEventsAreNotKept) {
  EXPECT_FALSE(store_->wants(base::Severity::debug));
  EXPECT_TRUE(store_->wants(base::Severity::info));
}

TEST_F(TraceStoreTest, RotatesBySizeAndForgetsTheOldest) {
  settings_.file_bytes_max = 4'096;
  settings_.bytes_max = 20'000;
  open();
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    emit("message.accepted", 0, i, {{"to", "you@demo.test"}});
    if (i % 10 == 0) store_->flush(now_);
    if (i % 100 == 0) now_ += std::chrono::minutes(2);  // old files are looked for now and then
  }
  now_ += std::chrono::minutes(2);
  store_->flush(now_);
  EXPECT_GT(file_count(), 2U);
  std::uint64_t total = 0;
  for (const auto& info : *files().list(settings_.folder)) total += info.size;
  EXPECT_LE(total, 20'000U + 4'096U);
  EXPECT_EQ(find(id(1)), Names{});
  EXPECT_EQ(find(id(1'000)), Names{"message.accepted"});
  EXPECT_EQ(find(id(995)), Names{"message.accepted"});
}

TEST_F(TraceStoreTest, ForgetsByAge) {
  settings_.keep_for = std::chrono::hours(16);
  open();
  emit("message.accepted", 0, 5);
  store_->flush(now_);
  now_ += std::chrono::minutes(61);  // a sixteenth: the file is ended though it is small
  store_->flush(now_);
  EXPECT_EQ(find(id(5)), Names{"message.accepted"});
  now_ += std::chrono::hours(15);
  store_->flush(now_);
  EXPECT_EQ(find(id(5)), Names{"message.accepted"});
  now_ += std::chrono::hours(2);
  store_->flush(now_);
  EXPECT_EQ(find(id(5)), Names{});
  EXPECT_EQ(files().list(settings_.folder)->size(), 0U);
}

TEST_F(TraceStoreTest, AFullDiskLosesEventsAndGoesOn) {
  emit("message.accepted", 0, 1);
  store_->flush(now_);
  host_.disk().set_capacity(host_.disk().bytes_used());
  emit("message.accepted", 0, 2);
  store_->flush(now_);
  EXPECT_EQ(store_->dropped(), 1U);
  host_.disk().set_capacity(1 << 30);
  emit("message.accepted", 0, 3);
  store_->flush(now_);
  EXPECT_EQ(find(id(1)), Names{"message.accepted"});
  EXPECT_EQ(find(id(2)), Names{});
  EXPECT_EQ(find(id(3)), Names{"message.accepted"});
}

TEST_F(TraceStoreTest, TooManyPendingAreDropped) {
  settings_.pending_events_max = 3;
  open();
  for (std::uint64_t i = 1; i <= 5; ++i) emit("message.accepted", 0, i);
  EXPECT_EQ(store_->dropped(), 2U);
  EXPECT_EQ(find(id(3)), Names{"message.accepted"});
  EXPECT_EQ(find(id(4)), Names{});
}

TEST_F(TraceStoreTest, ADamagedFileEndsAtItsDamage) {
  emit_a_day();
  store_->flush(now_);
  const std::string path =
      settings_.folder + "/" + trace_files(files(), settings_.folder).value().at(0);
  const auto size = files().info(path)->size;
  host_.disk().flip_bit(path, size - 3);
  store_ = nullptr;
  open();  // makes the missing index
  EXPECT_TRUE(files().info(path + std::string(index_suffix)));
  EXPECT_EQ(find(id(11)), (Names{"session.connect", "message.accepted", "recipient.delivered"}));
  // A damaged index is not believed: the file is read instead.
  auto index = files().open(path + std::string(index_suffix), io::OpenMode::write).value();
  ASSERT_TRUE(index->truncate(20));
  EXPECT_EQ(find_alone(id(11)),
            (Names{"session.connect", "message.accepted", "recipient.delivered"}));
}

TEST_F(TraceStoreTest, ACrashLosesWhatWasNotSyncedOnly) {
  emit_a_day();
  store_->close(now_);
  for (int i = 0; i < 20; ++i) {
    emit("message.accepted", 3, 100);
    store_->flush(now_);
    host_.crash();
    host_.restart();
    open();
    const Names found = find(id(100));  // some, none, never nonsense
    for (const auto& name : found) EXPECT_EQ(name, "message.accepted");
  }
}

TEST_F(TraceStoreTest, ManyFilesAnswerInTheOrderOfTime) {
  for (int i = 0; i < 5; ++i) {
    emit(i == 0 ? "message.accepted" : "recipient.deferred", 0, 7);
    store_->close(now_);
  }
  EXPECT_EQ(file_count(), 5U);
  EXPECT_EQ(find(id(7)), (Names{"message.accepted", "recipient.deferred", "recipient.deferred",
                                "recipient.deferred", "recipient.deferred"}));
}

io::Task<void> stop(io::Ref<io::TaskGroup> group) { co_await group->stop(); }

TEST_F(TraceStoreTest, TheTaskFlushes) {
  io::TaskGroup group;
  group.spawn(store_->run(host_.doors().clock, host_.doors().pool));
  emit("message.accepted", 0, 1);
  EXPECT_EQ(find_alone(id(1)), Names{});
  world_.run_for(std::chrono::seconds(2));
  EXPECT_EQ(find_alone(id(1)), Names{"message.accepted"});
  world_.run(stop(group));
}

}  // namespace
}  // namespace trace
