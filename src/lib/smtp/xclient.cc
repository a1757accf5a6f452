// See xclient.h.
#include "lib/smtp/xclient.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/address.h"
#include "lib/smtp/xtext.h"

namespace smtp {
namespace {

constexpr std::size_t login_bytes_max = 320;  // an address and an app password's name

std::unexpected<Reply> bad(std::string words) {
  return std::unexpected(reply(501, {5, 5, 4}, std::move(words)));
}

bool is_unavailable(std::string_view value) {
  return base::iequals(value, "[UNAVAILABLE]") || base::iequals(value, "[TEMPUNAVAIL]");
}

bool is_graphic(char c) { return c > ' ' && c <= '~'; }
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// As parse_helo has it. [UNAVAILABLE] leaves nothing, which is a value, too.
bool take_text(std::optional<std::string>& out, std::string value, std::size_t bytes_max) {
  if (value.size() > bytes_max || !std::ranges::all_of(value, is_graphic)) return false;
  out = std::move(value);
  return true;
}

// Names of people may have letters beyond ASCII.
bool take_login(std::optional<std::string>& out, std::string value) {
  const auto good = [](char c) { return is_graphic(c) || is_beyond_ascii(c); };
  if (value.size() > login_bytes_max || !std::ranges::all_of(value, good)) return false;
  out = std::move(value);
  return true;
}

// The README has the prefix in upper case; nothing is case-sensitive.
bool take_address(std::optional<std::string>& out, std::string value) {
  constexpr std::string_view v6 = "IPV6:";
  if (base::istarts_with(value, v6)) value.erase(0, v6.size());
  return take_text(out, std::move(value), message::domain_bytes_max);
}

bool take_port(std::optional<std::uint16_t>& out, const std::string& value) {
  if (value.empty()) {
    out = 0;
    return true;
  }
  const auto number = base::parse_number(value);
  if (!number || *number > 65'535) return false;
  out = static_cast<std::uint16_t>(*number);
  return true;
}

bool take_protocol(std::optional<bool>& out, std::string_view value) {
  if (!base::iequals(value, "SMTP") && !base::iequals(value, "ESMTP")) return false;
  out = value.size() == 5;
  return true;
}

// One attribute into its place; false: its value is none of that kind.
bool take(Xclient& out, std::string_view name, std::string value) {
  if (name == "NAME") return take_text(out.name, std::move(value), message::domain_bytes_max);
  if (name == "ADDR") return take_address(out.address, std::move(value));
  if (name == "PORT") return take_port(out.port, value);
  if (name == "PROTO") return take_protocol(out.esmtp, value);
  if (name == "HELO") return take_text(out.helo, std::move(value), message::domain_bytes_max);
  if (name == "LOGIN") return take_login(out.login, std::move(value));
  if (name == "DESTADDR") return take_address(out.destination_address, std::move(value));
  if (name == "DESTPORT") return take_port(out.destination_port, value);
  return false;
}

}  // namespace

std::expected<Xclient, Reply> parse_xclient(std::string_view argument,
                                            const std::vector<std::string>& offered) {
  const auto words = base::words(argument);
  if (words.empty()) return bad("Syntax: XCLIENT attribute=value");
  Xclient out;
  std::vector<std::string> seen;
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return bad("XCLIENT takes attributes with a value each");
    std::string name = base::upper(word.substr(0, equals));
    if (std::ranges::find(offered, name) == offered.end()) {
      return bad("XCLIENT has an attribute that is not offered here");
    }
    if (std::ranges::find(seen, name) != seen.end()) return bad(name + " is given twice");
    const std::string_view coded = word.substr(equals + 1);
    auto value = is_unavailable(coded) ? std::optional(std::string()) : parse_xtext(coded);
    if (!value || (value->empty() && !is_unavailable(coded)) || !take(out, name, *value)) {
      return bad(fmt::format("The value of {} is malformed", name));
    }
    seen.push_back(std::move(name));
  }
  return out;
}

}  // namespace smtp
