// Tests of person.h and of TraceStore's erase: what names a person, and that it is gone for good.
#include "trace/person.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "trace/reader.h"
#include "trace/store.h"

namespace trace {
namespace {

TEST(Person, FindsItsAddressAndNoOther) {
  const Person you("you@demo.test");
  for (const auto& [text, expected] : {
           std::pair{"you@demo.test", "erased"},
           std::pair{"YOU@Demo.Test", "erased"},
           std::pair{"<you@demo.test>", "<erased>"},
           std::pair{"to=you@demo.test;", "to=erased;"},
           std::pair{"you+lists@demo.test", "erased"},
           std::pair{"you+a+b@demo.test,an@demo.test", "erased,an@demo.test"},
           std::pair{"you@demo.test/phone", "erased"},
           std::pair{"you@demo.test/my.phone-2 x", "erased x"},
           std::pair{"you@demo.test, you@demo.test.", "erased, erased."},
           std::pair{"There is no you@demo.test here", "There is no erased here"},
           std::pair{"thankyou@demo.test", "thankyou@demo.test"},
           std::pair{"thank.you@demo.test", "thank.you@demo.test"},
           std::pair{"you.too@demo.test", "you.too@demo.test"},
           std::pair{"you@demo.test.org", "you@demo.test.org"},
           std::pair{"you@demo.tests", "you@demo.tests"},
           std::pair{"you@mydemo.test", "you@mydemo.test"},
           std::pair{"you", "you"},
           std::pair{"@demo.test", "@demo.test"},
           std::pair{"you@", "you@"},
           std::pair{"a@you@demo.test", "a@erased"},
           std::pair{"", ""},
       }) {
    EXPECT_EQ(you.erased(text), expected) << text;
  }
  EXPECT_EQ(Person("").erased("a@b"), "a@b");
  EXPECT_EQ(Person("you").erased("you@demo.test"), "you@demo.test");
}

TEST(Person, HerPlaceGoesWithHer) {
  StoredEvent login;
  login.fields = {{"login", "you@demo.test/phone"}, {"peer", "192.0.2.1"}};
  EXPECT_TRUE(Person("you@demo.test").erase_from(login));
  EXPECT_EQ(login.field("login"), "erased");
  EXPECT_EQ(login.field("peer"), "erased");
  StoredEvent received;
  received.fields = {{"to", "you@demo.test"}, {"peer", "192.0.2.2"}};
  EXPECT_TRUE(Person("you@demo.test").erase_from(received));
  EXPECT_EQ(received.field("peer"), "192.0.2.2");  // somebody else's
  EXPECT_FALSE(Person("you@demo.test").erase_from(received));
}

// A host with a trace of 40 events in several files, half of which name you@demo.test.
struct Scene {
  Scene() : world(1), host(world, {"192.0.2.1"}) {
    settings.folder = "/state/trace";
    settings.file_bytes_max = 700;
    open();
    for (std::uint64_t i = 1; i <= 40; ++i) {
      base::Event event;
      event.name = "message.accepted";
      event.time = now += std::chrono::milliseconds(1);
      event.message = {i};
      event.fields = {{"to", i % 2 == 0 ? "you@demo.test" : "an@demo.test"}};
      store->emit(event);
      if (i % 4 == 0) store->flush(now);
    }
    store->close(now);
  }
  void open() { store = TraceStore::open(files(), settings).value(); }
  // The trace itself is never synced; an erasure must not lose what has reached the disk by then.
  void sync_all() {
    for (const auto& info : files().list(settings.folder).value()) {
      auto file = files().open(settings.folder + "/" + info.name, io::OpenMode::write).value();
      ASSERT_TRUE(file->sync());
    }
    ASSERT_TRUE(files().sync_directory(settings.folder));
  }
  [[nodiscard]] io::Files& files() { return host.doors().files; }
  [[nodiscard]] std::size_t count(std::string_view what) {
    return store->find(what, 1'000, now)->size();
  }
  // Of all events, whatever they name.
  [[nodiscard]] std::size_t total() {
    std::size_t out = 0;
    for (const auto& name : trace_files(files(), settings.folder).value()) {
      out += scan_file(files(), settings.folder + "/" + name)->size();
    }
    return out;
  }

  io::sim::World world;
  io::sim::Host host;
  Settings settings;
  base::Time now = base::Time(std::chrono::hours(400'000));
  std::unique_ptr<TraceStore> store;
};

TEST(Erase, OthersEventsStay) {
  Scene scene;
  const Person you("you@demo.test");
  EXPECT_EQ(scene.store->events_of(you, 1'000, scene.now)->size(), 20U);
  EXPECT_EQ(scene.store->events_of(you, 7, scene.now)->size(), 7U);
  const auto report = scene.store->erase(you, scene.now);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->events, 20U);
  EXPECT_GT(report->files, 1U);
  EXPECT_EQ(scene.count("you@demo.test"), 0U);
  EXPECT_EQ(scene.count("an@demo.test"), 20U);
  EXPECT_EQ(scene.count(base::MessageId{2}.text()), 1U);
  EXPECT_TRUE(scene.store->events_of(you, 1'000, scene.now)->empty());
  EXPECT_EQ(scene.store->erase(you, scene.now)->files, 0U);  // nothing is left to rewrite
  for (const auto& info : scene.files().list(scene.settings.folder).value()) {
    EXPECT_FALSE(info.name.ends_with(".new")) << info.name;
    EXPECT_FALSE(
        scene.host.disk().content(scene.settings.folder + "/" + info.name).contains("you@demo"))
        << info.name;
  }
}

TEST(Erase, WhatWasJustEmittedIsErasedToo) {
  Scene scene;
  base::Event event;
  event.name = "session.login";
  event.time = scene.now;
  event.fields = {{"login", "you@demo.test/phone"}};
  scene.store->emit(event);
  EXPECT_EQ(scene.store->erase(Person("you@demo.test"), scene.now)->events, 21U);
}

// The power is cut at every step: each file is the old one or the new one; the next try ends it.
TEST(Erase, ACrashLosesNothing) {
  const Person you("you@demo.test");
  for (std::uint64_t step = 0;; ++step) {
    Scene scene;
    scene.sync_all();
    const std::size_t keys = scene.total();
    io::sim::FailAt faults(step, {.error = base::ErrorKind::io, .for_ever = true});
    scene.host.disk().set_faults(&faults);
    const bool done = scene.store->erase(you, scene.now).has_value();
    scene.host.disk().set_faults(nullptr);
    scene.host.crash();
    scene.host.restart();
    scene.open();
    EXPECT_EQ(scene.count("an@demo.test"), 20U) << step;
    for (std::uint64_t id = 2; id <= 40; id += 2) {
      EXPECT_EQ(scene.count(base::MessageId{id}.text()), 1U) << step;
    }
    EXPECT_EQ(scene.total(), keys) << step;
    ASSERT_TRUE(scene.store->erase(you, scene.now)) << step;
    EXPECT_EQ(scene.count("you@demo.test"), 0U) << step;
    if (done) break;
    ASSERT_LT(step, 2'000U);
  }
}

}  // namespace
}  // namespace trace
