// See spf_macro.h.
#include "lib/mailauth/spf_macro.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "lib/base/text.h"

namespace mailauth {
namespace {

constexpr std::string_view delimiters = ".-+,/_=";
constexpr unsigned digits_max = 3;  // as many labels as a name can have fit in three digits

struct Macro {
  char letter = 0;  // lower case
  bool escape = false;
  bool reverse = false;
  std::size_t labels = 0;  // 0: all
  std::string_view delimiters = ".";
};

// Reads what stands between "%{" and "}".
std::optional<Macro> read_macro(std::string_view inside, MacroUse use) {
  if (inside.empty()) return std::nullopt;
  Macro macro;
  macro.letter = base::to_lower(inside.front());
  macro.escape = macro.letter != inside.front();  // §7.3: upper case is URL escaped
  const std::string_view known = use == MacroUse::explanation ? "slodiphvcrt" : "slodiphv";
  if (!known.contains(macro.letter)) return std::nullopt;
  inside.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < inside.size() && base::is_digit(inside[digits])) ++digits;
  if (digits > digits_max) {
    macro.labels = 999;
    if (inside.substr(0, digits).find_first_not_of('0') == std::string_view::npos) {
      return std::nullopt;
    }
  } else if (digits > 0) {
    macro.labels = *base::parse_number(inside.substr(0, digits));
    if (macro.labels == 0) return std::nullopt;  // §7.3: must be nonzero
  }
  inside.remove_prefix(digits);
  if (!inside.empty() && base::to_lower(inside.front()) == 'r') {
    macro.reverse = true;
    inside.remove_prefix(1);
  }
  if (inside.find_first_not_of(delimiters) != std::string_view::npos) return std::nullopt;
  if (!inside.empty()) macro.delimiters = inside;
  return macro;
}

// One element of a macro-string.
struct Element {
  std::string_view literal;  // when it is no macro
  std::optional<Macro> macro;
};

// Takes the next element; nullopt when malformed.
std::optional<Element> take_element(std::string_view& text, MacroUse use) {
  if (text.front() != '%') {
    const std::size_t end = std::min(text.find('%'), text.size());
    Element element{.literal = text.substr(0, end), .macro = {}};
    text.remove_prefix(end);
    const bool spaces = use == MacroUse::explanation;
    const bool good = std::ranges::all_of(element.literal, [spaces](char c) {
      return (c > ' ' && c <= '~') || (spaces && c == ' ');
    });
    return good ? std::optional(element) : std::nullopt;
  }
  if (text.size() < 2) return std::nullopt;
  std::string_view literal;
  switch (text[1]) {
    case '%': literal = "%"; break;
    case '_': literal = " "; break;
    case '-': literal = "%20"; break;
    default: break;
  }
  if (!literal.empty()) {
    text.remove_prefix(2);
    return Element{.literal = literal, .macro = {}};
  }
  const std::size_t end = text.find('}');
  if (text[1] != '{' || end == std::string_view::npos) return std::nullopt;
  const auto macro = read_macro(text.substr(2, end - 2), use);
  if (!macro) return std::nullopt;
  text.remove_prefix(end + 1);
  return Element{.literal = {}, .macro = macro};
}

// §7.1: toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_toplabel(std::string_view label) {
  const auto alphanum = [](char c) { return base::is_alpha(c) || base::is_digit(c); };
  if (label.empty() || !alphanum(label.front()) || !alphanum(label.back())) return false;
  if (!std::ranges::all_of(label, [&](char c) { return alphanum(c) || c == '-'; })) return false;
  return std::ranges::any_of(label, [](char c) { return base::is_alpha(c) || c == '-'; });
}

std::string dotted(const io::IpAddress& ip) {
  if (!ip.is_v6()) return ip.text();
  std::string out;  // §7.3: nibbles with dots
  for (const char digit : base::upper(base::hex(ip.bytes()))) {
    if (!out.empty()) out += '.';
    out += digit;
  }
  return out;
}

