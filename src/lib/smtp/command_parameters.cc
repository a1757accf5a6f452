// See command.h: the arguments of MAIL and RCPT.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/utf8.h"
#include "lib/smtp/command.h"
#include "lib/smtp/utf8_address.h"
#include "lib/smtp/xtext.h"

namespace smtp {
namespace {

using message::Envelope;
using Refusal = std::optional<Reply>;

struct Argument {
  std::string_view path;        // between < and >
  std::string_view parameters;  // what follows
};

struct Parameter {
  std::string_view name;
  std::string_view value;
  bool has_value = false;
};

Reply bad_value(std::string_view name) {
  return reply(501, {5, 5, 4}, fmt::format("Malformed value of {}", name));
}

Reply not_offered(const Parameter& parameter) {
  return reply(555, {5, 5, 4},
               fmt::format("Parameter {} is not offered", base::printable(parameter.name, 40)));
}

// Where the path ends: the first > outside a quoted local part. npos if there is none.
std::size_t path_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '>' && !quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

// "FROM:<a@b> SIZE=1" → path and parameters. A space before < is wrong (RFC 5321 §3.3) but common.
std::optional<Argument> split_argument(std::string_view text, std::string_view keyword) {
  if (!base::istarts_with(text, keyword)) return std::nullopt;
  text = base::trim(text.substr(keyword.size()));
  if (!text.starts_with('<')) return std::nullopt;
  const std::size_t end = path_end(text);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(end + 1);
  if (!rest.empty() && !base::is_space(rest.front())) return std::nullopt;
  return Argument{text.substr(1, end - 1), rest};
}

// RFC 5321 §4.1.2 A-d-l and appendix C: a source route is accepted and ignored.
std::string_view without_route(std::string_view path) {
  if (!path.starts_with('@')) return path;
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos) return path;
  for (const std::string_view host : base::split(path.substr(0, colon), ',')) {
    if (!host.starts_with('@')) return path;
    if (!message::is_domain(host.substr(1), {.utf8 = true})) return path;
  }
  return path.substr(colon + 1);
}

// Reads each parameter once with `take`, which says what is wrong with it.
template <class Take>
Refusal each_parameter(std::string_view text, Take take) {
  std::vector<std::string_view> seen;
  for (const std::string_view word : base::words(text)) {
    const std::size_t equals = word.find('=');
    Parameter parameter{word.substr(0, equals), {}, equals != std::string_view::npos};
    if (parameter.has_value) parameter.value = word.substr(equals + 1);
    if (std::ranges::any_of(seen, [&](auto name) { return base::iequals(name, parameter.name); })) {
      return reply(501, {5, 5, 4}, "A parameter was given twice");
    }
    seen.push_back(parameter.name);
    if (auto refusal = take(parameter)) return refusal;
  }
  return std::nullopt;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

// RFC 1870 §3: up to 20 digits; the largest of such numbers are more than we can count.
std::optional<std::uint64_t> parse_size(std::string_view digits) {
  if (digits.empty() || digits.size() > 20) return std::nullopt;
  if (!std::ranges::all_of(digits, base::is_digit)) return std::nullopt;
  return base::parse_number(digits).value_or(UINT64_MAX);
}

Refusal take_size(MailParams& out, const Parameter& parameter, const Extensions& offered) {
  out.size = parse_size(parameter.value);
  if (!out.size) return bad_value("SIZE");
  // A limit of 0 is none.
  const std::uint64_t size_max = offered.size.value_or(0);
  if (size_max != 0 && *out.size > size_max) {
    return reply(552, {5, 3, 4}, fmt::format("The limit is {} octets per message", size_max));
  }
  return std::nullopt;
}

Refusal take_body(MailParams& out, const Parameter& parameter, const Extensions& offered) {
  if (base::iequals(parameter.value, "7BIT")) {
    out.body = Body::seven_bit;
  } else if (base::iequals(parameter.value, "8BITMIME")) {
    out.body = Body::eight_bit_mime;
  } else if (!base::iequals(parameter.value, "BINARYMIME")) {
    return bad_value("BODY");
  } else if (!offered.binarymime) {
    return reply(555, {5, 5, 4}, "BODY=BINARYMIME is not offered");
  } else {
    out.body = Body::binary_mime;
  }
  return std::nullopt;
}

Refusal take_ret(MailParams& out, const Parameter& parameter) {
  if (base::iequals(parameter.value, "FULL")) {
    out.ret = Envelope::Ret::full;
  } else if (base::iequals(parameter.value, "HDRS")) {
    out.ret = Envelope::Ret::headers;
  } else {
    return bad_value("RET");
  }
  return std::nullopt;
}

Refusal take_envid(MailParams& out, const Parameter& parameter) {
  const auto envid = parse_xtext(parameter.value);
  if (!envid || envid->empty() || !is_printable(*envid)) return bad_value("ENVID");
  if (parameter.value.size() > envid_bytes_max) return bad_value("ENVID");
  out.envid = *envid;
  return std::nullopt;
}

Refusal take_auth(MailParams& out, const Parameter& parameter) {
  const auto mailbox = parse_xtext(parameter.value);
  if (!mailbox) return bad_value("AUTH");
  const message::AddressRules rules = {.utf8 = true};
  if (*mailbox != "<>" && !message::parse_address(*mailbox, rules)) return bad_value("AUTH");
  out.auth = *mailbox;
  return std::nullopt;
}

// RFC 4865 §3: one of the two, once.
Refusal take_hold(MailParams& out, const Parameter& parameter) {
  if (out.hold.seconds || out.hold.until) {
    return reply(501, {5, 5, 4}, "HOLDFOR and HOLDUNTIL exclude each other");
  }
  if (base::iequals(parameter.name, "HOLDFOR")) {
    out.hold.seconds = parse_hold_for(parameter.value);
    return out.hold.seconds ? std::nullopt : Refusal(bad_value("HOLDFOR"));
  }
  out.hold.until = parse_date_time(parameter.value);
  return out.hold.until ? std::nullopt : Refusal(bad_value("HOLDUNTIL"));
}

// RFC 2852 §4: a time that is over already cannot be kept, only told of.
Refusal take_by(MailParams& out, const Parameter& parameter) {
  out.by = parse_by(parameter.value);
  if (!out.by) return bad_value("BY");
  if (out.by->mode == message::DeliverBy::Mode::give_back && out.by->seconds <= 0) {
    return reply(501, {5, 5, 4}, "BY with R needs a time above 0");
  }
  return std::nullopt;
}

// RFC 6710 §7: -9 to 9, without a plus and without zeros in front.
Refusal take_priority(MailParams& out, const Parameter& parameter) {
  std::string_view digits = parameter.value;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const bool shaped = digits.size() == 1 && base::is_digit(digits.front());
  if (!shaped || (negative && digits.front() == '0')) return bad_value("MT-PRIORITY");
  const auto value = static_cast<std::int8_t>(digits.front() - '0');
  out.priority = static_cast<std::int8_t>(negative ? -value : value);
  return std::nullopt;
}

Refusal take_flag(bool& flag, const Parameter& parameter) {
  if (parameter.has_value) return bad_value(parameter.name);
  flag = true;
  return std::nullopt;
}

Refusal take_mail(MailParams& out, const Parameter& parameter, const Extensions& offered) {
  const auto is = [&](std::string_view name, bool offers) {
    return offers && base::iequals(parameter.name, name);
  };
  if (is("SIZE", offered.size.has_value())) return take_size(out, parameter, offered);
  if (is("BODY", offered.eightbitmime || offered.binarymime)) {
    return take_body(out, parameter, offered);
  }
  if (is("SMTPUTF8", offered.smtputf8)) return take_flag(out.smtputf8, parameter);
  if (is("REQUIRETLS", offered.requiretls)) return take_flag(out.requiretls, parameter);
  if (is("RET", offered.dsn)) return take_ret(out, parameter);
  if (is("ENVID", offered.dsn)) return take_envid(out, parameter);
  if (is("HOLDFOR", offered.future_release.has_value()) ||
      is("HOLDUNTIL", offered.future_release.has_value())) {
    return take_hold(out, parameter);
  }
  if (is("BY", offered.deliver_by.has_value())) return take_by(out, parameter);
  if (is("MT-PRIORITY", offered.mt_priority)) return take_priority(out, parameter);
  if (is("AUTH", !offered.auth.empty())) return take_auth(out, parameter);
  return not_offered(parameter);
}

// RFC 3461 §4.1: NEVER alone, or a list of the others.
Refusal take_notify(RcptParams& out, const Parameter& parameter) {
  constexpr std::array<std::pair<std::string_view, std::uint8_t>, 4> names = {{
      {"NEVER", message::notify_never},
      {"SUCCESS", message::notify_success},
      {"FAILURE", message::notify_failure},
      {"DELAY", message::notify_delay},
  }};
  const auto words = base::split(parameter.value, ',');
  for (const std::string_view word : words) {
    const auto* found = std::ranges::find_if(
        names, [&](const auto& name) { return base::iequals(name.first, word); });
    if (found == names.end()) return bad_value("NOTIFY");
    out.notify |= found->second;
  }
  const bool never = (out.notify & message::notify_never) != 0;
  if (never && words.size() > 1) return bad_value("NOTIFY");
  return std::nullopt;
}

// RFC 3461 §4.2: addr-type ";" xtext. The utf-8 type has an encoding of its own (RFC 6533 §3).
Refusal take_orcpt(RcptParams& out, const Parameter& parameter, bool smtputf8) {
  const std::string_view value = parameter.value;
  const std::size_t semicolon = value.find(';');
  if (value.size() > orcpt_bytes_max || semicolon == std::string_view::npos) {
    return bad_value("ORCPT");
  }
  const std::string_view type = value.substr(0, semicolon);
  const std::string_view text = value.substr(semicolon + 1);
  const bool good_type = !type.empty() && std::ranges::all_of(type, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-';
  });
  if (!good_type || text.empty()) return bad_value("ORCPT");
  if (base::iequals(type, "utf-8")) {
    const auto address = parse_utf8_address(text, smtputf8 ? Utf8Form::unitext : Utf8Form::xtext);
    if (!address) return bad_value("ORCPT");
    out.orcpt = fmt::format("{};{}", type, *address);
    return std::nullopt;
  }
  const auto decoded = parse_xtext(text);
  // Postfix gives its UTF-8 addresses the type rfc822, octet by octet; what it means is RFC 6533's.
  if (decoded && smtputf8 && base::iequals(type, "rfc822") && !message::is_ascii(*decoded) &&
      message::is_utf8(*decoded) && !has_control(*decoded)) {
    out.orcpt = "utf-8;" + *decoded;
    return std::nullopt;
  }
  if (!decoded || !is_printable(*decoded)) return bad_value("ORCPT");
  out.orcpt = fmt::format("{};{}", type, *decoded);
  return std::nullopt;
}

Refusal take_rcpt(RcptParams& out, const Parameter& parameter, const Extensions& offered,
                  bool smtputf8) {
  if (offered.dsn && base::iequals(parameter.name, "NOTIFY")) return take_notify(out, parameter);
  if (offered.dsn && base::iequals(parameter.name, "ORCPT")) {
    return take_orcpt(out, parameter, smtputf8);
  }
  return not_offered(parameter);
}

// RFC 6531 §3.4: an address beyond ASCII needs SMTPUTF8 in MAIL.
Refusal check_utf8(const message::Address& address, bool smtputf8) {
  if (smtputf8 || address.is_ascii()) return std::nullopt;
  return reply(553, {5, 6, 7}, "An address with UTF-8 needs SMTPUTF8 in MAIL");
}

}  // namespace

