// Tests of cookie.h.
#include "lib/http/cookie.h"

#include <gtest/gtest.h>

namespace http {
namespace {

std::string found(std::vector<std::string> fields) {
  Headers headers;
  headers.add("Accept", "a=b");
  for (std::string& field : fields) headers.add("cookie", std::move(field));
  return cookie_of(headers, "id").value_or("none");
}

TEST(CookieTest, OneIsFound) {
  EXPECT_EQ(found({}), "none");
  EXPECT_EQ(found({"id=1"}), "1");
  EXPECT_EQ(found({"a=2; id=1; b=3"}), "1");
  EXPECT_EQ(found({"a=2;id=1=2"}), "1=2");
  EXPECT_EQ(found({"id="}), "");
  EXPECT_EQ(found({"ID=1"}), "none") << "names have case";
  EXPECT_EQ(found({"id"}), "none");
  EXPECT_EQ(found({"xid=1", ";;=;", "idx=1"}), "none");
}

TEST(CookieTest, TwoOfANameAreNone) {
  EXPECT_EQ(found({"id=1; id=2"}), "none");
  EXPECT_EQ(found({"id=1", "id=1"}), "none");
}

TEST(CookieTest, WhatIsSet) {
  EXPECT_EQ(set_cookie("__Host-id", "1", true),
            "__Host-id=1; Path=/; HttpOnly; SameSite=Strict; Secure");
  EXPECT_EQ(set_cookie("id", "1", false), "id=1; Path=/; HttpOnly; SameSite=Strict");
  EXPECT_EQ(end_cookie("id", false), "id=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

}  // namespace
}  // namespace http
