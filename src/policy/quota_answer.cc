// See quota_answer.h.
#include "policy/quota_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace policy {
namespace {

// A line end in a value would begin an attribute of its own.
std::string value_of(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
  return out;
}

// The first word of a text, which is taken off it.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text = base::trim(text.substr(end));
  return word;
}

std::optional<smtp::EnhancedCode> enhanced(std::string_view word, std::uint8_t class_) {
  const auto parts = base::split(word, '.');
  if (parts.size() != 3 || parts[0] != fmt::format("{}", class_)) return std::nullopt;
  const auto subject = base::parse_number(parts[1]);
  const auto detail = base::parse_number(parts[2]);
  if (!subject || !detail || *subject > 999 || *detail > 999) return std::nullopt;  // RFC 3463 §2
  return smtp::EnhancedCode{.class_ = class_,
                            .subject = static_cast<std::uint16_t>(*subject),
                            .detail = static_cast<std::uint16_t>(*detail)};
}

smtp::Reply refusal(int code, std::string_view text) {
  const auto class_ = static_cast<std::uint8_t>(code / 100);
  std::string_view rest = text;
  auto status = enhanced(take_word(rest), class_);
  if (!status) rest = text;
  std::string words = base::printable(rest, QuotaAnswer::text_bytes_max);
  // What is not printable has become longer (RFC 5321 §4.5.3.1.5 bounds the line).
  if (words.size() > QuotaAnswer::text_bytes_max) words.resize(QuotaAnswer::text_bytes_max);
  if (words.empty()) words = "The mailbox is full";
  // RFC 3463 §3.3: X.2.2 mailbox full.
  return smtp::reply(code, status.value_or(smtp::EnhancedCode{class_, 2, 2}), std::move(words));
}

// A code that may stand after RCPT: 421 would end the session.
bool may_answer_rcpt(std::uint64_t code) {
  return (code >= 450 && code <= 459) || (code >= 550 && code <= 559);
}

std::optional<QuotaAnswer> read_action(std::string_view action) {
  std::string_view text = base::trim(action);
  const std::string_view word = take_word(text);
  if (base::iequals(word, "DUNNO") || base::iequals(word, "OK")) return QuotaAnswer{};
  if (base::iequals(word, "REJECT")) return QuotaAnswer{.refusal = refusal(552, text)};
  const auto code = base::parse_number(word);
  if (word.size() != 3 || !code || !may_answer_rcpt(*code)) return std::nullopt;
  return QuotaAnswer{.refusal = refusal(static_cast<int>(*code), text)};
}

}  // namespace

std::string quota_request(const QuotaQuestion& question) {
  return fmt::format(
      "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nsender={}\n"
      "recipient={}\nsize={}\n\n",
      value_of(question.sender), value_of(question.mailbox), question.size);
}

bool is_whole_answer(std::string_view octets) {
  return octets.contains("\n\n") || octets.contains("\n\r\n") ||
         octets.size() > QuotaAnswer::answer_bytes_max;
}

std::optional<QuotaAnswer> read_quota_answer(std::string_view octets) {
  if (octets.size() > QuotaAnswer::answer_bytes_max) return std::nullopt;
  for (std::string_view line : base::split(octets, '\n')) {
    line = base::trim(line);
    if (line.empty()) break;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    if (base::iequals(line.substr(0, equals), "action")) {
      return read_action(line.substr(equals + 1));
    }
  }
  return std::nullopt;
}

}  // namespace policy
