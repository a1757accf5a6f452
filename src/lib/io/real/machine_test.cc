// Tests of machine.h on the machine that runs them.
#include "lib/io/real/machine.h"

#include <gtest/gtest.h>

namespace io::real {
namespace {

TEST(HostMachine, RightsAndSizes) {
  const HostMachine machine;
  const auto root = machine.rights("/");
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->directory);
  EXPECT_EQ(root->mode & 0500U, 0500U);
  EXPECT_EQ(machine.rights("/no/such/file").error().kind, base::ErrorKind::not_found);
  EXPECT_GT(machine.total_bytes("/").value(), 0U);
  EXPECT_EQ(machine.total_bytes("/no/such/file").error().kind, base::ErrorKind::not_found);
}

TEST(HostMachine, ItsClockAndProgram) {
  const HostMachine machine;
  if (const auto state = machine.clock_state()) {
    EXPECT_GE(state->error_max, base::Duration::zero());
  }
  EXPECT_FALSE(machine.program_replaced());
}

}  // namespace
}  // namespace io::real
