// Tests of private_key.h, certificate.h and digest.h: keys sign, ask, and are told apart.
#include "lib/io/certificate.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/base/text.h"
#include "lib/io/digest.h"
#include "lib/io/private_key.h"
#include "lib/io/tls.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

const base::Time november = *base::parse_time("2026-11-23T10:00:00.000Z");

TEST(Digest, KnownAnswers) {
  // FIPS 180-4, RFC 4231 §4.3.
  EXPECT_EQ(base::hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(base::hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

TEST(PrivateKey, KeepsItselfAsText) {
  const auto key = PrivateKey::make();
  ASSERT_TRUE(key);
  const auto again = PrivateKey::from_pem(*key->pem());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->public_digest(), *key->public_digest());
  EXPECT_EQ(key->public_point()->size(), 2 * PrivateKey::coordinate_bytes);
  EXPECT_NE(*PrivateKey::make()->public_digest(), *key->public_digest());
  EXPECT_FALSE(PrivateKey::from_pem("no key"));
}

TEST(PrivateKey, SignsAsJwsWants) {
  const auto key = PrivateKey::make();
  const auto signature = key->sign_es256("what is signed");
  ASSERT_TRUE(signature);
  ASSERT_EQ(signature->size(), 2 * PrivateKey::coordinate_bytes);
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature->data());
  ECDSA_SIG* numbers = ECDSA_SIG_new();
  ECDSA_SIG_set0(numbers, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int der_bytes = i2d_ECDSA_SIG(numbers, &der);
  const KeyPtr openssl_key = std::move(*parse_key(*key->pem()));
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, openssl_key.get());
  const std::string_view text = "what is signed";
  EXPECT_EQ(EVP_DigestVerify(context, der, static_cast<std::size_t>(der_bytes),
                             reinterpret_cast<const unsigned char*>(text.data()), text.size()),
            1);
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(numbers);
}

TEST(PrivateKey, AsksForItsNames) {
  const auto key = PrivateKey::make();
  const auto request = key->request({"mail.example.org", "example.org"});
  ASSERT_TRUE(request);
  const auto* at = reinterpret_cast<const unsigned char*>(request->data());
  X509_REQ* parsed = d2i_X509_REQ(nullptr, &at, static_cast<long>(request->size()));
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(X509_REQ_verify(parsed, X509_REQ_get0_pubkey(parsed)), 1);
  X509_REQ_free(parsed);
  EXPECT_TRUE(request->contains("mail.example.org"));
  EXPECT_FALSE(key->request({}));
}

TEST(Certificate, SaysWhatItIs) {
  const auto identity = make_self_signed({"Mail.example.org", "192.0.2.1"}, november, 90);
  ASSERT_TRUE(identity);
  const auto facts = read_certificate(identity->certificate_pem);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->names, std::vector<std::string>{"mail.example.org"});
  EXPECT_TRUE(facts->self_signed);
  EXPECT_EQ(facts->issuer, "CN=Mail.example.org");
  EXPECT_EQ(facts->not_after, november + std::chrono::hours(24 * 90));
  EXPECT_EQ(facts->not_before, november - std::chrono::hours(1));
  EXPECT_EQ(facts->key_digest(), *PrivateKey::from_pem(identity->key_pem)->public_digest());
  EXPECT_FALSE(read_certificate("nothing"));
  // Certificate and key may be one text.
  const std::string both = identity->certificate_pem + identity->key_pem;
  EXPECT_EQ(read_certificate(both)->serial, facts->serial);
  EXPECT_TRUE(PrivateKey::from_pem(both));
  EXPECT_TRUE(TlsServer::make({{.names = {}, .certificate_pem = both, .key_pem = both}}));
}

TEST(Certificate, AChainIsInOrder) {
  const auto one = make_self_signed({"a.example.org"}, november, 90);
  const auto other = make_self_signed({"b.example.org"}, november, 90);
  EXPECT_TRUE(check_chain(one->certificate_pem));
  const auto wrong = check_chain(one->certificate_pem + other->certificate_pem);
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().detail.contains("did not issue the one before it"));
  EXPECT_FALSE(check_chain(""));
}

TEST(Certificate, AChallengeHasItsDigest) {
  const auto made = make_challenge_identity("mail.example.org", sha256("key"), november);
  ASSERT_TRUE(made);
  EXPECT_EQ(read_certificate(made->certificate_pem)->names,
            std::vector<std::string>{"mail.example.org"});
  EXPECT_FALSE(make_challenge_identity("mail.example.org", "short", november));
  const auto challenges = TlsChallenges::make();
  EXPECT_TRUE(challenges->add("mail.example.org", sha256("key"), november));
  challenges->remove("mail.example.org");
}

TEST(Certificate, SaysWhatIsInIt) {
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

TEST(Certificate, KeysAndChains) {
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

TEST(Certificate, WhatIsNone) {
  EXPECT_FALSE(read_certificates(""));
  EXPECT_FALSE(read_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  const auto made = make_self_signed({"a.test"}, november, 30);
  std::string many;
  for (std::size_t i = 0; i <= certificates_max; ++i) many += made->certificate_pem;
  EXPECT_EQ(read_certificates(many).error().kind, base::ErrorKind::limit);
}

}  // namespace
}  // namespace io
