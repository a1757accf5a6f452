// See extensions.h.
#include "lib/smtp/extensions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"

namespace smtp {
namespace {

struct Flag {
  std::string_view keyword;
  bool Extensions::* member;
};

// In the order in which we offer them.
constexpr std::array<Flag, 10> flags = {{{"PIPELINING", &Extensions::pipelining},
                                         {"8BITMIME", &Extensions::eightbitmime},
                                         {"ENHANCEDSTATUSCODES", &Extensions::enhanced_codes},
                                         {"SMTPUTF8", &Extensions::smtputf8},
                                         {"CHUNKING", &Extensions::chunking},
                                         {"BINARYMIME", &Extensions::binarymime},
                                         {"DSN", &Extensions::dsn},
                                         {"MT-PRIORITY", &Extensions::mt_priority},
                                         {"STARTTLS", &Extensions::starttls},
                                         {"REQUIRETLS", &Extensions::requiretls}}};

void add_upper(std::vector<std::string>& names, std::string_view name) {
  std::string upper = base::upper(name);
  if (std::ranges::find(names, upper) == names.end()) names.push_back(std::move(upper));
}

using Words = std::vector<std::string_view>;

void parse_size(Extensions& out, const Words& words) {
  // RFC 1870 §3: without a number there is no fixed limit.
  out.size = words.size() > 1 ? base::parse_number(words[1]).value_or(0) : 0;
}

void parse_deliver_by(Extensions& out, const Words& words) {
  // RFC 2852 §2: without a number there is no least by-time.
  out.deliver_by = words.size() > 1 ? base::parse_number(words[1]).value_or(0) : 0;
}

void parse_limits(Extensions& out, const Words& words) {
  for (const std::string_view word : words) {
    const std::size_t equals = std::min(word.find('='), word.size() - 1);
    const std::string_view name = word.substr(0, equals);
    const auto number = base::parse_number(word.substr(equals + 1));
    // RFC 9422 §4: zero is no value.
    if (!number || *number == 0) continue;
    if (base::iequals(name, "RCPTMAX")) out.rcpt_max = number;
    if (base::iequals(name, "MAILMAX")) out.mail_max = number;
  }
}

void parse_line(Extensions& out, std::string_view line) {
  Words words = base::words(line);
  if (words.empty()) return;
  const std::string_view keyword = words.front();
  // Servers before RFC 2554 wrote "AUTH=LOGIN"; some still do for old clients' sake.
  if (base::istarts_with(keyword, "AUTH=")) add_upper(out.auth, keyword.substr(5));
  if (base::iequals(keyword, "AUTH") || base::istarts_with(keyword, "AUTH=")) {
    for (std::size_t i = 1; i < words.size(); ++i) add_upper(out.auth, words[i]);
  } else if (base::iequals(keyword, "XCLIENT")) {
    for (std::size_t i = 1; i < words.size(); ++i) add_upper(out.xclient, words[i]);
  } else if (base::iequals(keyword, "SIZE")) {
    parse_size(out, words);
  } else if (base::iequals(keyword, "FUTURERELEASE") && words.size() == 3) {
    out.future_release = parse_future_release(words[1], words[2]);
  } else if (base::iequals(keyword, "DELIVERBY")) {
    parse_deliver_by(out, words);
  } else if (base::iequals(keyword, "LIMITS")) {
    parse_limits(out, words);
  }
  for (const Flag& flag : flags) {
    if (base::iequals(keyword, flag.keyword)) out.*flag.member = true;
  }
}

}  // namespace

bool Extensions::has_auth(std::string_view mechanism) const {
  return std::ranges::any_of(
      auth, [&](const std::string& name) { return base::iequals(name, mechanism); });
}

std::vector<std::string> ehlo_lines(const Extensions& offered) {
  std::vector<std::string> lines;
  for (const Flag& flag : flags) {
    if (offered.*flag.member) lines.emplace_back(flag.keyword);
  }
  if (offered.size) {
    lines.push_back(*offered.size == 0 ? "SIZE" : fmt::format("SIZE {}", *offered.size));
  }
  if (offered.deliver_by) {
    lines.push_back(*offered.deliver_by == 0 ? "DELIVERBY"
                                             : fmt::format("DELIVERBY {}", *offered.deliver_by));
  }
  if (offered.future_release) {
    lines.push_back("FUTURERELEASE " + future_release_text(*offered.future_release));
  }
  if (!offered.auth.empty()) lines.push_back(fmt::format("AUTH {}", fmt::join(offered.auth, " ")));
  if (!offered.xclient.empty()) {
    lines.push_back(fmt::format("XCLIENT {}", fmt::join(offered.xclient, " ")));
  }
  std::string limits;
  if (offered.rcpt_max) limits += fmt::format(" RCPTMAX={}", *offered.rcpt_max);
  if (offered.mail_max) limits += fmt::format(" MAILMAX={}", *offered.mail_max);
  if (!limits.empty()) lines.push_back("LIMITS" + limits);
  return lines;
}

Extensions parse_ehlo(const Reply& reply) {
  Extensions out;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) parse_line(out, reply.lines[i]);
  return out;
}

}  // namespace smtp
