// See command.h.
#include "lib/smtp/command.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"

namespace smtp {
namespace {

constexpr std::array<std::pair<std::string_view, Verb>, 17> verbs = {{
    {"HELO", Verb::helo},
    {"EHLO", Verb::ehlo},
    {"LHLO", Verb::lhlo},
    {"MAIL", Verb::mail},
    {"RCPT", Verb::rcpt},
    {"DATA", Verb::data},
    {"BDAT", Verb::bdat},
    {"RSET", Verb::rset},
    {"NOOP", Verb::noop},
    {"VRFY", Verb::vrfy},
    {"EXPN", Verb::expn},
    {"HELP", Verb::help},
    {"QUIT", Verb::quit},
    {"AUTH", Verb::auth},
    {"ETRN", Verb::etrn},
    {"STARTTLS", Verb::starttls},
    {"XCLIENT", Verb::xclient},
}};

}  // namespace

std::string_view to_string(Verb verb) {
  for (const auto& [name, value] : verbs) {
    if (value == verb) return name;
  }
  return "unknown";
}

Command parse_command(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  // RFC 5321 §4.1.1: spaces before the CRLF are tolerated.
  Command command{Verb::unknown, base::trim(line.substr(word.size()))};
  for (const auto& [name, verb] : verbs) {
    if (base::iequals(name, base::trim(word))) command.verb = verb;
  }
  return command;
}

std::expected<std::string, Reply> parse_helo(std::string_view argument) {
  argument = base::trim(argument);
  const bool good = std::ranges::all_of(argument, [](char c) { return c > ' ' && c <= '~'; });
  if (argument.empty() || argument.size() > message::domain_bytes_max || !good) {
    return std::unexpected(reply(501, {5, 5, 4}, "The host name is missing or malformed"));
  }
  return std::string(argument);
}

std::expected<BdatParams, Reply> parse_bdat(std::string_view argument) {
  const auto words = base::words(argument);
  const auto size = words.empty() ? std::nullopt : base::parse_number(words[0]);
  const bool last = words.size() == 2 && base::iequals(words[1], "LAST");
  if (!size || words.size() > 2 || (words.size() == 2 && !last)) {
    return std::unexpected(reply(501, {5, 5, 4}, "Syntax: BDAT size [LAST]"));
  }
  return BdatParams{*size, last};
}

}  // namespace smtp