std::expected<MailParams, Reply> parse_mail(std::string_view argument, const Extensions& offered) {
  const auto parts = split_argument(argument, "FROM:");
  if (!parts) return std::unexpected(reply(501, {5, 5, 4}, "Syntax: MAIL FROM:<address>"));
  MailParams out;
  if (!parts->path.empty()) {
    auto address = message::parse_address(without_route(parts->path), {.utf8 = true});
    if (!address) return std::unexpected(reply(501, {5, 1, 7}, address.error().detail));
    out.sender = *std::move(address);
  }
  auto refusal = each_parameter(parts->parameters, [&](const Parameter& parameter) {
    return take_mail(out, parameter, offered);
  });
  if (!refusal) refusal = check_utf8(out.sender, out.smtputf8);
  if (refusal) return std::unexpected(*std::move(refusal));
  return out;
}

std::expected<RcptParams, Reply> parse_rcpt(std::string_view argument, const Extensions& offered,
                                            bool smtputf8) {
  const auto parts = split_argument(argument, "TO:");
  if (!parts) return std::unexpected(reply(501, {5, 5, 4}, "Syntax: RCPT TO:<address>"));
  RcptParams out;
  if (base::iequals(parts->path, "postmaster")) {
    // RFC 5321 §4.5.1: <postmaster> without a domain must be taken.
    out.recipient.local = "postmaster";
  } else {
    auto address = message::parse_address(without_route(parts->path), {.utf8 = true});
    if (!address) return std::unexpected(reply(501, {5, 1, 3}, address.error().detail));
    out.recipient = *std::move(address);
  }
  auto refusal = check_utf8(out.recipient, smtputf8);
  if (!refusal) {
    refusal = each_parameter(parts->parameters, [&](const Parameter& parameter) {
      return take_rcpt(out, parameter, offered, smtputf8);
    });
  }
  if (refusal) return std::unexpected(*std::move(refusal));
  return out;
}

}  // namespace smtp
