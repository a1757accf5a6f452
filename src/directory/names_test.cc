// Tests of names.h.
#include "directory/names.h"

#include <gtest/gtest.h>

namespace directory {
namespace {

TEST(Names, Canonical) {
  EXPECT_EQ(domain_name(" Demo.Test. ").value_or("?"), "demo.test");
  EXPECT_EQ(domain_name("B\xC3\xBC"
                        "cher.example")
                .value_or("?"),
            "xn--bcher-kva.example");
  EXPECT_EQ(address_name("You@Demo.Test").value_or("?"), "you@demo.test");
  EXPECT_EQ(alias_name("@Demo.Test").value_or("?"), "@demo.test");
  EXPECT_EQ(alias_name("Info@Demo.Test").value_or("?"), "info@demo.test");
  EXPECT_EQ(login_name("You@Demo.Test/Phone").value_or("?"), "you@demo.test/phone");
  EXPECT_EQ(login_name("You@Demo.Test").value_or("?"), "you@demo.test");
  EXPECT_EQ(login_name("a/b@demo.test").value_or("?"), "a/b@demo.test");
}

TEST(Names, Refused) {
  for (const auto* text : {"", "a b", "[192.0.2.1]", "a..b", "@a.test", "-a.test"}) {
    EXPECT_FALSE(domain_name(text)) << text;
  }
  for (const auto* text : {"", "you", "@demo.test", "you@[192.0.2.1]", "you@", "a b@demo.test"}) {
    EXPECT_FALSE(address_name(text)) << text;
  }
  for (const auto* text : {"you@demo.test/", "you@demo.test/a b", "you@demo.test/a/b", "phone"}) {
    EXPECT_FALSE(login_name(text)) << text;
  }
  EXPECT_EQ(address_name("you").error().detail,
            "\"you\" is not a mail address; write it as in you@example.org");
  EXPECT_EQ(domain_name("a b").error().detail,
            "\"a b\" is not a domain name; write it as in example.org");
}

TEST(Names, Parts) {
  EXPECT_EQ(without_detail("you+a+b@demo.test"), "you@demo.test");
  EXPECT_EQ(without_detail("you@demo.test"), "");
  EXPECT_EQ(without_detail("+a@demo.test"), "");
  EXPECT_EQ(without_detail("you@de+mo.test"), "");
  EXPECT_EQ(local_of("a@b@c"), "a@b");
  EXPECT_EQ(domain_of("a@b@c"), "c");
  EXPECT_EQ(domain_of("@c"), "c");
}

}  // namespace
}  // namespace directory
