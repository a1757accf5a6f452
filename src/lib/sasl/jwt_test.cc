// Tests of jwt.h and jwk.h: the examples of RFC 7515 and tokens signed here.
#include "lib/sasl/jwt.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "lib/base/text.h"
#include "lib/sasl/json.h"

namespace sasl {
namespace {

using base::ErrorKind;

std::string base64url(std::string_view bytes) {
  std::string out = base::base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

std::string number_of(EVP_PKEY* key, const char* name, std::size_t bytes) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key, name, &number), 1);
  std::string out(bytes == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : bytes, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
  BN_free(number);
  return out;
}

// A key of the test's own provider.
struct Signer {
  EVP_PKEY* key;
  std::string algorithm;

  [[nodiscard]] std::string jwk(const std::string& id, const std::string& more = "") const {
    const std::string tail = R"(","kid":")" + id + "\"" + more + "}";
    if (algorithm[0] == 'E' && algorithm[1] == 'S') {
      return R"({"kty":"EC","crv":"P-256","x":")" +
             base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32)) + R"(","y":")" +
             base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32)) + tail;
    }
    if (algorithm == "EdDSA") {
      std::string raw(32, '\0');
      std::size_t bytes = raw.size();
      EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &bytes);
      return R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url(raw) + tail;
    }
    return R"({"kty":"RSA","n":")" + base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N, 0)) +
           R"(","e":")" + base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E, 0)) + tail;
  }

  [[nodiscard]] std::string sign(std::string_view octets) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* how = nullptr;
    const bool plain = algorithm == "EdDSA";
    EXPECT_EQ(EVP_DigestSignInit(context, &how, plain ? nullptr : EVP_sha256(), nullptr, key), 1);
    if (algorithm == "PS256") {
      EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST);
    }
    std::string out(1'024, '\0');
    std::size_t bytes = out.size();
    EXPECT_EQ(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &bytes,
                             reinterpret_cast<const unsigned char*>(octets.data()), octets.size()),
              1);
    out.resize(bytes);
    EVP_MD_CTX_free(context);
    if (algorithm != "ES256") return out;
    const auto* der = reinterpret_cast<const unsigned char*>(out.data());
    ECDSA_SIG* both = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(out.size()));
    std::string raw(64, '\0');
    auto* into = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(both), into, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(both), into + 32, 32);
    ECDSA_SIG_free(both);
    return raw;
  }

  [[nodiscard]] std::string token(const std::string& header, const std::string& claims) const {
    const std::string octets = base64url(header) + "." + base64url(claims);
    return octets + "." + base64url(sign(octets));
  }
};

const Signer rsa{EVP_RSA_gen(2048), "RS256"};
const Signer short_rsa{EVP_RSA_gen(1024), "RS256"};
const Signer pss{rsa.key, "PS256"};
const Signer ec{EVP_EC_gen("P-256"), "ES256"};
const Signer ed{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "EdDSA"};

