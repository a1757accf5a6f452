// See behaviour.h.
#include "tools/bench/behaviour.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "lib/base/text.h"

namespace bench {
namespace {

constexpr std::array<std::pair<std::string_view, Stage>, 6> stages = {{
    {"connect", Stage::connect},
    {"ehlo", Stage::ehlo},
    {"mail", Stage::mail},
    {"rcpt", Stage::rcpt},
    {"data", Stage::data},
    {"end", Stage::end},
}};

std::unexpected<base::Error> no_rule(std::string_view rule, std::string_view form) {
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" is not {}, with a STAGE of connect, ehlo, mail, rcpt, data "
                                "or end",
                                base::printable(rule, 80), form));
}

std::optional<double> parse_share(std::string_view text) {
  double share = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), share);
  const bool good = error == std::errc() && end == text.end() && share >= 0 && share <= 1;
  return good ? std::optional(share) : std::nullopt;
}

// Takes "@STAGE" off the end; nullopt when the stage is unknown.
std::optional<Stage> take_stage(std::string_view& rule) {
  const std::size_t at = rule.find('@');
  if (at == std::string_view::npos) return Stage::end;
  const std::string_view name = rule.substr(at + 1);
  rule = rule.substr(0, at);
  for (const auto& [known, stage] : stages) {
    if (known == name) return stage;
  }
  return std::nullopt;
}

}  // namespace

// xorshift64*; the upper 53 bits make a double.
double Dice::roll() {
  state_ ^= state_ >> 12U;
  state_ ^= state_ << 25U;
  state_ ^= state_ >> 27U;
  return static_cast<double>((state_ * 0x2545f4914f6cdd1d) >> 11U) * 0x1p-53;
}

base::Result<> Behaviour::add_answer(std::string_view rule) {
  std::string_view rest = rule;
  const auto stage = take_stage(rest);
  const std::size_t slash = rest.find('/');
  const auto code = base::parse_number(rest.substr(0, slash));
  const auto share =
      slash == std::string_view::npos ? std::optional(1.0) : parse_share(rest.substr(slash + 1));
  if (!stage || !code || *code < 400 || *code > 599 || !share || answers_.size() >= rules_max) {
    return no_rule(rule, "CODE[/SHARE][@STAGE] such as 451/0.01@rcpt");
  }
  answers_.push_back({.stage = *stage, .share = *share, .code = static_cast<int>(*code)});
  return {};
}

base::Result<> Behaviour::add_delay(std::string_view rule) {
  std::string_view rest = rule;
  const auto stage = take_stage(rest);
  const auto millis = base::parse_number(rest);
  const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(delay_max).count();
  if (!stage || !millis || *millis > static_cast<std::uint64_t>(most) ||
      delays_.size() >= rules_max) {
    return no_rule(rule, "MILLISECONDS[@STAGE] such as 50@rcpt");
  }
  delays_.push_back({.stage = *stage, .delay = std::chrono::milliseconds(*millis)});
  return {};
}

base::Result<> Behaviour::add_close(std::string_view rule) {
  std::string_view rest = rule;
  const auto stage = take_stage(rest);
  const auto share = parse_share(rest);
  if (!stage || !share || closes_.size() >= rules_max) {
    return no_rule(rule, "SHARE[@STAGE] such as 0.1@data");
  }
  closes_.push_back({.stage = *stage, .share = *share});
  return {};
}

Reaction Behaviour::react(Stage stage, Dice& dice) const {
  Reaction out;
  const auto applies = [&](const Rule& rule) {
    return rule.stage == stage && (rule.share >= 1 || dice.roll() < rule.share);
  };
  for (const Rule& rule : delays_) {
    if (applies(rule)) out.delay += rule.delay;
  }
  for (const Rule& rule : closes_) {
    if (applies(rule)) out.close = true;
  }
  for (const Rule& rule : answers_) {
    if (!out.code && applies(rule)) out.code = rule.code;
  }
  return out;
}

}  // namespace bench
