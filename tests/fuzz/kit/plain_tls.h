// tests/fuzz/kit/plain_tls.h: TLS without cryptography, so that a fuzzer gets through it.
//
// What:    streams that say that they are encrypted and pass their octets on as they are.
// In/Out:  io::TlsServer and io::TlsClient; a client that must verify finds a certificate that it
//          trusts, or not, as the constructor says.
// Errors:  tls: must_verify, and the other side is not trusted.
// Limits:  none.
// Not here: TLS itself (lib/io/tls_stream.h), which is OpenSSL's to fuzz.
#pragma once

#include <memory>

#include "lib/io/tls.h"

namespace fuzz {

[[nodiscard]] std::shared_ptr<io::TlsServer> plain_tls_server();
[[nodiscard]] std::shared_ptr<io::TlsClient> plain_tls_client(bool trusted);

}  // namespace fuzz
