// Tests of auth_results_reader.h: results as others write them.
#include "lib/mailauth/auth_results_reader.h"

#include <gtest/gtest.h>

namespace mailauth {
namespace {

std::string summary(std::string_view value) {
  std::string out;
  for (const AuthResult& result : read_auth_results(value)) {
    out += (out.empty() ? "" : "; ") + result.method + "=" + result.result;
    for (const auto& [name, text] : result.properties) out += " " + name + "=" + text;
    if (!result.reason.empty()) out += " [" + result.reason + "]";
  }
  return out;
}

TEST(AuthResultsReader, Results) {
  struct Case {
    std::string_view value;
    std::string_view results;
  };
  for (const auto& [value, results] : {
           Case{"mx.example; none", ""},
           Case{"mx.example 1; spf=pass smtp.mailfrom=a@b.example",
                "spf=pass smtp.mailfrom=a@b.example"},
           Case{"mx.example;\r\n\tSPF = Pass (all good; really)\r\n\tsmtp.MailFrom = b.example;\r\n"
                "\tdmarc/1=fail reason=\"no; way\" header.from=c.example policy.dmarc=reject",
                "spf=pass smtp.mailfrom=b.example; "
                "dmarc=fail header.from=c.example policy.dmarc=reject [no; way]"},
           Case{"mx; dkim=pass header.b=ab+/cd== header.d=x.example",
                "dkim=pass header.b=ab+/cd header.d=x.example"},
           Case{"mx; dkim=pass header.i=\"a;b=c\"@x.example header.d=x.example",
                "dkim=pass header.i=a;b=c header.d=x.example"},
           Case{"(spf=pass) mx; (dmarc=pass; (nested \\) ; dmarc=pass)) spf=none", "spf=none"},
           Case{"mx; \"dmarc\"=pass; dmarc=\"pass\"", "dmarc=pass"},
           Case{"mx; =pass; dmarc; dmarc=; dmarc==pass; ;", ""},
           Case{"mx; spf=pass (never closed; dmarc=pass", "spf=pass"}, Case{"", ""},
           Case{"dmarc=pass header.from=x.example", ""},  // the name of who checked is missing
       }) {
    EXPECT_EQ(summary(value), results) << value;
  }
}

TEST(AuthResultsReader, IsBounded) {
  std::string value = "mx";
  for (std::size_t i = 0; i < auth_results_max + 5; ++i) value += "; spf=pass";
  EXPECT_EQ(read_auth_results(value).size(), auth_results_max);
  value = "mx; spf=pass";
  for (std::size_t i = 0; i < auth_properties_max + 5; ++i) value += " a.b=c";
  EXPECT_EQ(read_auth_results(value)[0].properties.size(), auth_properties_max);
}

// What we write is read as it was meant.
TEST(AuthResultsReader, ReadsOurs) {
  const std::string field =
      auth_results_field("mx.example", {{.method = "spf",
                                         .result = "fail",
                                         .reason = "a \"quoted\"; dmarc=pass",
                                         .properties = {{"smtp.mailfrom", "\"; dmarc=pass"}}}});
  EXPECT_EQ(summary(std::string_view(field).substr(field.find(':') + 1)),
            "spf=fail smtp.mailfrom=\"; dmarc=pass [a \"quoted\"; dmarc=pass]");
}

}  // namespace
}  // namespace mailauth
