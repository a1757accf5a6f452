// lib/sasl/gs2.h: the GS2 header that SCRAM and OAUTHBEARER begin with (RFC 5801 §4).
//
// What:    "p=tls-exporter,a=you@demo.test," → channel binding flag, its name, the authzid, the
//          rest; saslnames are decoded and prepared (RFC 4013).
// In/Out:  the client's first message → Gs2, or nullopt.
// Errors:  nullopt for anything that RFC 5801 does not allow, and for names of more than
//          name_bytes_max octets.
// Limits:  the caller's: the message is short already.
// Not here: what the flag means for a mechanism (scram.cc).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sasl {

struct Gs2 {
  char flag = 'n';      // n: the client cannot bind; y: it could, but was offered none; p: it does
  std::string binding;  // p: its name
  std::string authzid;
  std::string_view rest;  // of the message that was read
};

[[nodiscard]] std::optional<Gs2> parse_gs2(std::string_view message);

// "=2C" is a comma, "=3D" an equals sign; nothing else may stand there (RFC 5802 §5.1).
[[nodiscard]] std::optional<std::string> decode_saslname(std::string_view text);

// SASLprep of a user name; nullopt when it forbids the name or nothing is left of it.
[[nodiscard]] std::optional<std::string> prepare_name(std::string_view name);

}  // namespace sasl
