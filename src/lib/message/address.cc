// See address.h.
#include "lib/message/address.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <unicase.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_printable(char c) { return (c >= ' ' && c <= '~') || is_high(c); }

// RFC 5322 §3.2.3 atext; RFC 6531 §3.3 adds all of UTF-8 beyond ASCII.
bool is_atext(char c) {
  constexpr std::string_view specials = "!#$%&'*+-/=?^_`{|}~";
  return base::is_alpha(c) || base::is_digit(c) || is_high(c) || specials.contains(c);
}

// RFC 5321 §4.1.2 Dot-string: atoms with single dots between them.
bool is_dot_string(std::string_view text) {
  char before = '.';
  for (const char c : text) {
    if (c == '.' ? before == '.' : !is_atext(c)) return false;
    before = c;
  }
  return before != '.';
}

// RFC 5321 §4.1.2 Quoted-string. Takes it off the front of `text`; nullopt if it is malformed.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (c == '\\') {
      ++i;
      if (i == text.size() || is_high(text[i])) return std::nullopt;
      c = text[i];
    }
    if (!is_printable(c)) return std::nullopt;
    out += c;
  }
  return std::nullopt;
}

// RFC 5321 §4.5.3.1.1 needs 64 octets taken, and would rather have no limit: forwarders and lists
// put whole addresses into local parts (SRS, VERP). That of the path stays.
base::Result<std::string> take_local(std::string_view& text) {
  std::optional<std::string> local;
  if (text.starts_with('"')) {
    local = take_quoted(text);
  } else {
    const std::size_t at = std::min(text.find('@'), text.size());
    if (is_dot_string(text.substr(0, at))) local = std::string(text.substr(0, at));
    text.remove_prefix(at);
  }
  if (!local) return base::fail(base::ErrorKind::invalid, "malformed local part");
  return *std::move(local);
}

// RFC 5321 §4.1.2 sub-domain, and underscores.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > label_bytes_max) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(
      label, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_'; });
}

bool is_ascii_domain(std::string_view text) {
  if (text.empty() || text.size() > domain_bytes_max) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// U-labels to A-labels (RFC 5891); nullopt for what IDNA does not allow.
std::optional<std::string> to_a_labels(std::string_view domain) {
  // Bounds the work of libidn2: no name that it could turn into a valid one is longer.
  if (domain.size() > 4 * domain_bytes_max || domain.contains('\0')) return std::nullopt;
  char* out = nullptr;
  const std::string text(domain);
  const int code = idn2_to_ascii_8z(text.c_str(), &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK) return std::nullopt;
  std::string result(out);
  idn2_free(out);
  return result;
}

std::string quoted(std::string_view local) {
  std::string out = "\"";
  for (const char c : local) {
    if (!is_printable(c)) continue;  // not in an address that was parsed
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
  return out;
}

}  // namespace

std::string Address::text() const {
  if (is_null()) return {};
  std::string out = is_dot_string(local) ? local : quoted(local);
  if (domain.empty()) return out;
  out += '@';
  std::ranges::copy_if(domain, std::back_inserter(out), is_printable);
  return out;
}

Address Address::with_a_labels() const {
  return {local, message::is_ascii(domain) ? domain : domain_key(domain)};
}

bool Address::is_ascii() const { return message::is_ascii(local) && message::is_ascii(domain); }

base::Result<Address> parse_address(std::string_view text, AddressRules rules) {
  using base::ErrorKind;
  if (text.size() > address_bytes_max) {
    return base::fail(ErrorKind::invalid, "address longer than 254 octets");
  }
  if (!rules.utf8 && !is_ascii(text)) {
    return base::fail(ErrorKind::invalid, "address holds octets that are not ASCII");
  }
  if (!is_utf8(text)) return base::fail(ErrorKind::invalid, "address is not UTF-8");
  auto local = take_local(text);
  if (!local) return std::unexpected(std::move(local).error());
  if (!text.starts_with('@')) return base::fail(ErrorKind::invalid, "address without a domain");
  text.remove_prefix(1);
  if (!is_domain(text, rules) && !is_address_literal(text)) {
    return base::fail(ErrorKind::invalid, "malformed domain");
  }
  return Address{*std::move(local), std::string(text)};
}

bool is_domain(std::string_view text, AddressRules rules) {
  if (is_ascii(text)) return is_ascii_domain(text);
  if (!rules.utf8 || text.size() > domain_bytes_max || text.ends_with('.')) return false;
  const auto ascii = to_a_labels(text);
  return ascii && is_ascii_domain(*ascii);
}

bool is_address_literal(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']') || text.size() > 64) return false;
  text = text.substr(1, text.size() - 2);
  // RFC 5321 §4.1.3. No tag but IPv6 was ever registered.
  const bool v6 = base::istarts_with(text, "IPv6:");
  if (v6) text.remove_prefix(5);
  if (text.contains('\0')) return false;
  std::array<unsigned char, 16> bytes = {};
  return inet_pton(v6 ? AF_INET6 : AF_INET, std::string(text).c_str(), bytes.data()) == 1;
}

std::string domain_key(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (is_ascii(domain)) return base::lower(domain);
  return base::lower(to_a_labels(domain).value_or(std::string(domain)));
}

std::string local_key(std::string_view local) {
  if (is_ascii(local)) return base::lower(local);
  // The library puts U+FFFD for what is no UTF-8, and two names would be one.
  if (!is_utf8(local)) return std::string(local);
  std::size_t size = 0;
  std::uint8_t* const lower = u8_tolower(reinterpret_cast<const std::uint8_t*>(local.data()),
                                         local.size(), nullptr, UNINORM_NFC, nullptr, &size);
  if (lower == nullptr) return std::string(local);  // no memory
  std::string key(reinterpret_cast<const char*>(lower), size);
  std::free(lower);  // NOLINT(cppcoreguidelines-no-malloc): the library's
  return key;
}

}  // namespace message
