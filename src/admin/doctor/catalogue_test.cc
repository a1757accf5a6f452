// Tests of catalogue.h: every check is documented, and every check's findings are in the catalogue.
#include "admin/doctor/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/base/text.h"
#include "lib/io/files.h"
#include "lib/io/real/files.h"

namespace doctor {
namespace {

std::string text_of(const std::string& path) {
  io::real::PosixFiles files;
  auto text = io::read_file(files, path, 1U << 20U);
  EXPECT_TRUE(text) << path;
  return text.value_or("");
}

TEST(Catalogue, EachIdIsOneOfItsKind) {
  std::set<std::string_view> ids;
  for (const CheckInfo& info : catalogue()) {
    EXPECT_TRUE(ids.insert(info.id).second) << info.id;
    EXPECT_FALSE(info.title.empty()) << info.id;
    EXPECT_FALSE(info.why.empty()) << info.id;
    EXPECT_EQ(info_of(info.id), &info);
    for (const char c : info.id) EXPECT_TRUE(base::is_alpha(c) || base::is_digit(c) || c == '-');
  }
  EXPECT_GE(ids.size(), 30U);
  EXPECT_EQ(info_of("no-such-check"), nullptr);
  EXPECT_EQ(link_of("mx"), "docs/doctor.md#mx");
}

TEST(Catalogue, EachIdHasItsSectionAndNoSectionIsLeftOver) {
  std::set<std::string> sections;
  for (const std::string_view line : base::split(text_of("docs/doctor.md"), '\n')) {
    if (line.starts_with("### ")) sections.insert(std::string(line.substr(4)));
  }
  for (const CheckInfo& info : catalogue()) {
    EXPECT_EQ(sections.erase(std::string(info.id)), 1U) << info.id << " is not in docs/doctor.md";
  }
  EXPECT_TRUE(sections.empty()) << *sections.begin();
}

// What the checks write into their findings.
TEST(Catalogue, EveryFindingHasAnIdOfTheCatalogue) {
  io::real::PosixFiles files;
  const std::string folder = "src/admin/doctor";
  const auto listed = files.list(folder);
  ASSERT_TRUE(listed);
  std::set<std::string> seen;
  for (const io::FileInfo& file : *listed) {
    if (!file.name.ends_with(".cc") || file.name.ends_with("_test.cc")) continue;
    const std::string text = text_of(folder + "/" + file.name);
    for (std::size_t at = 0; (at = text.find(".id = \"", at)) != std::string::npos; ++at) {
      const std::size_t begin = at + 7;
      const std::string id = text.substr(begin, text.find('"', begin) - begin);
      EXPECT_NE(info_of(id), nullptr) << file.name << ": " << id;
      seen.insert(id);
    }
  }
  EXPECT_GE(seen.size(), 30U);
}

}  // namespace
}  // namespace doctor
