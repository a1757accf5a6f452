// See spf_record.h.
#include "lib/mailauth/spf_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/base/text.h"
#include "lib/mailauth/spf_macro.h"

namespace mailauth {
namespace {

constexpr std::string_view version = "v=spf1";

std::unexpected<base::Error> bad(std::string_view term, std::string_view why) {
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" {}", base::printable(term, 100), why));
}

bool is_name(std::string_view text) {
  // RFC 7208 §12: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
  return !text.empty() && base::is_alpha(text.front()) && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

// "0" or a number without leading zeros, up to `max` (§5.6).
std::optional<unsigned> cidr_length(std::string_view digits, unsigned max) {
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0')) {
    return std::nullopt;
  }
  if (!std::ranges::all_of(digits, base::is_digit)) return std::nullopt;
  const auto number = base::parse_number(digits);
  if (!number || *number > max) return std::nullopt;
  return static_cast<unsigned>(*number);
}

// Takes "/" and digits from the end of `rest`, when that is what it ends with.
std::optional<std::string_view> take_last_cidr(std::string_view& rest, std::string_view mark) {
  std::size_t digits = 0;
  while (digits < rest.size() && base::is_digit(rest[rest.size() - 1 - digits])) ++digits;
  const std::string_view head = rest.substr(0, rest.size() - digits);
  if (!head.ends_with(mark)) return std::nullopt;
  const std::string_view taken = rest.substr(head.size());
  rest = head.substr(0, head.size() - mark.size());
  return taken;
}

// dual-cidr-length = [ "/" n ] [ "//" n ] at the end of a mechanism (§5.3). A domain-spec may hold
// slashes, so it is read from the end.
base::Result<> take_cidr(std::string_view& rest, SpfMechanism& mechanism) {
  if (const auto six = take_last_cidr(rest, "//")) {
    const auto bits = cidr_length(*six, 128);
    if (!bits) return bad(mechanism.text, "has a bad IPv6 prefix length");
    mechanism.cidr6_bits = *bits;
  }
  if (const auto four = take_last_cidr(rest, "/")) {
    const auto bits = cidr_length(*four, 32);
    if (!bits) return bad(mechanism.text, "has a bad IPv4 prefix length");
    mechanism.cidr4_bits = *bits;
  }
  return {};
}

base::Result<> read_domain(std::string_view rest, bool required, SpfMechanism& mechanism) {
  if (rest.empty()) {
    if (required) return bad(mechanism.text, "needs a domain");
    return {};
  }
  if (rest.front() != ':') return bad(mechanism.text, "is not a mechanism");
  rest.remove_prefix(1);
  if (!is_domain_spec(rest)) return bad(mechanism.text, "has a malformed domain");
  mechanism.domain = rest;
  return {};
}

base::Result<> read_network(std::string_view rest, SpfMechanism& mechanism) {
  const bool v6 = mechanism.kind == SpfKind::ip6;
  const unsigned bits_max = v6 ? 128 : 32;
  if (rest.empty() || rest.front() != ':') return bad(mechanism.text, "needs an address");
  rest.remove_prefix(1);
  unsigned bits = bits_max;
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const auto length = cidr_length(rest.substr(slash + 1), bits_max);
    if (!length) return bad(mechanism.text, "has a bad prefix length");
    bits = *length;
    rest = rest.substr(0, slash);
  }
  const bool looks_v6 = rest.find(':') != std::string_view::npos;
  const auto address = io::IpAddress::parse(rest);
  if (!address || looks_v6 != v6) return bad(mechanism.text, "has a malformed address");
  mechanism.network = {.address = *address, .prefix_bits = bits};
  return {};
}

struct Kind {
  std::string_view name;
  SpfKind kind;
};
constexpr std::array<Kind, 8> kinds = {{{"all", SpfKind::all},
                                        {"include", SpfKind::include},
                                        {"a", SpfKind::a},
                                        {"mx", SpfKind::mx},
                                        {"ptr", SpfKind::ptr},
                                        {"ip4", SpfKind::ip4},
                                        {"ip6", SpfKind::ip6},
                                        {"exists", SpfKind::exists}}};

SpfQualifier take_qualifier(std::string_view& term) {
  constexpr std::string_view marks = "+-~?";
  const std::size_t at = marks.find(term.front());
  if (at == std::string_view::npos) return SpfQualifier::pass;
  term.remove_prefix(1);
  return static_cast<SpfQualifier>(at);
}

base::Result<SpfMechanism> read_mechanism(std::string_view term) {
  SpfMechanism mechanism;
  mechanism.text = term;
  mechanism.qualifier = take_qualifier(term);
  const std::size_t end = term.find_first_of(":/");
  const std::string name = base::lower(term.substr(0, end));
  const auto* const kind = std::ranges::find(kinds, name, &Kind::name);
  if (kind == kinds.end()) return bad(mechanism.text, "is not a mechanism");
  mechanism.kind = kind->kind;
  std::string_view rest = term.substr(name.size());
  base::Result<> read;
  switch (mechanism.kind) {
    case SpfKind::all:
      if (!rest.empty()) read = bad(mechanism.text, "takes no argument");
      break;
    case SpfKind::ip4:
    case SpfKind::ip6: read = read_network(rest, mechanism); break;
    case SpfKind::a:
    case SpfKind::mx:
      read = take_cidr(rest, mechanism);
      if (read) read = read_domain(rest, false, mechanism);
      break;
    case SpfKind::ptr: read = read_domain(rest, false, mechanism); break;
    case SpfKind::include:
    case SpfKind::exists: read = read_domain(rest, true, mechanism); break;
  }
  if (!read) return std::unexpected(std::move(read.error()));
  return mechanism;
}

// redirect= and exp= may stand once each; other modifiers are passed over when well formed (§6).
base::Result<> read_modifier(std::string_view name, std::string_view value, SpfRecord& record) {
  const bool redirect = base::iequals(name, "redirect");
  if (!redirect && !base::iequals(name, "exp")) {
    if (!is_macro_string(value)) return bad(name, "has a malformed value");
    return {};
  }
  std::string& place = redirect ? record.redirect : record.exp;
  if (!place.empty()) return bad(name, "stands twice");
  if (!is_domain_spec(value)) return bad(name, "has a malformed domain");
  place = value;
  return {};
}

base::Result<> read_term(std::string_view term, SpfRecord& record) {
  const std::size_t mark = term.find_first_of("=:/");
  if (mark != std::string_view::npos && term[mark] == '=' && is_name(term.substr(0, mark))) {
    return read_modifier(term.substr(0, mark), term.substr(mark + 1), record);
  }
  auto mechanism = read_mechanism(term);
  if (!mechanism) return std::unexpected(std::move(mechanism.error()));
  record.mechanisms.push_back(std::move(*mechanism));
  return {};
}

}  // namespace

bool is_spf_record(std::string_view txt) {
  return base::istarts_with(txt, version) && (txt.size() == version.size() || txt[6] == ' ');
}

base::Result<SpfRecord> parse_spf(std::string_view txt) {
  SpfRecord record;
  if (txt.size() > spf_record_bytes_max) return bad(txt, "is too long a record");
  if (!std::ranges::all_of(txt, [](char c) { return c >= ' ' && c <= '~'; })) {
    return bad(txt, "has octets that are not printable ASCII");
  }
  std::size_t terms = 0;
  for (const std::string_view term : base::split(txt.substr(version.size()), ' ')) {
    if (term.empty()) continue;
    if (++terms > spf_terms_max) return bad(term, "is one term too many");
    if (auto read = read_term(term, record); !read) return std::unexpected(read.error());
  }
  return record;
}

}  // namespace mailauth
