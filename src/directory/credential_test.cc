// Tests of credential.h.
#include "directory/credential.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/io/sim/random.h"

namespace directory {
namespace {

TEST(Credential, Rfc7677Example) {
  // RFC 7677 §3: user "user", password "pencil"; its salt and iterations. The keys were computed
  // from the proofs there: ServerSignature and ClientProof verify with them.
  constexpr std::string_view verifier =
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
      "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  EXPECT_TRUE(verify_password(verifier, "pencil"));
  EXPECT_FALSE(verify_password(verifier, "Pencil"));
  const auto parsed = parse_verifier(verifier);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->iterations, 4096U);
  EXPECT_EQ(base::base64(parsed->salt), "W22ZaJ0SNY7soEsUEjb6gQ==");
  EXPECT_EQ(parsed->text(), verifier);
}

TEST(Credential, MadeVerifierKnowsItsPassword) {
  io::sim::SeededRandom random(1);
  const auto one = make_verifier("correct horse", random);
  const auto two = make_verifier("correct horse", random);
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);  // another salt
  EXPECT_TRUE(verify_password(*one, "correct horse"));
  EXPECT_TRUE(verify_password(*two, "correct horse"));
  EXPECT_FALSE(verify_password(*one, "correct horse "));
  EXPECT_FALSE(verify_password(*one, ""));
}

TEST(Credential, SaslPrep) {
  // RFC 4013 §3.
  EXPECT_EQ(prepare_password("I\xC2\xADX").value_or("?"), "IX");
  EXPECT_EQ(prepare_password("user").value_or("?"), "user");
  EXPECT_EQ(prepare_password("\xC2\xAA").value_or("?"), "a");
  EXPECT_EQ(prepare_password("\xE2\x85\xA8").value_or("?"), "IX");
  io::sim::SeededRandom random(1);
  const auto verifier = make_verifier("\xE2\x85\xA8", random);
  ASSERT_TRUE(verifier);
  EXPECT_TRUE(verify_password(*verifier, "IX"));
}

TEST(Credential, RefusedPasswords) {
  io::sim::SeededRandom random(1);
  const std::string too_long(password_bytes_max + 1, 'a');
  for (const std::string_view password :
       {std::string_view(""), std::string_view("a\x07"), std::string_view("\xFF\xFE"),
        std::string_view("a\0b", 3), std::string_view(too_long), std::string_view("\xC2\xAD")}) {
    EXPECT_FALSE(prepare_password(password)) << base::printable(password, 10);
    EXPECT_FALSE(make_verifier(password, random)) << base::printable(password, 10);
  }
  EXPECT_TRUE(prepare_password(std::string(password_bytes_max, 'a')));
}

TEST(Credential, UnknownUserAndBrokenVerifierSayNo) {
  for (const std::string_view verifier :
       {"", "x", "SCRAM-SHA-1$4096:QUJD$QUJD:QUJD", "SCRAM-SHA-256$4096:QUJD$QUJD:QUJD",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$9999999:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="}) {
    EXPECT_FALSE(parse_verifier(verifier)) << verifier;
    EXPECT_FALSE(verify_password(verifier, "pencil")) << verifier;
    EXPECT_FALSE(verify_password(verifier, "")) << verifier;
  }
}

TEST(Credential, GeneratedPasswordsAreReadableAndDiffer) {
  io::sim::SeededRandom random(1);
  const std::string one = generate_password(random);
  EXPECT_EQ(one.size(), 19U);
  EXPECT_EQ(one[4], '-');
  EXPECT_EQ(one.find_first_of("0o1il"), std::string::npos);
  EXPECT_NE(one, generate_password(random));
  EXPECT_TRUE(prepare_password(one));
}

}  // namespace
}  // namespace directory
