// Tests of second_factor.h: codes once, recovery codes once, who guesses, over a restart.
#include "admin/second_factor.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/base/text.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "lib/io/totp.h"

namespace admin {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view account = "you@demo.test";

class SecondFactorTest : public testing::Test {
 protected:
  SecondFactorTest() : world_(1), host_(world_, {"192.0.2.1"}) {
    EXPECT_TRUE(host_.doors().files.make_directories("/state"));
    open();
  }
  void open() { factors_ = SecondFactors::open(host_.doors().files, "/state/f.json").value(); }
  void enrol() {
    codes_ = factors_
                 ->enrol({.account = std::string(account),
                          .secret = std::string(secret_),
                          .step = io::totp_step(now_) - 1},
                         now_, host_.doors().random)
                 .value();
  }
  [[nodiscard]] std::string code(std::int64_t steps_later = 0) const {
    return io::totp_code(secret_, io::totp_step(now_) + steps_later);
  }
  CodeVerdict check(std::string_view typed) { return factors_->check(account, typed, now_); }

  io::sim::World world_;
  io::sim::Host host_;
  base::Time now_ = base::Time(1'900'000'000s);
  std::string secret_ = std::string(io::totp_secret_bytes, 's');
  std::unique_ptr<SecondFactors> factors_;
  std::vector<std::string> codes_;
};

TEST_F(SecondFactorTest, ACodeIsGoodOnceAlsoAfterARestart) {
  EXPECT_EQ(check(""), CodeVerdict::not_needed);
  EXPECT_EQ(check("123456"), CodeVerdict::not_needed);
  enrol();
  EXPECT_EQ(check(""), CodeVerdict::missing);
  EXPECT_EQ(check(" - "), CodeVerdict::missing);
  EXPECT_EQ(check("000000"), CodeVerdict::wrong);
  EXPECT_EQ(check(code(-1)), CodeVerdict::wrong) << "it proved the app at enrolment";
  const std::string typed = code().substr(0, 3) + " " + code().substr(3);
  EXPECT_EQ(check(typed), CodeVerdict::right);
  EXPECT_EQ(check(typed), CodeVerdict::wrong);
  open();
  EXPECT_EQ(check(typed), CodeVerdict::wrong);
  EXPECT_EQ(check(code(1)), CodeVerdict::right);
  EXPECT_EQ(factors_->check("other@demo.test", "", now_), CodeVerdict::not_needed);
}

TEST_F(SecondFactorTest, RecoveryCodesAreGoodOnceEach) {
  enrol();
  ASSERT_EQ(codes_.size(), recovery_codes);
  EXPECT_EQ(std::set<std::string>(codes_.begin(), codes_.end()).size(), recovery_codes);
  const auto text = io::read_file(host_.doors().files, "/state/f.json", 1 << 20).value();
  for (const std::string& one : codes_) {
    ASSERT_EQ(one.size(), 19U);
    EXPECT_EQ(text.find(one), std::string::npos) << "only a hash is kept";
  }
  EXPECT_EQ(check("aaaa-aaaa-aaaa-aaaa"), CodeVerdict::wrong);
  EXPECT_EQ(check(base::upper(codes_[3])), CodeVerdict::right);
  EXPECT_EQ(check(codes_[3]), CodeVerdict::wrong);
  open();
  EXPECT_EQ(check(codes_[3]), CodeVerdict::wrong);
  EXPECT_EQ(factors_->of(account)->recovery.size(), recovery_codes - 1);
  std::string bare = codes_[4];
  std::erase(bare, '-');
  EXPECT_EQ(check(bare), CodeVerdict::right);
}

TEST_F(SecondFactorTest, WhoGuessesCodesWaitsAndTheOwnerHasRecoveryCodes) {
  enrol();
  for (std::size_t i = 0; i < SecondFactors::failures_max; ++i) {
    EXPECT_EQ(check("000000"), CodeVerdict::wrong);
    now_ += 1s;
  }
  EXPECT_EQ(check(code()), CodeVerdict::too_many) << "not looked at";
  EXPECT_GT(factors_->closed_until(account), now_ + 59min);
  EXPECT_EQ(check(codes_[0]), CodeVerdict::right);
  for (std::size_t i = 0; i < SecondFactors::failures_max; ++i) (void)check("000000");
  EXPECT_EQ(check(code()), CodeVerdict::too_many);
  now_ += SecondFactors::failures_time;
  EXPECT_EQ(check(code()), CodeVerdict::right);
}

TEST_F(SecondFactorTest, RemovedAndEnrolledAgain) {
  EXPECT_FALSE(factors_->remove(account));
  enrol();
  EXPECT_EQ(
      factors_
          ->enrol({.account = std::string(account), .secret = secret_}, now_, host_.doors().random)
          .error()
          .kind,
      base::ErrorKind::exists);
  EXPECT_TRUE(factors_->remove(account));
  EXPECT_EQ(check(""), CodeVerdict::not_needed);
  open();
  EXPECT_EQ(check(""), CodeVerdict::not_needed);
  enrol();
}

TEST_F(SecondFactorTest, ADamagedFileIsNotAnEmptyOne) {
  enrol();
  const std::string good = write_second_factors({{std::string(account), *factors_->of(account)}});
  ASSERT_TRUE(read_second_factors(good));
  for (const auto& [what, with] :
       std::vector<std::pair<std::string, std::string>>{{"\"version\": 1", "\"version\": 2"},
                                                        {"\"secret\":\"", "\"secret\":\"1"},
                                                        {"\"last_step\":", "\"last\":"},
                                                        {"\"account\":\"you", "\"name\":\"you"},
                                                        {"\"recovery\":[", "\"recovery\":[1,"},
                                                        {"]}\n", ""}}) {
    std::string text = good;
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    text.replace(at, what.size(), with);
    EXPECT_FALSE(read_second_factors(text)) << text;
  }
  EXPECT_EQ(read_second_factors(R"({"version": 2})").error().kind, base::ErrorKind::unsupported);
  ASSERT_TRUE(io::write_file(host_.doors().files, "/state/f.json", "{}", 0600));
  const auto opened = SecondFactors::open(host_.doors().files, "/state/f.json");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail.find("remove /state/f.json"), std::string::npos);
}

}  // namespace
}  // namespace admin
