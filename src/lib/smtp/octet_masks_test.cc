// Tests of the masks: every octet at every place, both ways of finding them, ends of blocks.
#include "lib/smtp/octet_masks.h"

#include <gtest/gtest.h>

#include <string>

namespace smtp {
namespace {

OctetMasks one_by_one(std::string_view block) {
  OctetMasks masks;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (block[i] == '\r') masks.cr |= bit;
    if (block[i] == '\n') masks.lf |= bit;
    if (block[i] == '.') masks.dot |= bit;
    if (block[i] == '\0') masks.nul |= bit;
  }
  return masks;
}

TEST(OctetMasks, EveryOctetAtEveryPlace) {
  for (std::size_t place = 0; place < block_bytes; ++place) {
    for (unsigned octet = 0; octet < 256; ++octet) {
      std::string block(block_bytes, 'x');
      block[place] = static_cast<char>(octet);
      block[(place * 7 + 3) % block_bytes] = '\r';
      ASSERT_EQ(block_masks(block.data()), one_by_one(block)) << place << " " << octet;
      ASSERT_EQ(narrow_block_masks(block.data()), one_by_one(block)) << place << " " << octet;
    }
  }
}

TEST(OctetMasks, NothingBehindTheEndCounts) {
  const std::string block = "a\r\n.\r\n" + std::string(block_bytes, '.');
  for (std::size_t count = 1; count <= block_bytes; ++count) {
    const OctetMasks found = octet_masks(block.data(), count);
    ASSERT_EQ(found, one_by_one(std::string_view(block).substr(0, count))) << count;
  }
}

}  // namespace
}  // namespace smtp
