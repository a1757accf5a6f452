// Tests of at_start.h.
#include "config/at_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/table.h"

namespace config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(AtStart, EachNameIsASectionOrASetting) {
  std::set<std::string, std::less<>> known;
  for (const Section& section : sections()) {
    known.insert(section.name);
    for (const Setting& one : section.settings) known.insert(path_of(section, one.key));
  }
  for (const std::string_view name : names_at_start()) EXPECT_TRUE(known.contains(name)) << name;
}

TEST(AtStart, WhichTheyAre) {
  for (const char* path : {"hostname", "api.addresses", "privacy.local_parts", "log.path",
                           "listener[].address", "alias_file[].domains", "mta_sts.mode"}) {
    EXPECT_TRUE(counts_at_start(path)) << path;
  }
  for (const char* path : {"queue.retry_after", "log.level", "listener[].xclient", "route[].host",
                           "privacy", "api", "nothing.api"}) {
    EXPECT_FALSE(counts_at_start(path)) << path;
  }
}

TEST(AtStart, OnlyWhatDiffersAndCountsAtTheStartWaits) {
  Config started;
  started.session.listeners.resize(1);
  Config read = started;
  EXPECT_THAT(waiting_settings(started, read), IsEmpty());
  read.queue.expire_after += std::chrono::hours(1);
  read.session.listeners[0].name = "smtp";
  EXPECT_THAT(waiting_settings(started, read), IsEmpty()) << "in force at once";
  read.trace.privacy.local_parts = trace::LocalParts::hash;
  read.session.listeners.emplace_back();
  read.directory.alias_files.emplace_back();
  read.admin.api.web = !read.admin.api.web;
  EXPECT_THAT(waiting_settings(started, read),
              ElementsAre("[[listener]]", "[[alias_file]]", "privacy.local_parts", "api.web"));
}

}  // namespace
}  // namespace config
