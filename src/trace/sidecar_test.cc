// Tests of sidecar.h: every key is found wherever it lies, others are not, damage is noticed.
#include "trace/sidecar.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace trace {
namespace {

using Offsets = std::vector<std::uint32_t>;

class SidecarTest : public testing::Test {
 protected:
  [[nodiscard]] io::Files& files() { return host_.doors().files; }
  base::Result<Sidecar> written(std::string_view octets) {
    EXPECT_TRUE(io::write_file(files(), "/index", octets));
    return Sidecar::open(files().open("/index", io::OpenMode::read).value());
  }
  // All keys of the entries are found, with their offsets; keys beside them are not.
  void expect_found(const std::vector<IndexEntry>& entries) {
    std::map<std::uint64_t, Offsets> wanted;
    for (const IndexEntry& one : entries) wanted[one.key].push_back(one.offset);
    auto sidecar = written(encode_index(entries));
    ASSERT_TRUE(sidecar) << sidecar.error().text();
    for (auto& [key, offsets] : wanted) {
      std::ranges::sort(offsets);
      EXPECT_EQ(sidecar->offsets(key), offsets) << key;
      if (!wanted.contains(key + 1)) {
        EXPECT_EQ(sidecar->offsets(key + 1), Offsets());
      }
    }
    for (const std::uint64_t key : {std::uint64_t{0}, ~std::uint64_t{0}}) {
      if (!wanted.contains(key)) {
        EXPECT_EQ(sidecar->offsets(key), Offsets());
      }
    }
  }

  io::sim::World world_{7};
  io::sim::Host host_{world_, {"192.0.2.1"}};
};

TEST_F(SidecarTest, FindsKeysThatAreSpreadAsHashesAre) {
  std::mt19937_64 random(1);
  std::vector<IndexEntry> entries;
  for (std::uint32_t i = 0; i < 5'000; ++i) entries.push_back({random(), i});
  entries.push_back({0, 1});
  entries.push_back({~std::uint64_t{0}, 2});
  expect_found(entries);
}

TEST_F(SidecarTest, FindsKeysThatLieWhereTheyShouldNot) {
  std::vector<IndexEntry> entries;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    entries.push_back({i * 2UL, i});
    entries.push_back({~std::uint64_t{0} - i * 2UL, i});
  }
  expect_found(entries);
}

TEST_F(SidecarTest, OneKeyMayHaveMoreEventsThanABlock) {
  std::vector<IndexEntry> entries = {{5, 1}, {9, 1}};
  for (std::uint32_t i = 0; i < 2'000; ++i) entries.push_back({7, i});
  expect_found(entries);
}

TEST_F(SidecarTest, NothingIsInAnEmptyOne) {
  expect_found({});
  expect_found({{3, 4}});
}

TEST_F(SidecarTest, OneThatIsNotWholeIsNotBelieved) {
  const std::string whole = encode_index({{1, 2}, {3, 4}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(written(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(written(whole + "x"));
  EXPECT_FALSE(written("STPGIDX2" + whole.substr(8)));
}

TEST_F(SidecarTest, OneThatIsCutOffWhileItIsReadIsCorrupt) {
  std::vector<IndexEntry> entries;
  for (std::uint32_t i = 0; i < 1'000; ++i) entries.push_back({i << 20UL, i});
  auto sidecar = written(encode_index(entries));
  ASSERT_TRUE(sidecar);
  ASSERT_TRUE(files().open("/index", io::OpenMode::write).value()->truncate(100));
  EXPECT_EQ(sidecar->offsets(5UL << 20UL).error().kind, base::ErrorKind::corrupt);
}

}  // namespace
}  // namespace trace
