// Tests of mta_sts.h, with the examples of RFC 8461.
#include "admin/doctor/mta_sts.h"

#include <gtest/gtest.h>

namespace doctor {
namespace {

TEST(MtaSts, Record) {
  EXPECT_EQ(parse_mta_sts_record("v=STSv1; id=20160831085700Z;").value(), "20160831085700Z");
  for (const std::string_view bad :
       {"", "v=STSv1;", "id=1; v=STSv1", "v=STSv1; id=", "v=STSv1; id=a-b",
        "v=STSv1; id=123456789012345678901234567890123", "v=STSv2; id=1"}) {
    EXPECT_FALSE(parse_mta_sts_record(bad)) << bad;
  }
}

TEST(MtaSts, Policy) {
  const auto policy = parse_mta_sts_policy(
      "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.Example.net\r\n"
      "max_age: 604800\r\nfuture: yes\r\n");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mode, MtaStsPolicy::Mode::enforce);
  EXPECT_EQ(policy->age_seconds_max, 604'800U);
  EXPECT_TRUE(names_host(*policy, "MAIL.example.com"));
  EXPECT_TRUE(names_host(*policy, "a.example.net"));
  EXPECT_FALSE(names_host(*policy, "a.b.example.net"));
  EXPECT_FALSE(names_host(*policy, "example.net"));
  EXPECT_FALSE(names_host(*policy, ".example.net"));
}

TEST(MtaSts, PoliciesThatNobodyAccepts) {
  for (const std::string_view bad :
       {"", "version: STSv1\nmode: enforce\nmax_age: 1\n",
        "version: STSv2\nmode: none\nmax_age: 1\n", "version: STSv1\nmode: maybe\nmax_age: 1\n",
        "version: STSv1\nmode: none\nmax_age: soon\n", "version: STSv1\nmode: none\n",
        "version: STSv1\nmode: none\nmax_age: 99999999\n", "<html>not found</html>\n"}) {
    const auto policy = parse_mta_sts_policy(bad);
    ASSERT_FALSE(policy) << bad;
    EXPECT_FALSE(policy.error().detail.empty());
  }
  EXPECT_TRUE(parse_mta_sts_policy("version: STSv1\nmode: none\nmax_age: 86400"));
}

}  // namespace
}  // namespace doctor
