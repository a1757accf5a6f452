// Tests of wiped.h.
#include "lib/io/wiped.h"

#include <gtest/gtest.h>

namespace io {
namespace {

TEST(Wiped, TheOctetsAreOverwrittenWhereTheyLay) {
  for (const std::size_t bytes : {0U, 5U, 15U, 16U, 1'700U}) {
    std::string text(bytes, 'k');
    {
      const Wiped wiped(text);
    }
    EXPECT_EQ(text, std::string(bytes, '\0'));
  }
}

}  // namespace
}  // namespace io
