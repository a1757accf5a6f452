// See second_factor.h.
#include "admin/second_factor.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "lib/base/base32.h"
#include "lib/base/format_version.h"
#include "lib/base/text.h"
#include "lib/io/digest.h"
#include "lib/io/totp.h"

namespace admin {
namespace {

namespace json = boost::json;

constexpr std::uint64_t file_bytes_max = 4ULL << 20U;
constexpr std::int64_t format_version = 1;
constexpr std::size_t recovery_octets = 10;  // so many bits that a plain hash is enough to keep
constexpr std::size_t recovery_letters = 16;
constexpr std::size_t recovery_group = 4;  // "abcd-efgh-ijkl-mnop"
constexpr std::size_t code_bytes_max = 64;

// What people type: spaces and hyphens do not count, nor does the case of letters.
std::string plain(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (c != ' ' && c != '-') out += base::to_lower(c);
  }
  return out;
}

std::string hash_of(std::string_view plain_code) { return base::hex(io::sha256(plain_code)); }

std::string make_recovery_code(io::Random& random) {
  std::string octets(recovery_octets, '\0');
  random.fill(octets);
  const std::string letters = base::lower(base::base32(octets));
  std::string out;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i > 0 && i % recovery_group == 0) out += '-';
    out += letters[i];
  }
  return out;
}

json::object to_json(const std::string& account, const SecondFactor& factor) {
  json::array recovery;
  for (const std::string& hash : factor.recovery) recovery.emplace_back(hash);
  return {{"account", account},
          {"secret", base::base32(factor.secret)},
          {"enrolled", base::format_time(factor.enrolled)},
          {"last_step", factor.last_step},
          {"recovery", std::move(recovery)}};
}

std::unexpected<base::Error> damaged(std::string_view why) {
  return base::fail(base::ErrorKind::corrupt,
                    fmt::format("the file of second factors is damaged: {}", why));
}

