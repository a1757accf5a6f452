// Tests of drop_box.h, on a real file system.
#include "lib/io/real/drop_box.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace io::real {
namespace {

namespace fs = std::filesystem;

class DropBoxTest : public testing::Test {
 protected:
  DropBoxTest() {
    std::string pattern = testing::TempDir() + "drop-box-XXXXXX";
    home = ::mkdtemp(pattern.data());
    EXPECT_TRUE(box().open_to_all());
  }
  ~DropBoxTest() override { fs::remove_all(home); }

  [[nodiscard]] DropBox box() const { return DropBox(home + "/sendmail/drop"); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return home + "/sendmail/drop/" + name;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }
  [[nodiscard]] base::ErrorKind trouble(const std::string& name) const {
    const auto taken = box().take(name, 1'000);
    EXPECT_FALSE(taken) << name;
    return taken ? base::ErrorKind::closed : taken.error().kind;
  }

  std::string home;
};

TEST_F(DropBoxTest, WhatIsLeftIsTaken) {
  ASSERT_TRUE(box().put("a", "hello"));
  ASSERT_TRUE(box().put("b", ""));
  EXPECT_FALSE(box().put("a/b", "x"));
  auto names = box().names(10);
  ASSERT_TRUE(names);
  std::ranges::sort(*names);
  EXPECT_EQ(*names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(box().names(1)->size(), 1U);
  const auto taken = box().take("a", 5);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->bytes, "hello");
  EXPECT_EQ(taken->user, ::getuid());
  EXPECT_TRUE(box().remove("a"));
  EXPECT_TRUE(box().remove("a"));  // somebody was faster
  EXPECT_EQ(trouble("a"), base::ErrorKind::not_found);
}

TEST_F(DropBoxTest, Rights) {
  EXPECT_EQ(mode_of(home + "/sendmail"), 0755U);
  EXPECT_EQ(mode_of(home + "/sendmail/drop") & 01777U, 01733U);
  EXPECT_EQ(mode_of(home + "/sendmail/drop.bad"), 0700U);
  ASSERT_TRUE(box().put("a", "x"));
  EXPECT_EQ(mode_of(path("a")), 0640U);
  // A package has made it with other rights: they are put right, setgid stays.
  ASSERT_EQ(::chmod((home + "/sendmail/drop").c_str(), 02700), 0);
  ASSERT_TRUE(box().open_to_all());
  EXPECT_EQ(mode_of(home + "/sendmail/drop"), 03733U);
  // Without setgid others must be able to read what they know the name of.
  ASSERT_EQ(::chmod((home + "/sendmail/drop").c_str(), 01733), 0);
  ASSERT_EQ(::chown((home + "/sendmail/drop").c_str(), ::getuid(), ::getgid()), 0);
  ASSERT_TRUE(box().put("b", "x"));
  EXPECT_EQ(mode_of(path("b")), 0644U);
}

TEST_F(DropBoxTest, HostileThingsAreNotTaken) {
  std::ofstream(home + "/secret") << "secret";
  fs::create_symlink(home + "/secret", path("link"));
  fs::create_hard_link(home + "/secret", path("hard"));
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0666), 0);
  fs::create_directory(path("empty"));
  fs::create_directory(path("full"));
  std::ofstream(path("full") + "/file") << "x";
  std::ofstream(path("giant")) << std::string(2'000, 'x');
  EXPECT_EQ(trouble("link"), base::ErrorKind::invalid);
  EXPECT_EQ(trouble("hard"), base::ErrorKind::invalid);
  EXPECT_EQ(trouble("fifo"), base::ErrorKind::invalid);
  EXPECT_EQ(trouble("empty"), base::ErrorKind::invalid);
  EXPECT_EQ(trouble("giant"), base::ErrorKind::limit);
  for (const char* name : {"link", "hard", "fifo", "empty", "giant"}) {
    EXPECT_EQ(box().set_aside(name), true) << name;
    EXPECT_FALSE(fs::exists(fs::symlink_status(path(name)))) << name;
  }
  EXPECT_EQ(box().set_aside("full"), false);
  EXPECT_TRUE(box().names(10)->empty());
  EXPECT_EQ(box().set_aside("gone"), true);
  EXPECT_TRUE(fs::exists(home + "/secret"));
  EXPECT_TRUE(fs::exists(home + "/sendmail/drop.bad/giant"));
  EXPECT_FALSE(fs::exists(home + "/sendmail/drop.bad/hard"));
}

TEST_F(DropBoxTest, TheLastOnesSetAsideAreKept) {
  for (std::size_t i = 0; i < DropBox::set_aside_max + 20; ++i) {
    const std::string name = std::to_string(i);
    std::ofstream(path(name)) << "x";
    ASSERT_EQ(box().set_aside(name), true);
  }
  const auto kept = std::distance(fs::directory_iterator(home + "/sendmail/drop.bad"), {});
  EXPECT_EQ(static_cast<std::size_t>(kept), DropBox::set_aside_max);
}

TEST_F(DropBoxTest, UnfinishedOnesGoWhenTheyAreOld) {
  std::ofstream(path(".half")) << "x";
  ASSERT_TRUE(box().put("whole", "x"));
  EXPECT_EQ(*box().names(10), std::vector<std::string>{"whole"});
  box().remove_unfinished(base::Time());
  EXPECT_TRUE(fs::exists(path(".half")));
  box().remove_unfinished(base::Time::max());
  EXPECT_FALSE(fs::exists(path(".half")));
  EXPECT_TRUE(fs::exists(path("whole")));
}

TEST_F(DropBoxTest, AFolderThatIsALinkIsNotOurs) {
  fs::create_directory(home + "/elsewhere");
  fs::create_directory(home + "/other");
  fs::create_symlink(home + "/elsewhere", home + "/other/drop");
  EXPECT_FALSE(DropBox(home + "/other/drop").open_to_all());
  EXPECT_EQ(DropBox(home + "/nowhere/drop").put("a", "x").error().kind, base::ErrorKind::not_found);
}

}  // namespace
}  // namespace io::real
