// Tests of tls_certificate.h.
#include "lib/io/tls_certificate.h"

#include <gtest/gtest.h>

#include "lib/io/tls.h"

namespace io {
namespace {

const base::Time november = *base::parse_time("2026-11-23T10:00:00.000Z");

TEST(TlsCertificate, SaysWhatIsInIt) {
  const auto made = make_self_signed({"mail.a.test", "*.b.test"}, november, 30);
  ASSERT_TRUE(made);
  const auto chain = read_certificates(made->certificate_pem);
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->size(), 1U);
  const Certificate& one = chain->front();
  EXPECT_EQ(one.names, (std::vector<std::string>{"mail.a.test", "*.b.test"}));
  EXPECT_EQ(one.subject, "CN=mail.a.test");
  EXPECT_TRUE(one.self_signed);
  EXPECT_EQ(one.not_after, november + std::chrono::hours(24 * 30));
  EXPECT_LE(one.not_before, november);
  EXPECT_FALSE(one.der.empty());
  EXPECT_NE(one.der.find(one.public_key_der), std::string::npos);
  EXPECT_TRUE(covers(one, "MAIL.a.test"));
  EXPECT_TRUE(covers(one, "x.b.test"));
  for (const char* name : {"a.test", "b.test", "x.y.b.test", ".b.test", ""}) {
    EXPECT_FALSE(covers(one, name)) << name;
  }
}

TEST(TlsCertificate, KeysAndChains) {
  const auto made = make_self_signed({"a.test"}, november, 30);
  const auto other = make_self_signed({"a.test"}, november, 30);
  ASSERT_TRUE(made && other);
  EXPECT_TRUE(check_key_of(made->certificate_pem, made->key_pem));
  EXPECT_FALSE(check_key_of(made->certificate_pem, other->key_pem));
  EXPECT_FALSE(check_key_of(made->certificate_pem, "no key"));
  const auto chain = verify_chain(made->certificate_pem, november);
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().kind, base::ErrorKind::tls);
}

TEST(TlsCertificate, WhatIsNone) {
  EXPECT_FALSE(read_certificates(""));
  EXPECT_FALSE(read_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  const auto made = make_self_signed({"a.test"}, november, 30);
  std::string many;
  for (std::size_t i = 0; i <= certificates_max; ++i) many += made->certificate_pem;
  EXPECT_EQ(read_certificates(many).error().kind, base::ErrorKind::limit);
}

}  // namespace
}  // namespace io