std::string text_in(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains({field.data(), field.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

base::Result<SecondFactor> read_factor(const json::object& object) {
  SecondFactor factor{.secret = {}, .enrolled = {}, .recovery = {}};
  const auto secret = base::unbase32(text_in(object, "secret"));
  const auto enrolled = base::parse_time(text_in(object, "enrolled"));
  const json::value* step = object.if_contains("last_step");
  const json::value* recovery = object.if_contains("recovery");
  if (!secret || secret->size() != io::totp_secret_bytes || !enrolled || step == nullptr ||
      !step->is_int64() || recovery == nullptr || !recovery->is_array() ||
      recovery->get_array().size() > recovery_codes) {
    return damaged("an entry lacks what it needs");
  }
  factor.secret = *secret;
  factor.enrolled = *enrolled;
  factor.last_step = step->get_int64();
  for (const json::value& hash : recovery->get_array()) {
    if (!hash.is_string()) return damaged("a recovery code is no text");
    factor.recovery.emplace_back(hash.get_string());
  }
  return factor;
}

}  // namespace

std::string write_second_factors(const SecondFactorMap& factors) {
  std::string out = fmt::format("{{\"version\": {}, \"accounts\": [", format_version);
  bool first = true;
  for (const auto& [account, factor] : factors) {
    out += first ? "\n" : ",\n";
    out += json::serialize(to_json(account, factor));
    first = false;
  }
  return out + "\n]}\n";
}

base::Result<SecondFactorMap> read_second_factors(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return damaged("it is no JSON object");
  const json::value* version = value.get_object().if_contains("version");
  const json::value* entries = value.get_object().if_contains("accounts");
  if (version != nullptr && version->is_int64() && version->get_int64() > format_version) {
    return base::newer_format("the file of second factors", version->get_int64(), format_version);
  }
  if (version == nullptr || !version->is_int64() || version->get_int64() != format_version ||
      entries == nullptr || !entries->is_array() ||
      entries->get_array().size() > SecondFactors::accounts_max) {
    return damaged("it is of another version");
  }
  SecondFactorMap out;
  for (const json::value& entry : entries->get_array()) {
    if (!entry.is_object()) return damaged("an entry is no object");
    auto factor = read_factor(entry.get_object());
    if (!factor) return std::unexpected(std::move(factor.error()));
    std::string account = text_in(entry.get_object(), "account");
    if (account.empty() || !out.emplace(std::move(account), std::move(*factor)).second) {
      return damaged("an account is missing or there twice");
    }
  }
  return out;
}

base::Result<std::unique_ptr<SecondFactors>> SecondFactors::open(io::Files& files,
                                                                 std::string path) {
  std::unique_ptr<SecondFactors> out(new SecondFactors(files, std::move(path)));
  const auto text = io::read_file(files, out->path_, file_bytes_max);
  if (!text && text.error().kind == base::ErrorKind::not_found) return out;
  if (!text) return std::unexpected(text.error());
  auto factors = read_second_factors(*text);
  if (!factors) {
    factors.error().detail +=
        fmt::format("; remove {} to begin without them: passwords alone will do then", out->path_);
    return std::unexpected(std::move(factors.error()));
  }
  out->factors_ = std::move(*factors);
  return out;
}

base::Result<> SecondFactors::save(SecondFactorMap factors) {
  if (auto done = io::write_file(files_, path_, write_second_factors(factors), 0600); !done) {
    return done;
  }
  factors_ = std::move(factors);
  return {};
}

const SecondFactor* SecondFactors::of(std::string_view account) const {
  const auto found = factors_.find(account);
  return found == factors_.end() ? nullptr : &found->second;
}

CodeVerdict SecondFactors::check(std::string_view account, std::string_view code, base::Time now) {
  const SecondFactor* factor = of(account);
  if (factor == nullptr) return CodeVerdict::not_needed;
  const std::string typed = plain(code.substr(0, code_bytes_max));
  if (typed.empty()) return CodeVerdict::missing;
  if (typed.size() == recovery_letters) {
    const std::string hash = hash_of(typed);
    for (std::size_t i = 0; i < factor->recovery.size(); ++i) {
      if (io::equal_in_constant_time(factor->recovery[i], hash)) return use_recovery(account, i);
    }
    return CodeVerdict::wrong;  // 80 bits: no count is needed, the guard has its own
  }
  if (is_closed(account, now)) return CodeVerdict::too_many;
  const auto step = io::totp_match(factor->secret, typed, now, factor->last_step);
  if (step) return use_step(account, *step);
  note_failure(account, now);
  return CodeVerdict::wrong;
}

// A disk that is full must not keep its administrator out: in memory the code is used up all the
// same, and after a restart it is too old.
CodeVerdict SecondFactors::use_step(std::string_view account, std::int64_t step) {
  factors_.find(account)->second.last_step = step;
  failures_.erase(std::string(account));
  [[maybe_unused]] const auto saved = save(factors_);
  return CodeVerdict::right;
}

// One that cannot be crossed out for good would be good for ever.
CodeVerdict SecondFactors::use_recovery(std::string_view account, std::size_t index) {
  SecondFactorMap next = factors_;
  auto& left = next.find(account)->second.recovery;
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(index));
  if (!save(std::move(next))) return CodeVerdict::not_kept;
  failures_.erase(std::string(account));
  return CodeVerdict::right;
}

bool SecondFactors::is_closed(std::string_view account, base::Time now) {
  const auto found = failures_.find(account);
  if (found == failures_.end()) return false;
  std::erase_if(found->second, [now](base::Time at) { return now - at >= failures_time; });
  return found->second.size() >= failures_max;
}

void SecondFactors::note_failure(std::string_view account, base::Time now) {
  failures_[std::string(account)].push_back(now);  // as many as is_closed() lets through
}

base::Time SecondFactors::closed_until(std::string_view account) const {
  const auto found = failures_.find(account);
  if (found == failures_.end() || found->second.empty()) return {};
  return found->second.front() + failures_time;
}

base::Result<std::vector<std::string>> SecondFactors::enrol(const Enrolment& wish, base::Time now,
                                                            io::Random& random) {
  if (of(wish.account) != nullptr) {
    return base::fail(base::ErrorKind::exists,
                      fmt::format("{} has a second factor already; remove it first", wish.account));
  }
  if (factors_.size() >= accounts_max) {
    return base::fail(
        base::ErrorKind::limit,
        fmt::format("{} accounts have a second factor, which is the most", accounts_max));
  }
  SecondFactor factor{
      .secret = wish.secret, .enrolled = now, .last_step = wish.step, .recovery = {}};
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < recovery_codes; ++i) {
    codes.push_back(make_recovery_code(random));
    factor.recovery.push_back(hash_of(plain(codes.back())));
  }
  SecondFactorMap next = factors_;
  next.emplace(wish.account, std::move(factor));
  if (auto done = save(std::move(next)); !done) return std::unexpected(std::move(done.error()));
  failures_.erase(wish.account);
  return codes;
}

base::Result<> SecondFactors::remove(std::string_view account) {
  SecondFactorMap next = factors_;
  if (next.erase(std::string(account)) == 0) {
    return base::fail(base::ErrorKind::not_found, fmt::format("{} has no second factor", account));
  }
  if (auto done = save(std::move(next)); !done) return done;
  failures_.erase(std::string(account));
  return {};
}

}  // namespace admin
