// lib/io/tls_challenges.h: TlsChallenges on OpenSSL; used only by tls_*.cc.
//
// What:    the certificate of each name that is being proved, and the look at a ClientHello.
// In/Out:  add() and remove(); answer_on(context) lets a server's context answer.
// Errors:  those of making a certificate.
// Limits:  names_max at once.
// Not here: what is proved (lib/acme), the server's own identities (tls_server.cc).
#pragma once

#include <map>
#include <mutex>

#include "lib/io/tls.h"
#include "lib/io/tls_stream.h"

namespace io {

class OpensslChallenges final : public TlsChallenges {
 public:
  static constexpr std::size_t names_max = 100;

  base::Result<> add(const std::string& name, std::string_view digest, base::Time now) override;
  void remove(const std::string& name) override;

  // The context must not live longer than this.
  void answer_on(SSL_CTX& context);

 private:
  static int on_client_hello(SSL* ssl, int* alert, void* self);
  // Counts a reference; null when the name is not being proved.
  [[nodiscard]] SslContextPtr find(std::string_view name);

  std::mutex mutex_;
  std::map<std::string, SslContextPtr, std::less<>> by_name_;
};

// Certificate, chain and key of the identity; an Error when they do not belong together.
[[nodiscard]] base::Result<> use_identity(SSL_CTX& context, const TlsIdentity& identity);

}  // namespace io
