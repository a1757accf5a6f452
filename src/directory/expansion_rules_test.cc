// Tests of the one expansion function by the cases of tests/data/addresses/expansion.txt.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>

#include "directory/names.h"
#include "directory/snapshot.h"
#include "lib/base/text.h"

namespace directory {
namespace {

std::string key(std::string_view text) { return alias_name(text).value(); }

// True for a line that says what stands in the directory.
bool is_entry(Contents& contents, const std::string& line) {
  const std::size_t space = line.find(' ');
  const std::string word = line.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
  if (word == "domain") {
    contents.domains.push_back(rest);
  } else if (word == "mailbox") {
    contents.mailboxes.push_back(key(rest));
  } else if (word == "administrator") {
    contents.administrators.push_back(key(rest));
  } else if (word == "alias") {
    const std::size_t colon = rest.find(": ");
    AliasRow row{.address = key(rest.substr(0, colon)), .targets = {}};
    for (const auto part : base::split(std::string_view(rest).substr(colon + 1), ',')) {
      row.targets.push_back(key(part));
    }
    contents.aliases.push_back(std::move(row));
  } else {
    return false;
  }
  return true;
}

std::string expanded(const Snapshot& known, std::string_view text) {
  const auto address = message::parse_address(text).value();
  const Expansion expansion = known.expand({.address = address, .original = address, .orcpt = {}});
  if (!expansion.problem.empty()) return "waits";
  if (expansion.kind == Local::unknown) return "unknown";
  if (expansion.kind == Local::foreign) return "foreign";
  std::vector<std::string> out;
  for (const message::Recipient& one : expansion.recipients) {
    EXPECT_EQ(one.original, address);
    EXPECT_EQ(one.of_list, !one.return_path.is_null());
    out.push_back(one.address.text() + (one.of_list ? " < " + one.return_path.text() : ""));
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

TEST(Expansion, OfTheRules) {
  std::ifstream file("tests/data/addresses/expansion.txt");  // from the source folder
  ASSERT_TRUE(file);
  Contents contents;
  std::string line;
  int judged = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.starts_with('#') || is_entry(contents, line)) continue;
    const std::size_t arrow = line.find(" => ");
    ASSERT_NE(arrow, std::string::npos) << number;
    const auto known = make_snapshot(contents);
    EXPECT_EQ(expanded(*known, line.substr(0, arrow)), line.substr(arrow + 4))
        << "line " << number << ": " << line;
    ++judged;
  }
  EXPECT_GE(judged, 55);
}

}  // namespace
}  // namespace directory
