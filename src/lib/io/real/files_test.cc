// Tests of files.h in a folder under /tmp.
#include "lib/io/real/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace io::real {
namespace {

using base::ErrorKind;

class FilesTest : public testing::Test {
 protected:
  FilesTest() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~FilesTest() override { EXPECT_EQ(std::system(("rm -rf " + folder_).c_str()), 0); }

  std::unique_ptr<File> make(const std::string& name) {
    auto file = files_.open(path(name), OpenMode::create_new, 0600);
    EXPECT_TRUE(file) << file.error().text();
    return std::move(*file);
  }
  static base::Result<> write(File& file, std::uint64_t offset, std::string_view bytes) {
    return file.write_at(offset, std::span(&bytes, 1));
  }
  static std::string read(File& file, std::uint64_t offset, std::size_t size) {
    std::string out(size, '\0');
    out.resize(file.read_at(offset, out).value_or(0));
    return out;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

  PosixFiles files_;
  std::string folder_ = "/tmp/stagepost-files-XXXXXX";
};

TEST_F(FilesTest, WritesGatheredReadsBack) {
  const auto file = make("a");
  const std::array<std::string_view, 4> pieces = {"one", "", "two", ""};
  ASSERT_TRUE(file->write_at(5, pieces));
  EXPECT_EQ(file->size().value_or(0), 11U);
  EXPECT_EQ(read(*file, 5, 6), "onetwo");
  EXPECT_EQ(read(*file, 8, 100), "two");  // short only at the end
  EXPECT_EQ(read(*file, 100, 10), "");
  EXPECT_EQ(read(*file, 0, 5), std::string(5, '\0'));
  EXPECT_TRUE(file->write_at(0, {}));
  EXPECT_TRUE(file->sync());
}

TEST_F(FilesTest, MorePiecesThanOneCallTakes) {
  const auto file = make("a");
  const std::vector<std::string> texts(3000, "abc");
  const std::vector<std::string_view> pieces(texts.begin(), texts.end());
  ASSERT_TRUE(file->write_at(0, pieces));
  EXPECT_EQ(file->size().value_or(0), 9000U);
  EXPECT_EQ(read(*file, 8997, 10), "abc");
}

TEST_F(FilesTest, AllocateGrowsOnly) {
  const auto file = make("a");
  ASSERT_TRUE(write(*file, 0, "keep"));
  ASSERT_TRUE(file->allocate(1 << 20));
  EXPECT_EQ(file->size().value_or(0), 1U << 20);
  ASSERT_TRUE(file->allocate(10));
  ASSERT_TRUE(file->allocate(0));
  EXPECT_EQ(file->size().value_or(0), 1U << 20);
  EXPECT_EQ(read(*file, 0, 6), std::string("keep\0\0", 6));
  ASSERT_TRUE(file->truncate(2));
  EXPECT_EQ(read(*file, 0, 6), "ke");
}

TEST_F(FilesTest, OpenModes) {
  struct Case {
    OpenMode how;
    const char* name;
    std::optional<ErrorKind> error;
  };
  make("there");
  const Case cases[] = {
      {OpenMode::read, "there", std::nullopt},
      {OpenMode::read, "missing", ErrorKind::not_found},
      {OpenMode::write, "there", std::nullopt},
      {OpenMode::write, "missing", ErrorKind::not_found},
      {OpenMode::create, "there", std::nullopt},
      {OpenMode::create, "new", std::nullopt},
      {OpenMode::create_new, "there", ErrorKind::exists},
      {OpenMode::create_new, "newer", std::nullopt},
  };
  for (const Case& test : cases) {
    const auto file = files_.open(path(test.name), test.how, 0640);
    EXPECT_EQ(file.has_value(), !test.error.has_value()) << test.name;
    if (!file) EXPECT_EQ(file.error().kind, *test.error) << test.name;
  }
  struct stat info = {};
  ASSERT_EQ(stat(path("new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U & ~022U);
  const auto read_only = files_.open(path("there"), OpenMode::read, 0);
  EXPECT_FALSE(write(**read_only, 0, "x"));
}

TEST_F(FilesTest, OneSyncForAWholeFileSystem) {
  const auto system = files_.open_system(folder_);
  const auto file = make("a");
  ASSERT_TRUE(write(*file, 0, "x"));
  if (system) {
    EXPECT_TRUE((*system)->sync()) << "on a file system that we know";
    EXPECT_EQ((*system)->system(), file->system().value());
  } else {
    EXPECT_EQ(system.error().kind, ErrorKind::unsupported);
  }
  EXPECT_EQ(files_.open_system(path("none")).error().kind, ErrorKind::not_found);
  EXPECT_FALSE(files_.open_system(path("a"))) << "not a directory";
  EXPECT_EQ(files_.open_system("/proc").error().kind, ErrorKind::unsupported);
}

TEST_F(FilesTest, NamesMoveAndGo) {
  make("a");
  make("b");
  ASSERT_TRUE(files_.rename(path("a"), path("b")));
  EXPECT_EQ(files_.info(path("a")).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(files_.remove(path("b")));
  EXPECT_EQ(files_.remove(path("b")).error().kind, ErrorKind::not_found);
  EXPECT_EQ(files_.rename(path("b"), path("c")).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(files_.make_directories(path("empty"), 0700));
  EXPECT_TRUE(files_.remove(path("empty")));
}

TEST_F(FilesTest, Directories) {
  ASSERT_TRUE(files_.make_directories(path("x/y/z"), 0700));
  ASSERT_TRUE(files_.make_directories(path("x/y/z"), 0700));
  ASSERT_TRUE(files_.make_directories(path("x/w/"), 0700));
  ASSERT_TRUE(files_.sync_directory(path("x")));
  EXPECT_EQ(files_.sync_directory(path("none")).error().kind, ErrorKind::not_found);
  const auto file = make("x/m");
  ASSERT_TRUE(write(*file, 0, "12345"));
  EXPECT_FALSE(files_.make_directories(path("x/m"), 0700));
  const auto list = files_.list(path("x"));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ((*list)[0].name, "m");
  EXPECT_EQ((*list)[0].size, 5U);
  EXPECT_FALSE((*list)[0].directory);
  EXPECT_GT((*list)[0].modified, *base::parse_time("2026-01-01T00:00:00.000Z"));
  EXPECT_EQ((*list)[1].name, "w");
  EXPECT_TRUE((*list)[1].directory);
  EXPECT_EQ(files_.list(path("none")).error().kind, ErrorKind::not_found);
  EXPECT_EQ(files_.info(path("x/m"))->name, "m");
  EXPECT_GT(files_.free_bytes(folder_).value_or(0), 0U);
  EXPECT_FALSE(files_.free_bytes(path("none")));
}

TEST_F(FilesTest, LockIsHeldUntilItsFileEnds) {
  auto held = files_.lock(path("lock"));
  ASSERT_TRUE(held);
  EXPECT_EQ(files_.lock(path("lock")).error().kind, ErrorKind::busy);
  held->reset();
  EXPECT_TRUE(files_.lock(path("lock")));
}

TEST_F(FilesTest, ReadFileAndWriteFile) {
  ASSERT_TRUE(write_file(files_, path("conf"), "a = 1\n"));
  ASSERT_TRUE(write_file(files_, path("conf"), "a = 2\n"));
  EXPECT_EQ(read_file(files_, path("conf"), 100).value_or(""), "a = 2\n");
  EXPECT_EQ(read_file(files_, path("conf"), 3).error().kind, ErrorKind::limit);
  EXPECT_EQ(files_.list(folder_)->size(), 1U);
}

}  // namespace
}  // namespace io::real