const base::Time now = base::Time(std::chrono::seconds(1'800'000'000));
const TokenRules rules{.issuer = "https://id.example", .audience = "mail"};
const std::string good_claims =
    R"({"iss":"https://id.example","aud":"mail","exp":1800000100,"nbf":1799999900,)"
    R"("email":"you@demo.test"})";

std::string header(std::string_view algorithm, std::string_view more = R"(,"kid":"1")") {
  return fmt::format(R"({{"alg":"{}"{}}})", algorithm, more);
}

std::shared_ptr<const KeySet> keys(const std::vector<std::string>& jwks) {
  auto set = KeySet::parse(fmt::format(R"({{"keys":[{}]}})", fmt::join(jwks, ",")));
  EXPECT_TRUE(set) << set.error().text();
  return set.value_or(nullptr);
}

TEST(Jwt, EveryAlgorithm) {
  for (const Signer* signer : {&rsa, &pss, &ec, &ed}) {
    const auto set = keys({signer->jwk("1")});
    const std::string token = signer->token(header(signer->algorithm), good_claims);
    const auto facts = verify_token(token, *set, rules, now);
    ASSERT_TRUE(facts) << signer->algorithm << facts.error().text();
    EXPECT_EQ(facts->user, "you@demo.test");
    EXPECT_EQ(facts->expires, base::Time(std::chrono::seconds(1'800'000'100)));
    // One octet of anything else, and it is not good.
    for (std::size_t i = 0; i < token.size(); i += 7) {
      std::string changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      if (changed[i] != token[i]) EXPECT_FALSE(verify_token(changed, *set, rules, now)) << i;
    }
  }
}

// RFC 7515 appendix A.2 and A.3: the same payload, without the claims that we need.
TEST(Jwt, ExamplesOfRfc7515) {
  const auto set = keys(
      {R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})",
       R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"});
  const std::string payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c"
      "nVlfQ";
  const std::string a2 =
      "eyJhbGciOiJSUzI1NiJ9." + payload +
      ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F"
      "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBM"
      "Hlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2"
      "w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
  const std::string a3 =
      "eyJhbGciOiJFUzI1NiJ9." + payload +
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  const TokenRules joe{.issuer = "joe", .audience = {}, .user_claim = "iss"};
  const base::Time then = base::Time(std::chrono::seconds(1'300'819'379));
  for (const std::string& token : {a2, a3}) {
    const auto facts = verify_token(token, *set, joe, then);
    ASSERT_TRUE(facts) << facts.error().text();
    EXPECT_EQ(facts->user, "joe");
    EXPECT_FALSE(verify_token(token, *set, joe, now));  // expired since
  }
}

TEST(Jwt, ClaimsThatAreRefused) {
  const auto set = keys({rsa.jwk("1")});
  struct Case {
    const char* claims;
    const char* why;  // "": it is good
  };
  const Case cases[] = {
      {R"({"iss":"https://id.example","aud":["x","mail"],"exp":1800000100.5,"email":"a"})", ""},
      {R"({"iss":"https://id.example","aud":"mail","exp":1799999941,"email":"a"})", ""},  // leeway
      {R"({"iss":"https://id.example","aud":"mail","exp":1800000100,"nbf":1800000059,"email":"a",)"
       R"("email_verified":true})",
       ""},
      {R"({"iss":"https://id.example","aud":"mail","exp":1799999940,"email":"a"})", "expired"},
      {R"({"iss":"https://id.example","aud":"mail","email":"a"})", "never expires"},
      {R"({"iss":"https://id.example","aud":"mail","exp":"tomorrow","email":"a"})", "not a time"},
      {R"({"iss":"https://id.example","aud":"mail","exp":-1,"email":"a"})", "not a time"},
      {R"({"iss":"https://id.example","aud":"mail","exp":1e300,"email":"a"})", "not a time"},
      {R"({"iss":"https://id.example","aud":"mail","exp":1800000100,"nbf":1800000061,"email":"a"})",
       "not valid before"},
      {R"({"iss":"https://id.example/","aud":"mail","exp":1800000100,"email":"a"})", "issuer"},
      {R"({"aud":"mail","exp":1800000100,"email":"a"})", "issuer"},
      {R"({"iss":"https://id.example","aud":"other","exp":1800000100,"email":"a"})", "audience"},
      {R"({"iss":"https://id.example","aud":["a",7],"exp":1800000100,"email":"a"})", "audience"},
      {R"({"iss":"https://id.example","exp":1800000100,"email":"a"})", "audience"},
      {R"({"iss":"https://id.example","aud":"mail","exp":1800000100})", "no email"},
      {R"({"iss":"https://id.example","aud":"mail","exp":1800000100,"email":7})", "no email"},
      {R"({"iss":"https://id.example","aud":"mail","exp":1800000100,"email":""})", "no email"},
      {R"({"iss":"https://id.example","aud":"mail","exp":1800000100,"email":"a",)"
       R"("email_verified":false})",
       "not verified"},
      {R"(["a"])", "not JSON"},
      {"", "not JSON"},
      {R"({"iss":[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]})", "not JSON"},  // too deep
  };
  for (const Case& test : cases) {
    const auto facts = verify_token(rsa.token(header("RS256"), test.claims), *set, rules, now);
    if (*test.why == '\0') {
      EXPECT_TRUE(facts) << test.claims << facts.error().text();
      continue;
    }
    ASSERT_FALSE(facts) << test.claims;
    EXPECT_EQ(facts.error().kind, ErrorKind::denied);
    EXPECT_TRUE(facts.error().detail.contains(test.why)) << facts.error().detail;
  }
}

TEST(Jwt, HeadersThatAreRefused) {
  const auto set = keys({rsa.jwk("1"), ec.jwk("2", R"(,"use":"sig")")});
  struct Case {
    std::string header;
    ErrorKind kind;
  };
  const Case cases[] = {
      {header("none"), ErrorKind::denied},
      {header("None"), ErrorKind::denied},
      {header("HS256"), ErrorKind::denied},
      {header("RS512"), ErrorKind::denied},
      {header("rs256"), ErrorKind::denied},
      {R"({"kid":"1"})", ErrorKind::denied},
      {header("RS256", R"(,"crit":["b64"],"b64":false)"), ErrorKind::denied},
      {header("RS256", R"(,"typ":"logout+jwt")"), ErrorKind::denied},
      {header("RS256", R"(,"typ":7)"), ErrorKind::denied},
      {header("RS256", R"(,"kid":"3")"), ErrorKind::not_found},
      {header("ES256", R"(,"kid":"1")"), ErrorKind::not_found},  // an RSA key is none for ECDSA
      {header("RS256", R"(,"kid":"2")"), ErrorKind::not_found},
      {header("EdDSA", ""), ErrorKind::not_found},
      {header("PS256"), ErrorKind::denied},  // signed as RS256
      {"x", ErrorKind::denied},
  };
  for (const Case& test : cases) {
    const auto facts = verify_token(rsa.token(test.header, good_claims), *set, rules, now);
    ASSERT_FALSE(facts) << test.header;
    EXPECT_EQ(facts.error().kind, test.kind) << test.header << facts.error().text();
  }
  for (const char* good : {"", R"(,"typ":"JWT")", R"(,"typ":"application/at+jwt","kid":"1")"}) {
    EXPECT_TRUE(verify_token(rsa.token(header("RS256", good), good_claims), *set, rules, now))
        << good;
  }
}

TEST(Jwt, NotATokenAtAll) {
  const auto set = keys({rsa.jwk("1")});
  const std::string token = rsa.token(header("RS256"), good_claims);
  const std::string cases[] = {"",
                               ".",
                               "..",
                               "a.b",
                               "a.b.c",
                               token + ".x",
                               token + "=",
                               token + "\n",
                               " " + token,
                               token.substr(0, token.rfind('.')),
                               token.substr(0, token.rfind('.') + 1),
                               std::string(token_bytes_max + 1, 'a')};
  for (const std::string& bad : cases) EXPECT_FALSE(verify_token(bad, *set, rules, now)) << bad;
}

TEST(Jwk, SetsAndKeysThatAreRefused) {
  const std::string weak = short_rsa.jwk("1");
  const std::string off_curve =
      R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]})";
  const std::string sets[] = {
      "",
      "[]",
      "{}",
      R"({"keys":{}})",
      R"({"keys":[]})",
      R"({"keys":[7]})",
      R"({"keys":[{"kty":"oct","k":"AAAA"}]})",  // a shared secret is no public key
      R"({"keys":[)" + weak + "]}",
      R"({"keys":[)" + rsa.jwk("1", R"(,"use":"enc")") + "]}",
      R"({"keys":[)" + rsa.jwk("1", R"(,"alg":"HS256")") + "]}",
      R"({"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]})",
      off_curve,
      R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})",
      std::string(json_bytes_max + 1, ' '),
  };
  for (const std::string& bad : sets) EXPECT_FALSE(KeySet::parse(bad)) << bad.substr(0, 200);
  // One that we do not know beside one that we do; "alg" binds the key to it.
  const auto set = keys({R"({"kty":"XX"})", rsa.jwk("1", R"(,"alg":"PS256")")});
  EXPECT_EQ(set->size(), 1U);
  EXPECT_FALSE(set->has({.id = "1", .algorithm = SignatureAlgorithm::rs256}));
  EXPECT_TRUE(set->has({.id = "", .algorithm = SignatureAlgorithm::ps256}));
}

TEST(Introspection, Answers) {
  struct Case {
    const char* json;
    bool good;
    ErrorKind kind;
  };
  const Case cases[] = {
      {R"({"active":true,"aud":"mail","email":"a@b"})", true, {}},
      {R"({"active":true,"aud":"mail","email":"a@b","iss":"https://id.example","exp":1800000100})",
       true,
       {}},
      {R"({"active":false})", false, ErrorKind::denied},
      {R"({"active":true,"aud":"other","email":"a@b"})", false, ErrorKind::denied},
      {R"({"active":true,"aud":"mail","iss":"x","email":"a@b"})", false, ErrorKind::denied},
      {R"({"active":true,"aud":"mail","email":"a@b","exp":5})", false, ErrorKind::denied},
      {R"({"active":true,"aud":"mail"})", false, ErrorKind::denied},
      {R"({"active":"true","aud":"mail","email":"a@b"})", false, ErrorKind::invalid},
      {R"({"error":"x"})", false, ErrorKind::invalid},
      {"<html>", false, ErrorKind::invalid},
  };
  for (const Case& test : cases) {
    const auto facts = read_introspection(test.json, rules, now);
    EXPECT_EQ(facts.has_value(), test.good) << test.json;
    if (!facts && !test.good) EXPECT_EQ(facts.error().kind, test.kind) << test.json;
  }
}

TEST(Json, Base64UrlIsStrict) {
  EXPECT_EQ(unbase64url("-_8"), "\xfb\xff");
  EXPECT_EQ(unbase64url(""), "");
  for (const char* bad : {"A", "AA=", "+/8A", "A A", "AB\n"}) EXPECT_FALSE(unbase64url(bad)) << bad;
}

}  // namespace
}  // namespace sasl