std::string value_of(char letter, const SpfFacts& facts) {
  switch (letter) {
    case 's': return facts.local + "@" + facts.sender_domain;
    case 'l': return facts.local;
    case 'o': return facts.sender_domain;
    case 'd': return facts.domain;
    case 'i': return dotted(facts.ip);
    case 'p': return facts.validated;
    case 'h': return facts.helo;
    case 'v': return facts.ip.is_v6() ? "ip6" : "in-addr";
    case 'c': return facts.ip.text();
    case 'r': return facts.receiver.empty() ? "unknown" : facts.receiver;
    default:
      return fmt::to_string(
          std::chrono::duration_cast<std::chrono::seconds>(facts.now.time_since_epoch()).count());
  }
}

std::string transform(std::string value, const Macro& macro) {
  if (!macro.reverse && macro.labels == 0 && macro.delimiters == ".") return value;
  std::vector<std::string> parts(1);
  for (const char c : value) {
    if (macro.delimiters.contains(c)) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (macro.reverse) std::ranges::reverse(parts);
  const std::size_t kept = macro.labels == 0 ? parts.size() : std::min(macro.labels, parts.size());
  std::string out;
  for (std::size_t i = parts.size() - kept; i < parts.size(); ++i) {
    if (i > parts.size() - kept) out += '.';  // §7.3: rejoined with dots
    out += parts[i];
  }
  return out;
}

// RFC 3986 §2.3 unreserved characters stay.
std::string url_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~").contains(c)) {
      out += c;
    } else {
      out += '%' + base::upper(base::hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

}  // namespace

bool is_macro_string(std::string_view text, MacroUse use) {
  while (!text.empty()) {
    if (!take_element(text, use)) return false;
  }
  return true;
}

bool is_domain_spec(std::string_view text) {
  if (text.empty() || !is_macro_string(text)) return false;
  if (text.ends_with('}') && text.rfind('%') != std::string_view::npos &&
      text.find('}', text.rfind("%{")) == text.size() - 1) {
    return true;  // domain-end = macro-expand
  }
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::size_t dot = text.rfind('.');
  return dot != std::string_view::npos && is_toplabel(text.substr(dot + 1));
}

bool uses_validated_name(std::string_view text) {
  while (!text.empty()) {
    const auto element = take_element(text, MacroUse::explanation);
    if (!element) return false;
    if (element->macro && element->macro->letter == 'p') return true;
  }
  return false;
}

std::optional<std::string> expand_macros(std::string_view text, const SpfFacts& facts,
                                         MacroUse use) {
  const bool utf8 = std::ranges::any_of(facts.local, [](char c) { return (c & 0x80) != 0; });
  std::string out;
  while (!text.empty()) {
    const auto element = take_element(text, use);
    if (!element) return std::nullopt;
    if (!element->macro) {
      out += element->literal;
    } else {
      const Macro& macro = *element->macro;
      // RFC 8616 §4: %{s} and %{l} of a local part that is not ASCII match nothing.
      if (utf8 && (macro.letter == 's' || macro.letter == 'l')) return std::nullopt;
      std::string value = transform(value_of(macro.letter, facts), macro);
      out += macro.escape ? url_escape(value) : value;
    }
    if (out.size() > spf_expansion_bytes_max) return std::nullopt;
  }
  return out;
}

std::optional<std::string> expand_domain(std::string_view spec, const SpfFacts& facts) {
  auto name = expand_macros(spec, facts);
  if (!name) return std::nullopt;
  if (name->ends_with('.')) name->pop_back();
  while (name->size() > dns_name_bytes_max) {  // §7.3: labels go from the left
    const std::size_t dot = name->find('.');
    if (dot == std::string::npos) return std::nullopt;
    name->erase(0, dot + 1);
  }
  return name;
}

}  // namespace mailauth
