// lib/sasl/scram_client.h: our side of SCRAM (RFC 5802, RFC 7677) at another's server.
//
// What:    ScramClient writes the two messages of a client and verifies what the server answers;
//          salted_password() is the slow part, for a pool.
// In/Out:  first() → server's first message → last(salted password) → server's final message.
// Errors:  what the server must not say, and a signature that does not fit: it does not know the
//          password.
// Limits:  scram_iterations_least to scram_iterations_most: fewer are for who wants to guess, more
//          for who wants to keep us busy; scram_message_bytes_max.
// Not here: base64 and SMTP (delivery/login.cc), the server's side (exchange.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace sasl {

inline constexpr unsigned scram_iterations_least = 4'096;  // RFC 5802 §5.1
inline constexpr unsigned scram_iterations_most = 2'000'000;
inline constexpr std::size_t scram_message_bytes_max = 4'096;

enum class ScramHash : std::uint8_t { sha_1, sha_256 };

struct Salt {
  std::string octets;
  unsigned iterations = 0;
};

// Hi(Normalize(password), salt, i). A password that SASLprep does not take is used as it is.
[[nodiscard]] std::string salted_password(ScramHash hash, std::string_view password,
                                          const Salt& salt);

class ScramClient {
 public:
  struct Options {
    ScramHash hash = ScramHash::sha_256;
    std::string user;
    std::string nonce;  // printable, no comma, never used before
    // n: the connection has no channel binding; y: it has, and the server offers none; p: used.
    char flag = 'n';
    std::string binding_name;  // p: "tls-exporter"
    std::string binding;       // p: its octets
  };

  explicit ScramClient(Options options);

  [[nodiscard]] std::string first() const;
  [[nodiscard]] base::Result<Salt> read_first(std::string_view server_first);
  // After read_first() has been content.
  [[nodiscard]] std::string last(std::string_view salted);
  // Fails unless the server has proven that it knows the password, too.
  [[nodiscard]] base::Result<> verify(std::string_view server_final) const;

 private:
  [[nodiscard]] std::string gs2_header() const;

  Options options_;
  std::string first_bare_;
  std::string server_first_;
  std::string nonce_;      // both parts
  std::string signature_;  // what the server must answer
};

}  // namespace sasl
