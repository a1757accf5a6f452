// lib/sasl/exchange.h: one log-in conversation seen from the server (RFC 4422), a value machine.
//
// What:    Exchange takes the client's octets, already decoded, and says what to do next: send a
//          challenge, check a claim, or give up.
// In/Out:  start() or step(initial response), then step(response) until it is no challenge.
// Errors:  malformed: not the mechanism's syntax. A wrong proof is a claim with proven == false.
// Limits:  response_bytes_max, name_bytes_max; no mechanism has more than three rounds.
// Not here: whether the claim is true (policy/login), base64 and SMTP (session/auth.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sasl {

inline constexpr std::size_t response_bytes_max = 12'288;  // RFC 4954 §4, as if not encoded
inline constexpr std::size_t name_bytes_max = 512;         // an address is 254 at most (RFC 5321)

// In the order in which they are offered: the best first.
enum class Mechanism : std::uint8_t {
  scram_sha_256_plus,  // RFC 7677 with channel binding
  scram_sha_256,       // RFC 7677
  oauthbearer,         // RFC 7628
  xoauth2,             // what came before RFC 7628 and is still in use
  plain,               // RFC 4616
  login,               // draft-murchison-sasl-login
};
inline constexpr Mechanism mechanisms[] = {Mechanism::scram_sha_256_plus,
                                           Mechanism::scram_sha_256,
                                           Mechanism::oauthbearer,
                                           Mechanism::xoauth2,
                                           Mechanism::plain,
                                           Mechanism::login};

[[nodiscard]] std::string_view to_string(Mechanism mechanism);
[[nodiscard]] std::optional<Mechanism> parse_mechanism(std::string_view name);  // in any case

// What the client says of itself.
struct Claim {
  enum class Kind : std::uint8_t {
    password,  // `secret` is to be checked
    token,     // `secret` is to be checked; the user may be empty, the token says who it is
    proof,     // checked already, against the credential whose stored key is `secret`: `proven`
  };
  Kind kind = Kind::password;
  bool proven = false;
  std::string user;
  std::string authzid;  // whom it wants to act for; empty: itself
  std::string secret;
  std::string why;  // proof that is none: for the log
};

struct Step {
  enum class Kind : std::uint8_t { challenge, claim, malformed };
  Kind kind = Kind::malformed;
  // To be sent. With a claim: to be sent, and answered by nothing, when the claim is accepted and
  // before that is said (RFC 4422 §3.1: an outcome has no room for it in SMTP).
  std::string challenge;
  Claim claim;
  std::string why;  // malformed: for the log
};

class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  // The client sent no initial response: the first challenge, mostly empty.
  [[nodiscard]] virtual Step start();
  [[nodiscard]] Step step(std::string_view response);
  // After a token was refused for good: what is sent before the refusal itself, to be answered by
  // something without meaning (RFC 7628 §3.2.2). Empty: nothing.
  [[nodiscard]] virtual std::string refusal() const { return {}; }

 protected:
  [[nodiscard]] virtual Step next(std::string_view response) = 0;
  [[nodiscard]] static Step challenge(std::string octets);
  [[nodiscard]] static Step claim(Claim claim, std::string challenge = {});
  [[nodiscard]] static Step malformed(std::string why);

 private:
  bool ended_ = false;
};

// What is stored of a password for SCRAM (RFC 5802 §3).
struct ScramCredential {
  unsigned iterations = 0;
  std::string salt;
  std::string stored_key;  // 32 octets
  std::string server_key;  // 32 octets
};

// For an unknown log-in: the same name always meets the same salt, and no proof fits.
[[nodiscard]] ScramCredential made_up_credential(std::string_view secret, std::string_view name,
                                                 unsigned iterations);

// RFC 5929, RFC 9266; empty: the connection has none.
struct ChannelBinding {
  std::string tls_exporter;
  std::string tls_unique;
  [[nodiscard]] bool available() const { return !tls_exporter.empty() || !tls_unique.empty(); }
};

struct Context {
  // For SCRAM; never fails: an unknown name gets a made-up one. Called within step().
  std::function<ScramCredential(std::string_view user)> credential;
  ChannelBinding binding;
  // SCRAM-SHA-256-PLUS was offered: a client that says it can bind and saw no offer was deceived.
  bool plus_offered = false;
  std::string openid_configuration;  // URL for clients whose token was refused; may be empty
};

}  // namespace sasl
