// lib/mailauth/spf_macro.h: macros in SPF records and explanations (RFC 7208 §7).
//
// What:    checks the syntax of a domain-spec and a macro-string, and expands them.
// In/Out:  "%{ir}.%{v}._spf.%{d2}" and the facts → text.
// Errors:  malformed text is found by is_…; expand() of what passed it cannot fail. A macro for
//          which there is no fact (UTF-8 local part, RFC 8616 §4) gives nullopt: no match.
// Limits:  spf_expansion_bytes_max; a domain is cut from the left to 253 octets (§7.3).
// Not here: %{p}'s look-ups: the evaluator gives the name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace mailauth {

inline constexpr std::size_t spf_expansion_bytes_max = 8'192;
inline constexpr std::size_t dns_name_bytes_max = 253;

struct SpfFacts {
  io::IpAddress ip;
  std::string local;          // of the sender, "postmaster" when it has none (§4.3)
  std::string sender_domain;  // of the sender: %{o}
  std::string domain;         // current: %{d}
  std::string helo;           // %{h}
  std::string validated;      // %{p}; "unknown" (§7.3)
  std::string receiver;       // %{r}, in explanations
  base::Time now;             // %{t}, in explanations
};

enum class MacroUse : std::uint8_t { domain, explanation };  // c, r, t only in explanations

[[nodiscard]] bool is_macro_string(std::string_view text, MacroUse use = MacroUse::domain);
// macro-string and then a domain-end: ".toplabel", or a macro (§7.1).
[[nodiscard]] bool is_domain_spec(std::string_view text);
[[nodiscard]] bool uses_validated_name(std::string_view text);

[[nodiscard]] std::optional<std::string> expand_macros(std::string_view text, const SpfFacts& facts,
                                                       MacroUse use = MacroUse::domain);
// As a name to look up.
[[nodiscard]] std::optional<std::string> expand_domain(std::string_view spec,
                                                       const SpfFacts& facts);

}  // namespace mailauth
