// See check_mail_case.h.
#include "cli/check_mail_case.h"

#include <fmt/format.h>

#include "cli/input.h"
#include "lib/base/text.h"
#include "lib/io/real/files.h"
#include "lib/message/date.h"

namespace cli {
namespace {

namespace json = boost::json;
using base::ErrorKind;
using base::fail;
using base::Result;

// The text under that key; nothing when it is not there or null.
Result<std::optional<std::string>> text_at(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_string()) return fail(ErrorKind::invalid, fmt::format("\"{}\" is no text", key));
  return std::string(value->get_string());
}

template <class Use>
Result<> with_text(const json::object& line, std::string_view key, Use use) {
  auto text = text_at(line, key);
  if (!text) return std::unexpected(text.error());
  return *text ? use(std::move(**text)) : Result<>();
}

Result<> read_message(const json::object& line, MailCase& out) {
  auto plain = with_text(line, "message", [&out](std::string text) {
    out.mail.octets = policy::with_crlf(text);
    return Result<>();
  });
  if (!plain) return plain;
  auto coded = with_text(line, "message_base64", [&out](const std::string& text) -> Result<> {
    const auto octets = base::unbase64(text);
    if (!octets) return fail(ErrorKind::invalid, "\"message_base64\" is no base64");
    out.mail.octets = policy::with_crlf(*octets);
    return {};
  });
  if (!coded) return coded;
  return with_text(line, "file", [&out](const std::string& path) -> Result<> {
    auto octets = read_text_file(path, message_bytes_max);
    if (!octets) return std::unexpected(octets.error());
    out.mail.octets = policy::with_crlf(*octets);
    return {};
  });
}

Result<> read_to(const json::object& line, MailCase& out) {
  const json::value* to = line.if_contains("to");
  if (to == nullptr || to->is_null()) return {};
  out.mail.to.clear();
  if (to->is_string()) {
    out.mail.to.push_back(read_address(to->get_string()));
    return {};
  }
  if (!to->is_array()) return fail(ErrorKind::invalid, "\"to\" is neither text nor a list of it");
  for (const json::value& one : to->get_array()) {
    if (!one.is_string()) return fail(ErrorKind::invalid, "\"to\" is a list of other than texts");
    out.mail.to.push_back(read_address(one.get_string()));
  }
  return {};
}

Result<> read_envelope(const json::object& line, MailCase& out) {
  auto ip = with_text(line, "ip", [&out](const std::string& text) -> Result<> {
    const auto address = io::IpAddress::parse(text);
    if (!address) return fail(ErrorKind::invalid, "\"ip\" is no IP address: " + text);
    out.mail.ip = *address;
    return {};
  });
  if (!ip) return ip;
  auto helo = with_text(line, "helo", [&out](std::string text) {
    out.mail.helo = std::move(text);
    return Result<>();
  });
  if (!helo) return helo;
  auto from = with_text(line, "from", [&out](const std::string& text) {
    out.mail.from = read_address(text);
    return Result<>();
  });
  return from ? read_to(line, out) : from;
}

Result<> read_world(const json::object& line, MailCase& out) {
  auto zone = with_text(line, "zone", [&out](std::string text) {
    out.zone = std::move(text);
    return Result<>();
  });
  if (!zone) return zone;
  auto file = with_text(line, "zone_file", [&out](const std::string& path) -> Result<> {
    auto text = read_text_file(path, zone_bytes_max);
    if (!text) return std::unexpected(text.error());
    out.zone = std::move(*text);
    return {};
  });
  if (!file) return file;
  if (const json::value* now = line.if_contains("now"); now != nullptr && now->is_int64()) {
    out.now = base::Time(std::chrono::seconds(now->get_int64()));
    return {};
  }
  return with_text(line, "now", [&out](const std::string& text) -> Result<> {
    auto when = read_when(text);
    if (!when) return std::unexpected(when.error());
    out.now = *when;
    return {};
  });
}

// "+01:30" behind an RFC 3339 time; nothing when it has no such end.
std::optional<std::chrono::minutes> zone_of(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = base::parse_number(text.substr(1, 2));
  const auto minutes = base::parse_number(text.substr(4));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const auto all = std::chrono::minutes(static_cast<int>(*hours * 60 + *minutes));
  return text[0] == '-' ? -all : all;
}

// RFC 3339 §5.6; a date alone is its midnight in UTC.
std::optional<base::Time> read_rfc3339(std::string_view text) {
  constexpr std::size_t date_bytes = 10;
  constexpr std::size_t seconds_bytes = 19;
  std::string whole(text.substr(0, seconds_bytes));
  text.remove_prefix(whole.size());
  if (whole.size() == date_bytes) whole += "T00:00:00";
  if (whole.size() != seconds_bytes) return std::nullopt;
  if (whole[date_bytes] == ' ' || whole[date_bytes] == 't') whole[date_bytes] = 'T';
  if (text.starts_with('.')) {
    text.remove_prefix(std::min(text.find_first_not_of("0123456789", 1), text.size()));
  }
  std::chrono::minutes offset{0};
  if (!text.empty() && text != "Z" && text != "z") {
    const auto zone = zone_of(text);
    if (!zone) return std::nullopt;
    offset = *zone;
  }
  const auto time = base::parse_time(whole + ".000Z");
  if (!time) return std::nullopt;
  return *time - offset;
}

}  // namespace

Result<MailCase> read_case(const json::object& line, const MailCase& defaults) {
  MailCase out = defaults;
  if (auto done = read_message(line, out); !done) return std::unexpected(done.error());
  if (auto done = read_envelope(line, out); !done) return std::unexpected(done.error());
  if (auto done = read_world(line, out); !done) return std::unexpected(done.error());
  return out;
}

message::Address read_address(std::string_view text) {
  text = base::trim(text);
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  if (text.empty()) return {};
  if (base::iequals(text, "postmaster")) return {.local = "postmaster", .domain = {}};
  if (auto strict = message::parse_address(text, {.utf8 = true})) return std::move(*strict);
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return {.local = {}, .domain = std::string(text)};
  return {.local = std::string(text.substr(0, at)), .domain = std::string(text.substr(at + 1))};
}

Result<base::Time> read_when(std::string_view text) {
  text = base::trim(text);
  constexpr std::uint64_t seconds_max = 253'402'300'799;  // the end of the year 9999
  if (const auto seconds = base::parse_number(text); seconds && *seconds <= seconds_max) {
    return base::Time(std::chrono::seconds(*seconds));
  }
  if (const auto time = read_rfc3339(text)) return *time;
  if (auto date = message::parse_date(text)) return *date;
  return fail(ErrorKind::invalid,
              fmt::format("\"{}\" is no time; write 2026-11-23T14:00:00Z, or seconds since 1970",
                          base::printable(text, 60)));
}

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  if (path == "-") return read_all(bytes_max);
  io::real::PosixFiles files;
  return io::read_file(files, path, bytes_max);
}

}  // namespace cli
