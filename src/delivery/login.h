// delivery/login.h: AUTH at a relay host (RFC 4954).
//
// What:    the best mechanism that both sides have: SCRAM (RFC 5802, RFC 7677), bound to the TLS
//          channel where the server can, else PLAIN or LOGIN where the route lets the password be
//          shown. Where SCRAM is refused and the password may be shown, it is: many servers offer
//          SCRAM although they keep passwords in a form that it cannot use.
// In/Out:  a Client that has said EHLO, and a Route with a user → it may send mail.
// Errors:  all trouble is temporary: our settings are at fault, not the mail. 451 4.7.8: the server
//          refused user or password.
// Limits:  the password is tried twice at most per connection, by SCRAM and as it is;
//          command_timeout per reply; password_file_bytes_max; what lib/sasl/scram_client.h takes.
// Not here: the arithmetic of SCRAM (lib/sasl/scram_client.h), when TLS is needed (connect.cc).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "delivery/client.h"
#include "delivery/connect.h"
#include "delivery/route.h"
#include "lib/io/ref.h"
#include "lib/sasl/scram_client.h"
#include "lib/smtp/extensions.h"

namespace delivery {

struct LoginWay {
  enum class Kind : std::uint8_t { scram, plain, login };
  std::string_view name;
  Kind kind = Kind::plain;
  sasl::ScramHash hash = sasl::ScramHash::sha_256;
  bool plus = false;  // bound to the channel

  bool operator==(const LoginWay&) const = default;
};

// What counts for the choice besides the server's offer.
struct LoginGround {
  bool encrypted = false;
  bool verified = false;  // the server's certificate and name
  bool bindable = false;
  bool scram_refused = false;  // lately
  PlainAuth plain_auth = PlainAuth::verified;

  [[nodiscard]] bool may_show_password() const;
};

// Those that both have and that the ground allows, the best first.
[[nodiscard]] std::vector<LoginWay> login_ways(const smtp::Extensions& offers,
                                               const LoginGround& ground);

io::Task<Step<>> log_in(io::Ref<Client> client, io::Ref<Connector> connector,
                        io::Ref<const Route> route);

}  // namespace delivery
