// Tests of lib/io/service_place.h.
#include "lib/io/service_place.h"

#include <gtest/gtest.h>

namespace io {
namespace {

TEST(ServicePlace, ParsesAndPrints) {
  for (const char* text : {"unix:/run/dovecot/lmtp", "127.0.0.1:24", "[::1]:24", "mail.inner:24"}) {
    const auto place = ServicePlace::parse(text);
    ASSERT_TRUE(place) << text;
    EXPECT_EQ(place->text(), text);
    EXPECT_FALSE(place->empty());
  }
  EXPECT_EQ(ServicePlace::parse("unix:/a")->path, "/a");
  EXPECT_EQ(ServicePlace::parse("Mail.Inner:24")->host, "mail.inner");
  EXPECT_EQ(ServicePlace::parse("[::1]:24")->address()->text(), "::1");
  EXPECT_FALSE(ServicePlace::parse("mail.inner:24")->address());
  EXPECT_TRUE(ServicePlace{}.empty());
  EXPECT_EQ(ServicePlace{}.text(), "");
}

TEST(ServicePlace, RefusesTheRest) {
  for (const char* text : {"", "unix:", "unix:relative", "/run/lmtp", "127.0.0.1", "127.0.0.1:0",
                           "host", "host:", "host:x", "host:65536", "::1:24", ".host:24",
                           "-host:24", "a b:24", "1.2.3:24", "a/b:24"}) {
    EXPECT_FALSE(ServicePlace::parse(text)) << text;
  }
  EXPECT_FALSE(ServicePlace::parse("unix:/" + std::string(unix_path_bytes_max, 'x')));
  EXPECT_FALSE(ServicePlace::parse(std::string(300, 'a') + ":24"));
}

}  // namespace
}  // namespace io
