// Tests of check.h and table_verify.cc: what would turn checks off by mistake.
#include <gtest/gtest.h>

#include "config/config.h"

namespace config {
namespace {

TEST(CheckVerify, Mistakes) {
  struct Case {
    const char* text;
    const char* mistake;  // "": none
  };
  const Case cases[] = {
      {"[verify]\nauthserv_id = \"mx.example.org\"\ntrusted_lists = [\"lists.example.net\"]\n", ""},
      {"[verify]\nauthserv_id = \"\"\nexempt = [\"10.0.0.0/8\"]\n", ""},
      {"[verify]\nauthserv_id = \"mx.example.org 1\"\n", "verify.authserv_id"},
      {"[verify]\ntrusted_lists = [\"a.example, b.example\"]\n", "verify.trusted_lists"},
      {"[verify]\ntrusted_arc_sealers = [\"google.com \"]\n", "verify.trusted_arc_sealers"},
      {"[verify]\nexempt = [\"0.0.0.0/0\"]\n", "verify.exempt"},
      {"[verify]\nexempt = [\"::/0\"]\n", "verify.exempt"},
      {"[[milter]]\nname = \"a\"\naddress = \"127.0.0.1:1\"\n"
       "[[milter]]\nname = \"a\"\naddress = \"127.0.0.1:2\"\n",
       "milter[2].name"},
  };
  const std::string head =
      "hostname = \"mail.example.org\"\n[[listener]]\naddress = \"127.0.0.1:25\"\n";
  for (const Case& test : cases) {
    const auto loaded = load(head + test.text, "stagepost.toml", "/home");
    const std::string found = loaded ? "" : loaded.error().detail;
    if (*test.mistake == '\0') {
      EXPECT_EQ(found, "") << test.text;
    } else {
      EXPECT_TRUE(found.contains(test.mistake)) << test.text << "\n" << found;
    }
  }
}

}  // namespace
}  // namespace config
