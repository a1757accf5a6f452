// Tests of body_check.h.
#include "admin/body_check.h"

#include <gtest/gtest.h>

namespace admin {
namespace {

std::string wrong(std::string_view pattern, std::string_view body) {
  const RouteText* route = find_route("POST", pattern);
  EXPECT_NE(route, nullptr) << pattern;
  return route == nullptr ? "" : wrong_in_body(*route, body);
}

TEST(BodyCheck, WhatIsRightPasses) {
  EXPECT_EQ(wrong("/api/v1/queue/{verb}", R"({"sender": "a@b", "dry_run": true})"), "");
  EXPECT_EQ(wrong("/api/v1/aliases/add", R"({"address": "a@b", "targets": ["c@d"]})"), "");
  EXPECT_EQ(wrong("/api/v1/limits/set", R"({"scope": "all", "messages": 0})"), "");
  EXPECT_EQ(wrong("/api/v1/certificate/order", "{}"), "");
  // No object: the route says so.
  EXPECT_EQ(wrong("/api/v1/queue/{verb}", "[]"), "");
  EXPECT_EQ(wrong("/api/v1/queue/{verb}", "{"), "");
}

TEST(BodyCheck, WhatWouldBeLeftOutOfAccountIsRefused) {
  EXPECT_EQ(wrong("/api/v1/queue/{verb}", R"({"all": true, "dry_run": "true"})"),
            "\"dry_run\" must be true or false");
  EXPECT_EQ(wrong("/api/v1/queue/{verb}", R"({"sender": "a@b", "recipient": ["c@d"]})"),
            "\"recipient\" must be a text");
  EXPECT_EQ(
      wrong("/api/v1/queue/{verb}", R"({"sender": "a@b", "recipent": "c@d"})"),
      "there is no field \"recipent\" here; it takes id, sender, recipient, destination, all, "
      "reason, dry_run");
  EXPECT_EQ(wrong("/api/v1/users/erase", R"({"address": "a@b", "mail": 1})"),
            "\"mail\" must be true or false");
  EXPECT_EQ(wrong("/api/v1/limits/set", R"({"scope": "all", "messages": -1})"),
            "\"messages\" must be a whole number, 0 or more");
  EXPECT_EQ(wrong("/api/v1/limits/set", R"({"scope": "all", "messages": 1.5})"),
            "\"messages\" must be a whole number, 0 or more");
  EXPECT_EQ(wrong("/api/v1/aliases/add", R"({"address": "a@b", "targets": "c@d"})"),
            "\"targets\" must be a list of texts");
  EXPECT_EQ(wrong("/api/v1/users/set", R"({"address": "a@b", "full_name": null})"),
            "\"full_name\" must be a text");
  EXPECT_EQ(wrong("/api/v1/certificate/order", R"({"force": true})"),
            "there is no field \"force\" here; it takes none");
}

}  // namespace
}  // namespace admin
