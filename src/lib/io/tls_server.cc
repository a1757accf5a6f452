// See tls.h.
#include "lib/base/text.h"
#include "lib/io/tls.h"
#include "lib/io/tls_challenges.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

// For TLS 1.2; those of 1.3 are all good. Forward secrecy first; plain RSA key exchange stays for
// old senders, whose alternative on port 25 would be no encryption at all (RFC 7435).
constexpr const char* ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:RSA+AESGCM:RSA+AES:"
    "!aNULL:!eNULL:!PSK:!SRP:!DSS:!MD5";

// Those of TLS 1.3. Both of AES are good; SHA-256, which goes with the shorter key, is in the
// hardware of most machines, SHA-384 is not.
constexpr const char* modern_ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

}  // namespace

base::Result<> use_identity(SSL_CTX& context, const TlsIdentity& identity) {
  auto chain = parse_certificates(identity.certificate_pem);
  if (!chain) return std::unexpected(std::move(chain.error()));
  auto key = parse_key(identity.key_pem);
  if (!key) return std::unexpected(std::move(key.error()));
  if (SSL_CTX_use_certificate(&context, chain->front().get()) != 1) {
    return fail_tls("use the certificate");
  }
  for (std::size_t i = 1; i < chain->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(&context, (*chain)[i].get()) != 1) {
      return fail_tls("use the certificate chain");
    }
  }
  if (SSL_CTX_use_PrivateKey(&context, key->get()) != 1 ||
      SSL_CTX_check_private_key(&context) != 1) {
    return fail_tls("the private key does not belong to the certificate");
  }
  return {};
}

namespace {

base::Result<SslContextPtr> make_server_context(const TlsIdentity& identity) {
  auto made = make_ssl_context(TLS_server_method());
  if (!made) return made;
  SSL_CTX& context = **made;
  SSL_CTX_set_options(&context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_num_tickets(&context, 1);  // a mail client comes back once at a time
  SSL_CTX_set_dh_auto(&context, 1);
  SSL_CTX_set_verify(&context, SSL_VERIFY_NONE, nullptr);
  constexpr std::string_view session_context = "stagepost";
  SSL_CTX_set_session_id_context(&context,
                                 reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  if (SSL_CTX_set_cipher_list(&context, ciphers) != 1 ||
      SSL_CTX_set_ciphersuites(&context, modern_ciphers) != 1) {
    return fail_tls("set the ciphers");
  }
  if (auto used = use_identity(context, identity); !used) {
    return std::unexpected(std::move(used.error()));
  }
  return made;
}

class OpensslServer final : public TlsServer, public std::enable_shared_from_this<OpensslServer> {
 public:
  explicit OpensslServer(std::shared_ptr<OpensslChallenges> challenges)
      : challenges_(std::move(challenges)) {}

  base::Result<> add(const TlsIdentity& identity) {
    auto context = make_server_context(identity);
    if (!context) return std::unexpected(std::move(context.error()));
    for (const std::string& name : identity.names) {
      by_name_.emplace(base::lower(name), context->get());  // the first identity of a name counts
    }
    contexts_.push_back(std::move(*context));
    return {};
  }

  void choose_by_name() {
    SSL_CTX* first = contexts_.front().get();
    SSL_CTX_set_tlsext_servername_callback(first, &OpensslServer::on_server_name);
    SSL_CTX_set_tlsext_servername_arg(first, this);
    if (challenges_) challenges_->answer_on(*first);
  }

  Task<Network::StreamResult> accept(std::unique_ptr<Stream> stream) override {
    ERR_clear_error();
    SslPtr ssl(SSL_new(contexts_.front().get()));
    if (!ssl) co_return fail_tls("make a TLS connection");
    SSL_set_accept_state(ssl.get());
    auto out = std::make_unique<TlsStream>(std::move(stream), std::move(ssl), shared_from_this());
    if (auto done = co_await out->handshake(); !done) {
      co_return std::unexpected(std::move(done.error()));
    }
    co_return out;
  }

 private:
  // RFC 6066 §3. An unknown name gets the default identity, as most senders do not care.
  static int on_server_name(SSL* ssl, int* /*alert*/, void* self) {
    const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (asked == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_CTX* found = static_cast<OpensslServer*>(self)->find(asked);
    if (found == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_SSL_CTX(ssl, found);
    return SSL_TLSEXT_ERR_OK;
  }

  [[nodiscard]] SSL_CTX* find(std::string_view asked) const {
    const std::string name = base::lower(asked);
    if (const auto exact = by_name_.find(name); exact != by_name_.end()) return exact->second;
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return nullptr;
    const auto wildcard = by_name_.find("*" + name.substr(dot));  // one label only (RFC 9525 §6.3)
    return wildcard == by_name_.end() ? nullptr : wildcard->second;
  }

  const std::shared_ptr<OpensslChallenges> challenges_;  // null: none are answered
  std::vector<SslContextPtr> contexts_;
  std::map<std::string, SSL_CTX*, std::less<>> by_name_;
};

}  // namespace

void TlsSwitch::replace(std::shared_ptr<TlsServer> next) {
  const std::lock_guard lock(mutex_);
  std::swap(current_, next);  // the old one is freed after the lock
}

std::shared_ptr<TlsServer> TlsSwitch::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Task<Network::StreamResult> TlsSwitch::accept(std::unique_ptr<Stream> stream) {
  const std::shared_ptr<TlsServer> now = current();  // lives as long as the handshake
  co_return co_await now->accept(std::move(stream));
}

base::Result<std::shared_ptr<TlsServer>> TlsServer::make(
    const std::vector<TlsIdentity>& identities, std::shared_ptr<TlsChallenges> challenges) {
  if (identities.empty()) {
    return base::fail(base::ErrorKind::invalid, "a TLS server needs a certificate");
  }
  auto server = std::make_shared<OpensslServer>(
      std::static_pointer_cast<OpensslChallenges>(std::move(challenges)));
  for (const TlsIdentity& identity : identities) {
    if (auto added = server->add(identity); !added) {
      if (!identity.names.empty()) added.error().detail += " (for " + identity.names.front() + ")";
      return std::unexpected(std::move(added.error()));
    }
  }
  server->choose_by_name();
  return server;
}

}  // namespace io
